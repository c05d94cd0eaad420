import { EwsDelegatesError } from '../errors.ts'
import type { Item, ItemType } from '../model/item.ts'
import type { ItemChange } from '../model/item-change.ts'
import { type ItemId, parseItemId } from '../model/item-id.ts'
import type { PropertyPath } from '../model/property-path.ts'
import { givenProperties, isEmpty, itemKind, requireProperty } from './elements/item.ts'
import type { MoveCopyInput, MovedItem } from './elements/move-copy.ts'
import type { Caller, Settle } from './operation.ts'
import type { DeletedItem, DeleteItemInput } from './operations/delete-item.ts'
import { getItem, type ItemOutcome } from './operations/get-item.ts'
import type { UpdatedItem, UpdateItemInput } from './operations/update-item.ts'
import { isSameValue } from './same-value.ts'

/**
 * What became of DeleteItem, MoveItem and UpdateItem: the items are read by the ids that the call named.
 *
 * Reading tells the state, not who made it. There is nothing of the kind for CreateItem, CopyItem and SendItem: what
 * they make has an id that only their answer tells, and a second one of it cannot be told from a first.
 */

/** Nothing is there under this id any more, or nothing that the caller may see; Exchange does not say which. */
const GONE: ReadonlySet<string> = new Set([
  'ErrorItemNotFound',
  'ErrorCalendarOccurrenceIsDeletedFromRecurrence',
])
/** The item is no longer the version that the change was made for. */
const CHANGED: ReadonlySet<string> = new Set(['ErrorIrresolvableConflict', 'ErrorStaleObject'])

/**
 * An item that is gone counts as deleted, also when somebody else did it. A second deletion finds nothing, so one that
 * is missing can be sent again; cancellations go out once, with the deletion.
 */
export const settleDeleteItem: Settle<DeleteItemInput, DeletedItem[]> = {
  async look(call, input) {
    const found = await read(call, input.ids)
    const gone = found.map((outcome, position) => deleted(input.ids[position], outcome))
    const open = input.ids.filter((_, position) => !gone[position])
    const done = gone.filter((outcome) => outcome !== undefined)
    if (open.length === 0) return { state: 'done', output: done }
    return {
      state: 'missing',
      missing: { ...input, ids: open },
      partly: done.length > 0,
      unsure: found.some((outcome) => !outcome.ok && !GONE.has(outcome.code)),
      complete(rest) {
        const answers = [...rest]
        return input.ids.map((_, position) => gone[position] ?? (answers.shift() as DeletedItem))
      },
    }
  },

  // What is not there when the repeat comes was deleted by the call that got lost.
  review: async (_call, input, outcomes) =>
    outcomes.map((outcome, position) => deleted(input.ids[position], outcome) ?? outcome),
}

/**
 * Items that are all still under their old ids were not moved, and a second move of one that was finds nothing. Where
 * the others are reading does not tell, since only the answer has the new ids.
 */
export const settleMoveItem: Settle<MoveCopyInput, MovedItem[]> = {
  async look(call, input) {
    const found = await read(call, input.ids)
    return found.every((outcome) => outcome.ok)
      ? { state: 'missing', missing: input, complete: (rest) => rest }
      : { state: 'unclear' }
  },

  review: async (_call, _input, outcomes) =>
    outcomes.map((outcome) =>
      outcome.ok || !GONE.has(outcome.code)
        ? outcome
        : {
            ...outcome,
            message: `${outcome.message} An earlier attempt, whose answer was lost, may have moved it.`,
            mayHaveHappened: true,
          },
    ),
}

/**
 * An item whose change key is still the one that was named was not changed. Otherwise the values are compared: what
 * has exactly what was to be set counts as changed. A change that only sets and clears, and of which nobody is told, can
 * be sent again; one that appends or sends cannot. Neither can one of an item that has become another version with other
 * values: the lost call can have come before somebody else's, which `AutoResolve` would write over.
 */
export const settleUpdateItem: Settle<UpdateItemInput, UpdatedItem[]> = {
  async look(call, input) {
    const found = await readChanged(call, input.changes)
    const seen = input.changes.map((change, position) => judge(change, found[position], input))
    const isOpen = (position: number) => seen[position] === 'missing' || seen[position] === 'unknown'
    const open = input.changes.filter((_, position) => isOpen(position))
    const partly = seen.some((one) => typeof one === 'object')
    const overtaken = seen.includes('overtaken')
    // Each of several changes to one item hides the ones before it.
    const hidden = repeatedIds(input.changes)
    const mixed = input.changes.some(
      ({ id }, position) => hidden.has(parseItemId(id).id) && seen[position] !== 'missing',
    )
    const harmless = !sends(input) && !open.some(appends)
    const sure = !seen.includes('unknown')
    if (mixed || (!sure && !harmless) || (overtaken && open.length === 0 && !partly))
      return { state: 'unclear' }
    const complete = (rest: readonly UpdatedItem[]) => {
      const answers = [...rest]
      return seen.map((one, position) => {
        if (typeof one === 'object') return one
        return isOpen(position)
          ? (answers.shift() as UpdatedItem)
          : refusedAsOvertaken(input.changes[position] as ItemChange)
      })
    }
    if (open.length === 0) return { state: 'done', output: complete([]), partly: overtaken }
    return {
      state: 'missing',
      missing: { ...input, changes: open },
      partly,
      unsure: !sure || overtaken,
      once: !harmless,
      complete,
    }
  },

  // The repeat of a change that arrived late after all finds another version than it names.
  async review(call, input, outcomes) {
    const refused = input.changes.filter((_, position) => CHANGED.has(codeOf(outcomes[position])))
    if (refused.length === 0) return outcomes
    const found = await readChanged(call, refused).catch(unreadable)
    const seen = new Map(refused.map((change, position) => [change, judge(change, found?.[position], input)]))
    return outcomes.map((outcome, position) => {
      const one = seen.get(input.changes[position] as ItemChange)
      if (one === undefined || outcome.ok) return outcome
      if (typeof one === 'object') return one
      return {
        ...outcome,
        message: `${outcome.message} An earlier attempt, whose answer was lost, may have changed it.`,
        mayHaveHappened: true,
      }
    })
  },
}

function read(call: Caller, ids: readonly ItemId[]): Promise<ItemOutcome[]> {
  // Whatever version it has now.
  return call(getItem, { ids: ids.map(({ id }) => ({ id })), shape: { base: 'IdOnly' } })
}

function deleted(
  id: ItemId | undefined,
  outcome: ItemOutcome | DeletedItem | undefined,
): DeletedItem | undefined {
  return id && GONE.has(codeOf(outcome)) ? { ok: true, id, confirmedByReading: true } : undefined
}

/** The items with all the properties that the changes name. */
function readChanged(call: Caller, changes: readonly ItemChange[]): Promise<ItemOutcome[]> {
  const paths = new Set<PropertyPath>()
  for (const change of changes) for (const path of pathsOf(change)) paths.add(path)
  const ids = changes.map((change) => ({ id: parseItemId(change.id).id }))
  return call(getItem, { ids, shape: { base: 'IdOnly', properties: [...paths] } })
}

function pathsOf({ type, set = {}, delete: cleared = [] }: ItemChange): readonly PropertyPath[] {
  const kind = itemKind(type)
  const written = givenProperties(kind, set).flatMap(
    ({ property, value, uri }): readonly PropertyPath[] =>
      property?.codec.entries?.(value as never).map(({ path }) => path) ?? [uri],
  )
  return [...written, ...cleared.filter(isName).map((name) => requireProperty(kind, name).uri)]
}

/** The ids that more than one of these changes has. */
function repeatedIds(changes: readonly ItemChange[]): ReadonlySet<string> {
  const ids = changes.map((change) => parseItemId(change.id).id)
  return new Set(ids.filter((id, position) => ids.indexOf(id) !== position))
}

/** As Exchange answers a change that would write over somebody else's. */
function refusedAsOvertaken(change: ItemChange): UpdatedItem {
  return {
    ok: false,
    id: parseItemId(change.id),
    code: 'ErrorIrresolvableConflict',
    message:
      'The item is another version by now and has not what was to be set. The change, whose answer was lost, may have been made and written over since.',
    mayHaveHappened: true,
  }
}

/** Whether a change is there, is not, cannot be told, or may have been written over since. */
function judge(
  change: ItemChange,
  found: ItemOutcome | undefined,
  input: UpdateItemInput,
): Extract<UpdatedItem, { ok: true }> | 'missing' | 'unknown' | 'overtaken' {
  if (!found?.ok) return 'unknown'
  const id = parseItemId(change.id)
  const { item } = found
  if (id.changeKey !== undefined && id.changeKey === item.id.changeKey) return 'missing'
  // It can have had these values before, and then nobody has been told anything.
  if (id.changeKey === undefined && sends(input)) return 'unknown'
  const { type, set = {}, delete: cleared = [] } = change
  if (appends(change) || !hasAll(item, type, set) || !lacksAll(item, cleared)) {
    // The server refuses it itself under NeverOverwrite, and under AlwaysOverwrite it was to be written anyway.
    return id.changeKey !== undefined && input.conflictResolution === 'AutoResolve' ? 'overtaken' : 'unknown'
  }
  return { ok: true, id, updated: item.id, conflicts: 0, confirmedByReading: true }
}

function hasAll(item: Item, type: ItemType, set: object): boolean {
  const values = item as unknown as Readonly<Record<string, unknown>>
  const { other = {} } = item
  return givenProperties(itemKind(type), set).every(({ property, uri, value }) => {
    const found = property ? values[property.key] : other[uri]
    return isEmpty(value) ? found === undefined || isEmpty(found) : isSameValue(value, found)
  })
}

/** What only a path names is not looked for. */
function lacksAll(item: Item, cleared: NonNullable<ItemChange['delete']>): boolean {
  const values = item as unknown as Readonly<Record<string, unknown>>
  return cleared.every((name) => {
    if (!isName(name)) return false
    const found = values[name]
    return found === undefined || found === '' || isEmpty(found)
  })
}

function isName(path: PropertyPath): path is string {
  return typeof path === 'string' && !path.includes(':')
}

function appends({ append = {} }: ItemChange): boolean {
  return Object.values(append).some((value) => value !== undefined && !isEmpty(value))
}

/** Whether anybody gets mail because of it. */
function sends(input: UpdateItemInput): boolean {
  const { messageDisposition = 'SaveOnly', sendMeetingInvitationsOrCancellations = 'SendToNone' } = input
  return messageDisposition !== 'SaveOnly' || sendMeetingInvitationsOrCancellations !== 'SendToNone'
}

function codeOf(outcome: { readonly ok: boolean } | undefined): string {
  return outcome && 'code' in outcome ? String(outcome.code) : ''
}

/** The answer to the repeat stands then, with what is not known about it. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof EwsDelegatesError)) throw error
}
