import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import type { FolderTarget } from '../model/folder-target.ts'
import type { Flags, Operand } from './command.ts'
import type { Context } from './context.ts'
import { locateFolder, readFolderChoice } from './folder-choice.ts'
import { type EwsSignIn, OWNER_WORD } from './people.ts'

/** How a command is told which folder is meant: `OWNER FOLDER` (explicit access) or `--folder-id ID` (implicit). */
export const FOLDER_OPERANDS = [
  {
    name: 'OWNER',
    description: OWNER_WORD,
    optional: true,
  },
  {
    name: 'FOLDER',
    description:
      'calendar, inbox, contacts, tasks, sentitems, … or a path from the top such as /Projects/2026',
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
 * The folder of the calls. An owner who is given by name is looked up, and a path is walked down; nobody signs in for
 * an address with a well-known name.
 * @throws InvalidInputError
 */
export async function folderTarget(
  context: Context,
  ews: EwsSignIn,
  operands: { readonly OWNER: string | undefined; readonly FOLDER: string | undefined },
  flags: { readonly 'folder-id': string | undefined },
): Promise<FolderTarget> {
  const id = flags['folder-id']
  if (id === undefined && (operands.OWNER === undefined || operands.FOLDER === undefined)) {
    throw new InvalidInputError('No folder is named.', { hint: 'Give OWNER and FOLDER, or --folder-id ID.' })
  }
  const choice = readFolderChoice({ mailbox: operands.OWNER, folder: operands.FOLDER, id })
  return locateFolder(context, ews, choice)
}

/** The words that name the folder again, for a command line that a person is told to type. */
export function folderWords(
  operands: { readonly OWNER: string | undefined; readonly FOLDER: string | undefined },
  flags: { readonly 'folder-id': string | undefined },
): readonly string[] {
  const id = flags['folder-id']
  return id === undefined ? [operands.OWNER ?? 'OWNER', operands.FOLDER ?? 'FOLDER'] : ['--folder-id', id]
}
