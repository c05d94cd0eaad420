import { InvalidInputError } from '../errors.ts'
import type { EwsClient } from '../ews/client.ts'
import type { Item, ItemType } from '../model/item.ts'
import type { ItemId } from '../model/item-id.ts'
import type { GivenId } from './item-ids.ts'
import { itemTitle } from './item-report.ts'
import type { ChangeResult } from './item-results.ts'

/** An item that is there, as far as it has to be known to change it. */
export interface SeenItem {
  readonly id: ItemId
  readonly type: Item['type']
  /** How a person recognizes it; undefined when it was not looked at. */
  readonly title?: string
  /** An appointment with attendees. */
  readonly isMeeting: boolean
}

export type Seen =
  | { readonly ok: true; readonly seen: SeenItem }
  | { readonly ok: false; readonly result: ChangeResult & { readonly ok: false } }

/**
 * Looks at items before they are changed: of which kind they are, and which are meetings, as Exchange wants to know
 * whether attendees are told.
 *
 * @param ask.titles for a question to a person.
 * @param ask.types false where the kind does not matter.
 * @param ask.meetings false where it has been said already who is told.
 * @param ask.versions true where a change needs the change key of an item and any version will do.
 */
export async function lookAt(
  ews: () => Promise<EwsClient>,
  given: readonly GivenId[],
  ask: {
    readonly titles: boolean
    readonly types: boolean
    readonly meetings: boolean
    readonly versions: boolean
  },
): Promise<Seen[]> {
  const isOpen = ({ type }: GivenId) =>
    ask.titles ||
    ((ask.types || ask.meetings) && !isKnownType(type)) ||
    (ask.meetings && type === 'CalendarItem')
  const open = given.filter(isOpen)
  const found = new Map<string, Seen>()
  if (open.length > 0) {
    const { items } = await ews()
    const outcomes = await items.getAll(
      open.map(({ id }) => id),
      { base: 'IdOnly', properties: PROPERTIES },
    )
    for (const outcome of outcomes) {
      const { id } = outcome.id
      if (!outcome.ok) {
        const { code, message } = outcome
        found.set(id, { ok: false, result: { id, ok: false, code, message } })
        continue
      }
      const { item } = outcome
      found.set(id, {
        ok: true,
        seen: {
          id: item.id,
          type: item.type,
          title: itemTitle(item),
          isMeeting: item.type === 'CalendarItem' && item.isMeeting === true,
        },
      })
    }
  }
  return given.map((one): Seen => {
    const seen = found.get(one.id)
    const changeKey = one.changeKey === undefined ? {} : { changeKey: one.changeKey }
    // The change key that was given says which version was read; the one of just now would hide a conflict.
    if (seen?.ok) {
      const id = ask.versions && one.changeKey === undefined ? seen.seen.id : { id: one.id, ...changeKey }
      return { ok: true, seen: { ...seen.seen, id } }
    }
    return (
      seen ?? {
        ok: true,
        seen: {
          id: { id: one.id, ...changeKey },
          type: isKnownType(one.type) ? one.type : 'Item',
          isMeeting: false,
        },
      }
    )
  })
}

/**
 * Who is told of a change to meetings, where nobody said so: nobody when there are no attendees.
 * @throws InvalidInputError for a meeting: either answer could be what nobody meant.
 */
export function requireNobodyToTell(seen: readonly Seen[], words: string): 'SendToNone' {
  const meeting = seen.find((one) => one.ok && one.seen.isMeeting)
  if (meeting?.ok) {
    throw new InvalidInputError(
      `${capitalize(meeting.seen.title ?? 'it')} has attendees: say whether they are told.`,
      {
        hint: `Give --notify ${words}. Nothing was changed.`,
      },
    )
  }
  return 'SendToNone'
}

/** Of whatever kind it is: Exchange passes over what an item does not have. */
const PROPERTIES = ['item:Subject', 'calendar:IsMeeting', 'calendar:Start']

/** As what an item is written: meeting requests and the like are messages. */
export function writtenAs(type: Item['type']): ItemType {
  switch (type) {
    case 'MeetingMessage':
    case 'MeetingRequest':
    case 'MeetingResponse':
    case 'MeetingCancellation':
      return 'Message'
    default:
      return type
  }
}

const TYPES: readonly Item['type'][] = [
  'Message',
  'MeetingMessage',
  'MeetingRequest',
  'MeetingResponse',
  'MeetingCancellation',
  'CalendarItem',
  'Contact',
  'Task',
  'Item',
]

function isKnownType(type: string | undefined): type is Item['type'] {
  return TYPES.some((known) => known === type)
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
