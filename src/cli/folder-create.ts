import { InvalidInputError } from '../errors.ts'
import { type DistinguishedFolder, type FolderTarget, isExplicit } from '../model/folder-target.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues } from './flags.ts'
import { choiceWords, locateFolder, readFolderChoice } from './folder-choice.ts'
import { type FOLDER_FLAGS, FOLDER_KINDS } from './folder-flags.ts'
import { itemHint } from './item-hints.ts'
import { changeResults } from './item-results.ts'
import { parseNamed } from './named.ts'
import { type EwsSignIn, ewsSignIn } from './people.ts'

type CreateFlagValues = EwsFlagValues &
  FlagValues<typeof FOLDER_FLAGS & typeof DRY_RUN_FLAG> & { readonly kind: string | undefined }

/** Makes folders in one folder. */
export async function createFolders(
  context: Context,
  names: readonly string[],
  flags: CreateFlagValues,
): Promise<CommandResult> {
  const choice = readFolderChoice({ ...flags, id: flags['folder-id'] }, 'msgfolderroot')
  const kind = flags.kind === undefined ? undefined : readKind(flags.kind)
  const foldersOf = (folderClass: string | undefined) =>
    names.map((displayName) => ({ displayName, ...(folderClass === undefined ? {} : { folderClass }) }))
  const rehearsal = await context.ewsForDryRun(flags)
  rehearsal.prepareCreateFolders({ id: 'a folder' }, foldersOf(kind))
  const ews = ewsSignIn(context, flags)
  const parent = await locateFolder(context, ews, choice)
  const asksParent = !flags['dry-run'] || isExplicit(parent)
  const folders = foldersOf(kind ?? (asksParent ? await classOf(parent, ews) : undefined))
  if (flags['dry-run']) {
    const { createFolder } = await import('../ews/operations/create-folder.ts')
    const body = rehearsal.render(createFolder, rehearsal.prepareCreateFolders(parent, folders))
    return dryRun([{ operation: 'CreateFolder', method: 'POST', url: context.ewsUrl(flags), body }])
  }
  const outcomes = await (await ews()).createFolders(parent, folders)
  return changeResults(
    outcomes.map((outcome) => {
      if (!outcome.ok) return { ...outcome, id: null }
      const { id, folder } = outcome
      const more = { displayName: folder.displayName, changeKey: id.changeKey ?? null }
      return { id: id.id, ok: true as const, more }
    }),
    {
      verb: 'create',
      things: 'folders',
      done: (results) => results.map(({ id, more }) => `Created ${more?.displayName}; its id is ${id}`),
      columns: ['displayName', 'changeKey'],
      hint: itemHint,
      check: context.commandLine('folder', 'list', ...choiceWords(choice)),
    },
  )
}

/**
 * What a folder in this one is for, if nobody says: an appointment does not fit into the folder for mail that the
 * server would make below a calendar. Undefined at the top of a mailbox, whose class is for no kind of item.
 */
async function classOf(parent: FolderTarget, ews: EwsSignIn): Promise<string | undefined> {
  if (isExplicit(parent)) return FOLDER_KINDS[WELL_KNOWN_KINDS[parent.distinguishedFolder] ?? '']
  const { folderClass = '' } = await (await ews()).getFolder(parent)
  return Object.values(FOLDER_KINDS).find(
    (known) => folderClass === known || folderClass.startsWith(`${known}.`),
  )
}

/** The kinds of the folders that every mailbox has; the others of them are for mail. */
const WELL_KNOWN_KINDS: Readonly<Partial<Record<DistinguishedFolder, string>>> = {
  calendar: 'calendar',
  contacts: 'contacts',
  tasks: 'tasks',
  notes: 'notes',
  journal: 'journal',
}

function readKind(text: string): string {
  if (/^IPF\./i.test(text)) return text
  return parseNamed(text, Object.keys(FOLDER_KINDS), (word) => {
    const kind = FOLDER_KINDS[word.trim().toLowerCase()]
    if (kind) return kind
    throw new InvalidInputError(`${JSON.stringify(word.slice(0, 40))} is not a kind of folder.`, {
      hint: `It is one of ${Object.keys(FOLDER_KINDS).join(', ')}, or a class such as IPF.Note.`,
    })
  })
}
