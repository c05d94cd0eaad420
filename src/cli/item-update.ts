import { InvalidInputError } from '../errors.ts'
import type { UpdateItemsOptions } from '../ews/items.ts'
import { ITEM_TYPES, type ItemType } from '../model/item.ts'
import { CONFLICT_RESOLUTIONS, type ItemChange } from '../model/item-change.ts'
import { requireChoice } from '../model/item-rules.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues } from './flags.ts'
import type { ITEM_ID_FLAGS } from './id-flags.ts'
import { itemHint } from './item-hints.ts'
import { type GivenId, readIds } from './item-ids.ts'
import { lookAt, requireNobodyToTell, type SeenItem, writtenAs } from './item-look.ts'
import { parseNotifyUpdate } from './item-notify.ts'
import { type ChangeResult, changeResults, count } from './item-results.ts'
import { readAssignments, readClears } from './item-values.ts'
import { inItsCase, parseNamed } from './named.ts'
import { ewsSignIn } from './people.ts'

type UpdateFlagValues = EwsFlagValues &
  FlagValues<typeof ITEM_ID_FLAGS & typeof DRY_RUN_FLAG> & {
    readonly set: readonly string[]
    readonly append: readonly string[]
    readonly clear: readonly string[]
    readonly html: boolean | undefined
    readonly type: string | undefined
    readonly notify: string | undefined
    readonly conflict: string | undefined
    readonly 'change-key': string | undefined
  }

/** Changes items by id. Of which kind they are is looked up where neither the flags nor the pipe say it. */
export async function updateItems(context: Context, flags: UpdateFlagValues): Promise<CommandResult> {
  const notify = parseNotifyUpdate(flags.notify)
  const conflictResolution = parseNamed(flags.conflict ?? 'AutoResolve', CONFLICT_RESOLUTIONS, (text) => {
    const word = inItsCase(text, CONFLICT_RESOLUTIONS) as (typeof CONFLICT_RESOLUTIONS)[number]
    requireChoice(word, CONFLICT_RESOLUTIONS, 'a way to resolve conflicts')
    return word
  })
  const given = withChangeKey(await readIds(context, { ...flags, ids: flags.id }, 'items'), flags)
  const type = flags.type === undefined ? undefined : parseType(flags.type)
  // A mistake in what is to be changed is told before anybody signs in, where it is certain.
  if (type) changeOf({ id: { id: 'an item' }, type, isMeeting: false }, flags)

  const ews = ewsSignIn(context, flags)
  const looked = await lookAt(
    ews,
    given.map((one) => (type ? { ...one, type } : one)),
    {
      titles: false,
      types: true,
      meetings: notify === undefined,
      versions: conflictResolution === 'AutoResolve',
    },
  )
  const seen = looked.flatMap((one) => (one.ok ? [one.seen] : []))
  const changes = seen.map((one) => changeOf(type ? { ...one, type } : one, flags))
  const options: UpdateItemsOptions = {
    conflictResolution,
    ...(changes.some((change) => change.type === 'CalendarItem')
      ? {
          sendMeetingInvitationsOrCancellations:
            notify ?? requireNobodyToTell(looked, 'all, changed or none'),
        }
      : {}),
  }
  if (flags['dry-run']) return showRequest(context, flags, changes, options)

  const outcomes = changes.length === 0 ? [] : await (await ews()).items.update(changes, options)
  const rest = outcomes[Symbol.iterator]()
  const results = looked.map((one): ChangeResult => {
    if (!one.ok) return one.result
    const outcome = rest.next().value as (typeof outcomes)[number]
    if (!outcome.ok) return { ...outcome, id: outcome.id.id }
    const { updated, conflicts } = outcome
    // An id can change too, as when an occurrence becomes an exception.
    return {
      id: updated.id,
      ok: true,
      more: { changeKey: updated.changeKey ?? null, type: one.seen.type, conflicts },
    }
  })
  return changeResults(results, {
    verb: 'update',
    things: 'items',
    done: (well) => [
      `Updated ${count(well.length, 'items')}.`,
      ...well.flatMap(({ more }) =>
        Number(more?.conflicts) > 0
          ? ['Somebody else had changed some of it too, and Exchange settled it: look at what is there now.']
          : [],
      ),
    ],
    columns: ['changeKey', 'type', 'conflicts'],
    hint: itemHint,
  })
}

function changeOf({ id, type }: SeenItem, flags: UpdateFlagValues): ItemChange {
  const kind = writtenAs(type)
  const html = flags.html ?? false
  return {
    id,
    type: kind,
    set: readAssignments(kind, flags.set, { flag: '--set', html }),
    append: readAssignments(kind, flags.append, { flag: '--append', html }),
    delete: readClears(kind, flags.clear),
    // The properties belong to this kind: they were read with its table.
  } as ItemChange
}

function withChangeKey(given: readonly GivenId[], flags: UpdateFlagValues): readonly GivenId[] {
  const changeKey = flags['change-key']
  if (changeKey === undefined) return given
  if (given.length !== 1) throw new InvalidInputError('--change-key is of one item, and several are named.')
  return given.map((one) => ({ ...one, changeKey }))
}

function parseType(text: string): ItemType {
  return parseNamed(text, ITEM_TYPES, () => {
    const words: Readonly<Record<string, ItemType>> = { appointment: 'CalendarItem', meeting: 'CalendarItem' }
    const type = words[text.trim().toLowerCase()] ?? (inItsCase(text, ITEM_TYPES) as ItemType)
    requireChoice(type, ITEM_TYPES, 'a type of item')
    return type
  })
}

async function showRequest(
  context: Context,
  flags: UpdateFlagValues,
  changes: readonly ItemChange[],
  options: UpdateItemsOptions,
): Promise<CommandResult> {
  if (changes.length === 0) return dryRun([])
  const rehearsal = await context.ewsForDryRun(flags)
  const { updateItem } = await import('../ews/operations/update-item.ts')
  const body = rehearsal.render(updateItem, rehearsal.items.prepareUpdate(changes, options))
  return dryRun([{ operation: 'UpdateItem', method: 'POST', url: context.ewsUrl(flags), body }])
}
