import type { Element } from '../../xml/element.ts'
import { findChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Folder } from '../store/folder.ts'
import { EwsRefusal, type ServerErrorCode } from './errors.ts'
import { requireFolder } from './folder-ids.ts'
import type { EwsContext } from './operation.ts'

/**
 * The folder in an element such as `m:SavedItemFolderId` or `m:ToFolderId`.
 * @param missing what a folder that is not there, or may not be seen, is called in this place.
 * @throws EwsRefusal
 */
export function requireTargetFolder(context: EwsContext, target: Element, missing: ServerErrorCode): Folder {
  try {
    return requireFolder(context, target.children[0] as Element)
  } catch (error) {
    if (error instanceof EwsRefusal && /^Error(?:Item|Folder)NotFound$/.test(error.code))
      throw new EwsRefusal(missing)
    throw error
  }
}

/** The folder of a child of the request, if it has that child. @throws EwsRefusal */
export function findTargetFolder(
  context: EwsContext,
  request: Element,
  name: string,
  missing: ServerErrorCode,
): Folder | undefined {
  const target = findChild(request, name, NAMESPACES.messages)
  return target && requireTargetFolder(context, target, missing)
}

/** A folder of the caller's own mailbox. @throws EwsRefusal */
export function requireOwnFolder(context: EwsContext, name: string): Folder {
  const folder = context.exchange.mailboxOf(context.user)?.distinguished(name)
  if (!folder) throw new EwsRefusal('ErrorMissingEmailAddress')
  return folder
}
