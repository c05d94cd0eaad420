import { folderById } from '../model/folder-target.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import type { EwsFlagValues } from './flags.ts'
import { type FolderChoice, locateFolder, readFolderChoice } from './folder-choice.ts'
import type { FOLDER_FLAGS } from './folder-flags.ts'
import { FOLDER_LIST, folderReport } from './folder-report.ts'
import { itemHint } from './item-hints.ts'
import { readIds } from './item-ids.ts'
import { changeResults } from './item-results.ts'
import { type EwsSignIn, ewsSignIn } from './people.ts'

type ShowFlagValues = EwsFlagValues &
  Omit<FlagValues<typeof FOLDER_FLAGS>, 'folder-id'> & { readonly 'folder-id': readonly string[] }

interface ShowOperands {
  readonly OWNER: string | undefined
  readonly FOLDER: string | undefined
}

/** Shows one folder, or those whose ids are given; what cannot be shown of several is told on stderr. */
export async function showFolders(
  context: Context,
  operands: ShowOperands,
  flags: ShowFlagValues,
): Promise<CommandResult> {
  const ews = ewsSignIn(context, flags)
  const choice = readChoice(operands, flags)
  if (!choice) return showByIds(context, ews, flags)
  const target = await locateFolder(context, ews, choice)
  return { report: folderReport(await (await ews()).getFolder(target)) }
}

/** @returns undefined when ids are given, by flags or on standard input. */
function readChoice({ OWNER, FOLDER }: ShowOperands, flags: ShowFlagValues): FolderChoice | undefined {
  const ids = flags['folder-id']
  const mailbox = OWNER ?? flags.mailbox
  const folder = FOLDER ?? flags.folder
  if (ids.length === 1 && ids[0] !== '-') return readFolderChoice({ mailbox, folder, id: ids[0] })
  if (folder === undefined && (ids.length > 0 || mailbox === undefined)) return undefined
  return readFolderChoice({ mailbox, folder, id: ids[0] })
}

async function showByIds(context: Context, ews: EwsSignIn, flags: ShowFlagValues): Promise<CommandResult> {
  const given = await readIds(context, { ...flags, ids: flags['folder-id'] }, 'folders')
  const targets = given.map(({ id }) => folderById(id))
  const outcomes = targets.length === 0 ? [] : await (await ews()).getFolders(targets)
  const folders = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.folder] : []))
  const { problem } = changeResults(
    outcomes.map((outcome, position) => {
      const id = targets[position]?.id ?? null
      return outcome.ok ? { id, ok: true } : { ...outcome, id }
    }),
    { verb: 'show', things: 'folders', done: () => [], columns: [], hint: itemHint },
  )
  return {
    report: {
      text: (terminal) => folders.map((folder) => folderReport(folder).text(terminal)).join('\n'),
      json: folders.map(FOLDER_LIST.json),
      csv: { columns: FOLDER_LIST.csv.columns, rows: folders.map(FOLDER_LIST.csv.row) },
    },
    ...(problem ? { problem } : {}),
  }
}
