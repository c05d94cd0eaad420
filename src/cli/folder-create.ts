import { InvalidInputError } from '../errors.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues } from './flags.ts'
import { choiceWords, locateFolder, readFolderChoice } from './folder-choice.ts'
import { type FOLDER_FLAGS, FOLDER_KINDS } from './folder-flags.ts'
import { itemHint } from './item-hints.ts'
import { changeResults } from './item-results.ts'
import { parseNamed } from './named.ts'
import { ewsSignIn } from './people.ts'
import { shellCommand } from './shell.ts'

type CreateFlagValues = EwsFlagValues &
  FlagValues<typeof FOLDER_FLAGS & typeof DRY_RUN_FLAG> & { readonly kind: string | undefined }

/** Makes folders in one folder. */
export async function createFolders(
  context: Context,
  names: readonly string[],
  flags: CreateFlagValues,
): Promise<CommandResult> {
  const choice = readFolderChoice({ ...flags, id: flags['folder-id'] }, 'msgfolderroot')
  const folderClass = flags.kind === undefined ? undefined : readKind(flags.kind)
  const folders = names.map((displayName) => ({
    displayName,
    ...(folderClass === undefined ? {} : { folderClass }),
  }))
  const rehearsal = await context.ewsForDryRun(flags)
  rehearsal.prepareCreateFolders({ id: 'a folder' }, folders)
  const ews = ewsSignIn(context, flags)
  const parent = await locateFolder(context, ews, choice)
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
      check: shellCommand(context.program, 'folder', 'list', ...choiceWords(choice)),
    },
  )
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
