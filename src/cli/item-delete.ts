import type { DeleteItemsOptions } from '../ews/items.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { type DELETE_TYPE_FLAG, parseDeleteType } from './delete-type.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues, YES_FLAG } from './flags.ts'
import type { ITEM_ID_FLAGS } from './id-flags.ts'
import { itemHint } from './item-hints.ts'
import { type GivenId, readIds } from './item-ids.ts'
import { lookAt, requireNobodyToTell, type Seen } from './item-look.ts'
import { parseNotify } from './item-notify.ts'
import { type ChangeResult, changeResults, count } from './item-results.ts'
import { ewsSignIn } from './people.ts'
import { canAsk } from './prompt.ts'

type DeleteFlagValues = EwsFlagValues &
  FlagValues<typeof ITEM_ID_FLAGS & typeof DELETE_TYPE_FLAG & typeof YES_FLAG & typeof DRY_RUN_FLAG> & {
    readonly notify: string | undefined
    readonly 'only-this': boolean | undefined
  }

/** Titles that a question names one by one. */
const NAMED = 5

/** Deletes items by id, after looking at what they are and, on a terminal, asking. */
export async function deleteItems(context: Context, flags: DeleteFlagValues): Promise<CommandResult> {
  const deleteType = parseDeleteType(flags['delete-type'])
  const notify = parseNotify(flags.notify)
  const given = await readIds(context, { ...flags, ids: flags.id }, 'items')
  const options: DeleteItemsOptions = {
    deleteType,
    // Exchange demands both for what they are about, and passes over them for everything else.
    sendMeetingCancellations: notify ?? 'SendToNone',
    affectedTaskOccurrences: flags['only-this'] ? 'SpecifiedOccurrenceOnly' : 'AllOccurrences',
  }
  if (flags['dry-run']) return showRequest(context, flags, given, options)
  const asks = !flags.yes && given.length > 0
  // Where nobody can answer that is said before anything is sent.
  if (asks && !canAsk(context.io)) await context.confirm(`Delete ${count(given.length, 'items')}?`, undefined)

  const ews = ewsSignIn(context, flags)
  const looked = await lookAt(ews, given, {
    titles: asks,
    types: false,
    meetings: notify === undefined,
    versions: false,
  })
  if (notify === undefined) requireNobodyToTell(looked, 'all or --notify none')
  const seen = looked.flatMap((one) => (one.ok ? [one.seen] : []))
  if (asks && seen.length > 0) {
    const forGood = deleteType === 'MoveToDeletedItems' ? '' : ' Not into Deleted Items.'
    await context.confirm(`Delete ${titles(looked)}?${forGood}`, undefined)
  }
  const ids = seen.map(({ id }) => id.id)
  const outcomes = ids.length === 0 ? [] : await (await ews()).items.delete(ids, options)
  const rest = outcomes[Symbol.iterator]()
  const results = looked.map((one): ChangeResult => {
    if (!one.ok) return one.result
    const outcome = rest.next().value as (typeof outcomes)[number]
    return outcome.ok ? { id: outcome.id.id, ok: true } : { ...outcome, id: outcome.id.id }
  })
  return changeResults(results, {
    verb: 'delete',
    things: 'items',
    done: (well) => [`Deleted ${count(well.length, 'items')}.`],
    columns: [],
    hint: itemHint,
  })
}

async function showRequest(
  context: Context,
  flags: DeleteFlagValues,
  given: readonly GivenId[],
  options: DeleteItemsOptions,
): Promise<CommandResult> {
  if (given.length === 0) return dryRun([])
  const rehearsal = await context.ewsForDryRun(flags)
  const { deleteItem } = await import('../ews/operations/delete-item.ts')
  const ids = given.map(({ id }) => id)
  const body = rehearsal.render(deleteItem, rehearsal.items.prepareDelete(ids, options))
  return dryRun([{ operation: 'DeleteItem', method: 'POST', url: context.ewsUrl(flags), body }])
}

function titles(looked: readonly Seen[]): string {
  const all = looked.flatMap((one) => (one.ok ? [one.seen.title ?? 'an item'] : []))
  if (all.length <= NAMED) return all.join(', ')
  return `${count(all.length, 'items')}, such as ${all.slice(0, 3).join(', ')}`
}
