import { InvalidInputError } from '../errors.ts'
import { type FolderTarget, folderById } from '../model/folder-target.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { type DELETE_TYPE_FLAG, parseDeleteType } from './delete-type.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues, YES_FLAG } from './flags.ts'
import { describeChoice, locateFolder, readFolderChoice } from './folder-choice.ts'
import { itemHint } from './item-hints.ts'
import { readIds } from './item-ids.ts'
import { changeResults, count } from './item-results.ts'
import { ewsSignIn } from './people.ts'

type DeleteFlagValues = EwsFlagValues &
  FlagValues<typeof DELETE_TYPE_FLAG & typeof YES_FLAG & typeof DRY_RUN_FLAG> & {
    readonly mailbox: string | undefined
    readonly folder: string | undefined
    readonly 'folder-id': readonly string[]
  }

/** Deletes folders with everything in them, after asking. */
export async function deleteFolders(context: Context, flags: DeleteFlagValues): Promise<CommandResult> {
  const deleteType = parseDeleteType(flags['delete-type'])
  const ews = ewsSignIn(context, flags)
  const rehearsal = await context.ewsForDryRun(flags)
  let folders: FolderTarget[]
  let what: string
  if (flags.folder !== undefined || flags.mailbox !== undefined) {
    if (flags['folder-id'].length > 0) {
      throw new InvalidInputError('--folder-id and --folder are both given.', { hint: 'Give one of them.' })
    }
    const choice = readFolderChoice({ ...flags, id: undefined })
    // A well-known folder is refused before anybody is asked anything.
    if ('name' in choice && !choice.name.startsWith('/')) {
      throw new InvalidInputError(`${describeChoice(choice)} cannot be deleted.`.replace(/^t/, 'T'), {
        hint: 'Well-known folders stay; name one that somebody made by its path, such as /Projects, or by its id.',
      })
    }
    what = describeChoice(choice)
    if (!flags['dry-run']) await context.confirm(question(what), flags.yes)
    folders = [await locateFolder(context, ews, choice)]
  } else {
    const given = await readIds(context, { ...flags, ids: flags['folder-id'] }, 'folders')
    folders = given.map(({ id }) => folderById(id))
    what =
      given.length === 1 ? `the folder with id ${given[0]?.id.slice(0, 16)}…` : count(given.length, 'folders')
    if (!flags['dry-run'] && folders.length > 0) await context.confirm(question(what), flags.yes)
  }
  const request = rehearsal.prepareDeleteFolders(folders, { deleteType })
  if (flags['dry-run']) {
    const { deleteFolder } = await import('../ews/operations/delete-folder.ts')
    const body = rehearsal.render(deleteFolder, request)
    return dryRun([{ operation: 'DeleteFolder', method: 'POST', url: context.ewsUrl(flags), body }])
  }
  const outcomes = folders.length === 0 ? [] : await (await ews()).deleteFolders(folders, { deleteType })
  return changeResults(
    outcomes.map((outcome) =>
      outcome.ok ? { id: outcome.id.id, ok: true } : { ...outcome, id: outcome.id.id },
    ),
    {
      verb: 'delete',
      things: 'folders',
      done: (results) => [`Deleted ${count(results.length, 'folders')}.`],
      columns: [],
      hint: itemHint,
    },
  )

  function question(folder: string): string {
    const forGood = deleteType === 'MoveToDeletedItems' ? '' : ' It does not go to Deleted Items.'
    return `Delete ${folder} with everything in it?${forGood}`
  }
}
