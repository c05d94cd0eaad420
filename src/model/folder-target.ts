import { InvalidInputError } from '../errors.ts'
import { requireSmtpAddress } from './user-ref.ts'

/**
 * Every name of `t:DistinguishedFolderIdNameType`: those of Exchange 2013 SP1, then those of Exchange SE, then the
 * ones that only Exchange Online's copy of the schema has. An older server refuses a name it does not know.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid
 */
export const DISTINGUISHED_FOLDERS = [
  'calendar',
  'contacts',
  'deleteditems',
  'drafts',
  'inbox',
  'journal',
  'notes',
  'outbox',
  'sentitems',
  'tasks',
  'msgfolderroot',
  'publicfoldersroot',
  'root',
  'junkemail',
  'searchfolders',
  'voicemail',
  'recoverableitemsroot',
  'recoverableitemsdeletions',
  'recoverableitemsversions',
  'recoverableitemspurges',
  'archiveroot',
  'archivemsgfolderroot',
  'archivedeleteditems',
  'archiveinbox',
  'archiverecoverableitemsroot',
  'archiverecoverableitemsdeletions',
  'archiverecoverableitemsversions',
  'archiverecoverableitemspurges',
  'syncissues',
  'conflicts',
  'localfailures',
  'serverfailures',
  'recipientcache',
  'quickcontacts',
  'conversationhistory',
  'adminauditlogs',
  'todosearch',
  'mycontacts',
  'directory',
  'imcontactlist',
  'peopleconnect',
  'favorites',
  'recoverableitemsdiscoveryholds',
  'archiverecoverableitemsdiscoveryholds',
  'mecontact',
  'personmetadata',
  'teamspaceactivity',
  'teamspacemessaging',
  'teamspaceworkitems',
  'scheduled',
  'orionnotes',
  'tagitems',
  'alltaggeditems',
  'externalcontacts',
  'teamchat',
  'teamchathistory',
  'yammerroot',
  'yammerinbound',
  'yammeroutbound',
  'yammerfeeds',
  'onedriveroot',
  // Microsoft's own spelling.
  'onedriverecylebin',
  'onedrivesystem',
  'onedrivevolume',
  'important',
  'starred',
  'archive',
  'allcategorizeditems',
  'yammerdata',
  'kaizaladata',
  'messageingestion',
] as const
export type DistinguishedFolder = (typeof DISTINGUISHED_FOLDERS)[number]

/**
 * Explicit access: a well-known folder and, unless it is the caller's own, whose mailbox it is in. Leaving the
 * mailbox out opens the caller's own folder without a word, so {@link explicitFolder} demands it.
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/delegate-access-and-ews-in-exchange
 */
export interface ExplicitFolder {
  readonly distinguishedFolder: DistinguishedFolder
  /** Primary SMTP address of the owner; absent for {@link ownFolder}. */
  readonly mailbox?: string
}

/**
 * Implicit access: an id that an earlier answer returned. The id carries the mailbox; the change key, when there
 * is one, is sent along.
 */
export interface FolderId {
  readonly id: string
  readonly changeKey?: string
}

export type FolderTarget = ExplicitFolder | FolderId

/**
 * @param mailbox the owner's primary SMTP address.
 * @throws InvalidInputError for an unknown folder name or a malformed address.
 */
export function explicitFolder(
  folder: DistinguishedFolder,
  mailbox: string,
): ExplicitFolder & { mailbox: string } {
  return {
    distinguishedFolder: parseDistinguishedFolder(folder),
    mailbox: requireSmtpAddress(mailbox, 'the mailbox'),
  }
}

/** A well-known folder of the caller's own mailbox, or of the impersonated one. */
export function ownFolder(folder: DistinguishedFolder): ExplicitFolder {
  return { distinguishedFolder: parseDistinguishedFolder(folder) }
}

/** @throws InvalidInputError for an empty id. */
export function folderById(id: string, changeKey?: string): FolderId {
  if (id.trim() === '') throw new InvalidInputError('The folder id is empty.')
  return changeKey === undefined ? { id } : { id, changeKey }
}

/**
 * Checks a target that did not come from the functions above.
 * @throws InvalidInputError for one that is neither a well-known folder nor an id, or both.
 */
export function checkFolderTarget(target: FolderTarget): FolderTarget {
  const given = target as {
    distinguishedFolder?: unknown
    mailbox?: unknown
    id?: unknown
    changeKey?: unknown
  }
  const named = typeof given === 'object' && given !== null
  if (!named || (given.distinguishedFolder === undefined) === (given.id === undefined)) {
    throw new InvalidInputError('A folder is given by its name and owner, or by its id.', {
      hint: "Use explicitFolder('calendar', 'allan@contoso.com'), ownFolder('calendar') or folderById(id).",
    })
  }
  if (given.id !== undefined) {
    return folderById(String(given.id), given.changeKey === undefined ? undefined : String(given.changeKey))
  }
  const folder = String(given.distinguishedFolder) as DistinguishedFolder
  return given.mailbox === undefined ? ownFolder(folder) : explicitFolder(folder, String(given.mailbox))
}

export function isExplicit(target: FolderTarget): target is ExplicitFolder {
  return 'distinguishedFolder' in target
}

/** Whose mailbox a target names; an id carries its mailbox, but does not tell it. */
export function mailboxOf(target: FolderTarget | undefined): string | undefined {
  return target && isExplicit(target) ? target.mailbox : undefined
}

/** Reads a folder name as people type it: any case. */
export function parseDistinguishedFolder(text: string): DistinguishedFolder {
  const name = DISTINGUISHED_FOLDERS.find((folder) => folder === String(text).trim().toLowerCase())
  if (name) return name
  throw new InvalidInputError(`${JSON.stringify(String(text).slice(0, 60))} is not a well-known folder.`, {
    hint: 'Well-known folders are calendar, tasks, inbox, contacts, notes, journal, sentitems, drafts, msgfolderroot and so on; any other folder is given by its id.',
  })
}

/** For messages: `the calendar of allan@contoso.com`, or the start of an id. */
export function describeFolder(target: FolderTarget): string {
  if (!isExplicit(target)) return `the folder with id ${target.id.slice(0, 16)}…`
  return target.mailbox
    ? `the ${target.distinguishedFolder} of ${target.mailbox}`
    : `your own ${target.distinguishedFolder}`
}
