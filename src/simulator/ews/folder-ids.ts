import { type Element, findChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { mayOpen, ownsMailbox } from '../store/access.ts'
import type { Folder } from '../store/folder.ts'
import { isChangeKey, parseObjectId } from '../store/object-ids.ts'
import { EwsRefusal } from './errors.ts'
import { requireMailbox } from './mailbox-reference.ts'
import type { EwsContext } from './operation.ts'
import { elementWith, type XmlNode } from './writer.ts'

/**
 * The folder that a `t:FolderId` (implicit access) or a `t:DistinguishedFolderId` (explicit access) names, when the
 * caller may open it.
 *
 * In somebody else's mailbox a folder that is not there and one that may not be seen get the same answer, so that
 * nobody can find out which it is.
 * @throws EwsRefusal
 */
export function requireFolder(context: EwsContext, id: Element): Folder {
  const folder = id.name === 'DistinguishedFolderId' ? byName(context, id) : byId(context, id)
  const changeKey = id.attributes.ChangeKey
  if (changeKey !== undefined && changeKey !== '' && !isChangeKey(changeKey)) {
    throw new EwsRefusal('ErrorInvalidChangeKey')
  }
  return folder
}

/**
 * The same for a write: a change key, when there is one, has to be the folder's present one.
 * @throws EwsRefusal `ErrorIrresolvableConflict` for a stale key.
 */
export function requireFolderForUpdate(context: EwsContext, id: Element): Folder {
  const folder = requireFolder(context, id)
  const changeKey = id.attributes.ChangeKey
  if (changeKey !== undefined && changeKey !== '' && changeKey !== folder.changeKey) {
    throw new EwsRefusal('ErrorIrresolvableConflict')
  }
  return folder
}

export function writeFolderId(name: string, folder: Folder): XmlNode {
  return elementWith(name, { Id: folder.id, ChangeKey: folder.changeKey })
}

function byId(context: EwsContext, element: Element): Folder {
  const id = element.attributes.Id ?? ''
  if (id === '') throw new EwsRefusal('ErrorInvalidIdEmpty')
  const parsed = parseObjectId(id)
  if (!parsed) throw new EwsRefusal('ErrorInvalidIdMalformed')
  if (parsed.kind === 'item') throw new EwsRefusal('ErrorCannotUseItemIdForFolderId')
  const found = context.exchange.findFolder(id)
  if (!found || !mayOpen(context.exchange, context.user, found.folder))
    throw new EwsRefusal('ErrorItemNotFound')
  return found.folder
}

function byName(context: EwsContext, element: Element): Folder {
  const { exchange, user } = context
  const reference = findChild(element, 'Mailbox', NAMESPACES.types)
  const mailbox = reference ? requireMailbox(exchange, reference) : exchange.mailboxOf(user)
  if (!mailbox) throw new EwsRefusal('ErrorMissingEmailAddress')
  const folder = mailbox.distinguished(element.attributes.Id ?? '')
  if (folder && mayOpen(exchange, user, folder)) return folder
  throw new EwsRefusal(ownsMailbox(exchange, user, mailbox) ? 'ErrorFolderNotFound' : 'ErrorItemNotFound')
}
