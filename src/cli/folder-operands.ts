import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import {
  DISTINGUISHED_FOLDERS,
  explicitFolder,
  type FolderTarget,
  folderById,
  parseDistinguishedFolder,
} from '../model/folder-target.ts'
import type { Flags, Operand } from './command.ts'
import type { Context } from './context.ts'
import { parseNamed } from './named.ts'
import { addressOf, type EwsSignIn, OWNER_WORD } from './people.ts'

/** How a command is told which folder is meant: `OWNER FOLDER` (explicit access) or `--folder-id ID` (implicit). */
export const FOLDER_OPERANDS = [
  {
    name: 'OWNER',
    description: OWNER_WORD,
    optional: true,
  },
  {
    name: 'FOLDER',
    description: 'well-known folder: calendar, inbox, contacts, tasks, notes, sentitems, msgfolderroot, …',
    optional: true,
    choices: [...DELEGATE_FOLDERS, 'sentitems', 'drafts', 'deleteditems', 'junkemail', 'msgfolderroot'],
  },
] as const satisfies readonly Operand[]

export const FOLDER_FLAGS = {
  'folder-id': {
    type: 'text',
    value: 'ID',
    description: 'the folder by its id, as folder show prints it, in place of OWNER FOLDER',
  },
} as const satisfies Flags

/**
 * Which operands there are: an id carries its mailbox, so with `--folder-id` both OWNER and FOLDER are left out; an
 * OWNER that is given all the same is let pass.
 * @param after the operands behind FOLDER.
 */
export function expectFolder(
  flags: Readonly<Record<string, unknown>>,
  words: number,
  after: readonly string[],
): readonly string[] {
  if (flags['folder-id'] === undefined) return ['OWNER', 'FOLDER', ...after]
  return words > after.length ? ['OWNER', ...after] : after
}

/**
 * The folder of the calls; an owner who is given by name is looked up, and nobody signs in for an address.
 * @throws InvalidInputError
 */
export async function folderTarget(
  context: Context,
  ews: EwsSignIn,
  operands: { readonly OWNER: string | undefined; readonly FOLDER: string | undefined },
  flags: { readonly 'folder-id': string | undefined },
): Promise<FolderTarget> {
  const id = flags['folder-id']
  if (id !== undefined) return folderById(id)
  if (operands.OWNER === undefined || operands.FOLDER === undefined) {
    throw new InvalidInputError('No folder is named.', { hint: 'Give OWNER and FOLDER, or --folder-id ID.' })
  }
  const folder = parseNamed(operands.FOLDER, DISTINGUISHED_FOLDERS, parseDistinguishedFolder)
  return explicitFolder(folder, await addressOf(context, ews, operands.OWNER))
}

/** The words that name the folder again, for a command line that a person is told to type. */
export function folderWords(
  operands: { readonly OWNER: string | undefined; readonly FOLDER: string | undefined },
  flags: { readonly 'folder-id': string | undefined },
): readonly string[] {
  const id = flags['folder-id']
  return id === undefined ? [operands.OWNER ?? 'OWNER', operands.FOLDER ?? 'FOLDER'] : ['--folder-id', id]
}
