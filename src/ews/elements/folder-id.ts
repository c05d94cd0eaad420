import { XmlError } from '../../errors.ts'
import { type FolderId, type FolderTarget, isExplicit } from '../../model/folder-target.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import type { Element } from '../../xml/element.ts'
import { writeMailbox } from './mailbox.ts'

/** Writes `t:DistinguishedFolderId` (explicit access) or `t:FolderId` (implicit access). */
export function writeFolderTarget(parent: XmlWriter, target: FolderTarget): void {
  if (isExplicit(target)) {
    const { mailbox } = target
    parent.element(
      't:DistinguishedFolderId',
      mailbox === undefined ? undefined : (folder) => writeMailbox(folder, 't:Mailbox', mailbox),
      { Id: target.distinguishedFolder },
    )
    return
  }
  parent.element('t:FolderId', undefined, { Id: target.id, ChangeKey: target.changeKey })
}

/** Reads `t:FolderId` or `t:ParentFolderId`. */
export function readFolderId(folderId: Element): FolderId {
  const { Id, ChangeKey } = folderId.attributes
  if (!Id) throw new XmlError('ERR_INVALID_RESPONSE', `<${folderId.name}> has no Id.`)
  return ChangeKey ? { id: Id, changeKey: ChangeKey } : { id: Id }
}
