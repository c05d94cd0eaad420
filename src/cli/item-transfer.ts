import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues } from './flags.ts'
import { choiceWords, describeChoice, locateFolder, readFolderChoice } from './folder-choice.ts'
import type { TO_FOLDER_FLAGS } from './folder-flags.ts'
import type { ITEM_ID_FLAGS } from './id-flags.ts'
import { itemHint } from './item-hints.ts'
import { readIds } from './item-ids.ts'
import { changeResults, count } from './item-results.ts'
import { ewsSignIn } from './people.ts'

type TransferFlagValues = EwsFlagValues &
  FlagValues<typeof ITEM_ID_FLAGS & typeof TO_FOLDER_FLAGS & typeof DRY_RUN_FLAG>

/** Copies or moves items by id into one folder. */
export async function transferItems(
  context: Context,
  flags: TransferFlagValues,
  verb: 'copy' | 'move',
): Promise<CommandResult> {
  const choice = readFolderChoice(
    { mailbox: flags['to-mailbox'], folder: flags['to-folder'], id: flags['to-folder-id'] },
    undefined,
    'to-',
  )
  const given = await readIds(context, { ...flags, ids: flags.id }, 'items')
  const ids = given.map(({ id }) => id)
  const rehearsal = await context.ewsForDryRun(flags)
  const ews = ewsSignIn(context, flags)
  // Nothing to do needs no server.
  const folder = ids.length === 0 ? { id: 'none' } : await locateFolder(context, ews, choice)
  const request = rehearsal.items.prepareMove(ids, folder)
  if (flags['dry-run']) {
    const { copyItem, moveItem } = await import('../ews/operations/index.ts')
    const operation = verb === 'copy' ? copyItem : moveItem
    const body = rehearsal.render(operation, request)
    return dryRun(
      ids.length === 0
        ? []
        : [{ operation: operation.name, method: 'POST', url: context.ewsUrl(flags), body }],
    )
  }
  const outcomes = ids.length === 0 ? [] : await (await ews()).items[verb](ids, folder)
  return changeResults(
    outcomes.map((outcome) => {
      if (!outcome.ok) return { ...outcome, id: outcome.id.id }
      const more = { newId: outcome.newId?.id ?? null, newChangeKey: outcome.newId?.changeKey ?? null }
      return { id: outcome.id.id, ok: true as const, more }
    }),
    {
      verb,
      things: 'items',
      done: (results) => [
        `${verb === 'copy' ? 'Copied' : 'Moved'} ${count(results.length, 'items')} to ${describeChoice(choice)}.`,
        ...newIds(results.flatMap(({ more }) => (more?.newId ? [String(more.newId)] : []))),
      ],
      columns: ['newId', 'newChangeKey'],
      hint: itemHint,
      check: context.commandLine('item', 'list', ...choiceWords(choice)),
    },
  )
}

function newIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return []
  return ids.length === 1 ? [`Its new id is ${ids[0]}`] : ['The new ids are', ...ids]
}
