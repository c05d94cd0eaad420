import { EwsResponseError, InvalidInputError } from '../errors.ts'
import { type FolderName, folderNameParts, parseFolderName } from '../model/folder-name.ts'
import {
  DISTINGUISHED_FOLDERS,
  type DistinguishedFolder,
  describeFolder,
  explicitFolder,
  type FolderId,
  type FolderTarget,
  folderById,
} from '../model/folder-target.ts'
import { requireSmtpAddress } from '../model/user-ref.ts'
import type { Context } from './context.ts'
import { parseNamed } from './named.ts'
import { addressOf, type EwsSignIn, isName } from './people.ts'

/** A folder as the command line names it. */
export type FolderChoice =
  | { readonly id: string }
  /** `owner` can be a name that has to be looked up. */
  | { readonly owner: string; readonly name: FolderName }

/** What the three flags say. */
export interface FolderWords {
  readonly mailbox: string | undefined
  readonly folder: string | undefined
  readonly id: string | undefined
}

/**
 * Reads the flags without asking anybody.
 * @param otherwise the folder where only the mailbox is named.
 * @param prefix of the flags' names, for errors.
 * @throws InvalidInputError when they name no folder, or two.
 */
export function readFolderChoice(
  { mailbox, folder, id }: FolderWords,
  otherwise?: DistinguishedFolder,
  prefix: '' | 'to-' = '',
): FolderChoice {
  if (id !== undefined) {
    if (folder !== undefined) {
      throw new InvalidInputError(`--${prefix}folder and --${prefix}folder-id are both given.`, {
        hint: 'Give one of them.',
      })
    }
    return { id: folderById(id).id }
  }
  if (folder === undefined && (mailbox === undefined || otherwise === undefined)) {
    const beside = otherwise === undefined ? ` and --${prefix}folder FOLDER` : ''
    throw new InvalidInputError('No folder is named.', {
      hint: `Give --${prefix}mailbox OWNER${beside} (explicit access), or --${prefix}folder-id ID (implicit access).`,
    })
  }
  // No name of a folder is that long: an id was copied here.
  if (folder !== undefined && /^[\w+=-][\w+/=-]{59,}$/.test(folder)) return { id: folderById(folder).id }
  const name = parseNamed(folder ?? (otherwise as string), DISTINGUISHED_FOLDERS, parseFolderName)
  const parts = folderNameParts(name)
  if ('id' in parts) return { id: parts.id }
  if (mailbox === undefined) {
    throw new InvalidInputError(`--${prefix}folder does not say whose ${folder} is meant.`, {
      hint: `Add --${prefix}mailbox with the address of its owner; your own for your own.`,
    })
  }
  // A malformed address is told before anybody signs in.
  if (!isName(mailbox)) requireSmtpAddress(mailbox, 'the mailbox')
  return { owner: mailbox, name }
}

/** The folder of the calls: looks up names of people, and walks down paths. */
export async function locateFolder(
  context: Context,
  ews: EwsSignIn,
  choice: FolderChoice,
): Promise<FolderTarget> {
  if ('id' in choice) return folderById(choice.id)
  const owner = await addressOf(context, ews, choice.owner)
  const parts = folderNameParts(choice.name)
  if ('distinguished' in parts) return explicitFolder(parts.distinguished, owner)
  if ('id' in parts) return folderById(parts.id)
  return walk(ews, owner, parts.path, choice.name)
}

/** For sentences: `the calendar of allan@contoso.com`. */
export function describeChoice(choice: FolderChoice): string {
  if ('id' in choice) return describeFolder(choice)
  return `${choice.name.startsWith('/') ? `the folder ${choice.name}` : `the ${choice.name}`} of ${choice.owner}`
}

/** The flags that name the folder again, for a command line that a person is told to type. */
export function choiceWords(choice: FolderChoice): readonly string[] {
  return 'id' in choice ? ['--folder-id', choice.id] : ['--mailbox', choice.owner, '--folder', choice.name]
}

async function walk(
  ews: EwsSignIn,
  owner: string,
  path: readonly string[],
  name: FolderName,
): Promise<FolderId> {
  let at: FolderTarget = explicitFolder('msgfolderroot', owner)
  for (const part of path) {
    let next: FolderId | undefined
    for await (const { displayName, id } of (await ews()).findFolders(at)) {
      if (displayName?.toLowerCase() !== part.toLowerCase()) continue
      next = folderById(id.id)
      break
    }
    if (!next) {
      throw new EwsResponseError(`There is no folder ${name} in the mailbox of ${owner}.`, {
        responseCode: 'ErrorFolderNotFound',
        level: 'item',
        hint: `There is no ${JSON.stringify(part)}, or the signed-in account may not see it. Folder names are those of the mailbox’s own language.`,
      })
    }
    at = next
  }
  return at as FolderId
}
