import type { FolderId as EwsFolderId } from 'ews-javascript-api/js/ComplexProperties/FolderId.js'
import { InvalidInputError } from '../errors.ts'
import {
  explicitFolder,
  type FolderTarget,
  folderById,
  isExplicit,
  ownFolder,
  parseDistinguishedFolder,
} from '../model/folder-target.ts'
import { ews, nameIn } from './ews-package.ts'

/**
 * The folder that a `FolderId` means: explicit access for a well-known name, with the mailbox it names; implicit
 * access for an id, with its change key.
 *
 * @throws InvalidInputError for one that names nothing, and for a mailbox that is not given by an SMTP address:
 *   without it the caller's own folder would be opened.
 */
export function fromFolderId(folderId: EwsFolderId): FolderTarget {
  // Calendar is 0. What is not set is undefined, whatever the types say.
  const name: unknown = folderId.FolderName ?? undefined
  if (name === undefined) {
    if (!folderId.UniqueId) throw new InvalidInputError('The FolderId has neither an id nor a name.')
    return folderById(folderId.UniqueId, folderId.ChangeKey || undefined)
  }
  const folder = nameIn(ews.WellKnownFolderName, name)
  if (folder === undefined) throw new InvalidInputError(`There is no WellKnownFolderName ${String(name)}.`)
  const distinguished = parseDistinguishedFolder(folder)
  const mailbox = (folderId.Mailbox as typeof folderId.Mailbox | null) ?? undefined
  if (!mailbox) return ownFolder(distinguished)
  const routingType = mailbox.RoutingType || 'SMTP'
  if (routingType.toUpperCase() !== 'SMTP') {
    throw new InvalidInputError(`The Mailbox of the FolderId is an address of the kind ${routingType}.`, {
      hint: 'Give the primary SMTP address.',
    })
  }
  return explicitFolder(distinguished, mailbox.Address)
}

/** @throws InvalidInputError for a well-known folder that ews-javascript-api has no name for. */
export function toFolderId(target: FolderTarget): EwsFolderId {
  if (!isExplicit(target)) {
    const folderId = new ews.FolderId(target.id)
    if (target.changeKey !== undefined) folderId.ChangeKey = target.changeKey
    return folderId
  }
  const { distinguishedFolder, mailbox } = target
  const name = Object.keys(ews.WellKnownFolderName).find((key) => key.toLowerCase() === distinguishedFolder)
  if (name === undefined) {
    throw new InvalidInputError(`ews-javascript-api has no name for the folder ${distinguishedFolder}.`, {
      hint: 'Get the folder, and go on with its id.',
    })
  }
  const value = ews.WellKnownFolderName[name as keyof typeof ews.WellKnownFolderName] as number
  return mailbox === undefined ? new ews.FolderId(value) : new ews.FolderId(value, new ews.Mailbox(mailbox))
}
