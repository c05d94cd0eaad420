import type { Element } from '../../xml/element.ts'
import { type ItemAccess, itemAccessIn, mayOpen } from '../store/access.ts'
import type { Folder } from '../store/folder.ts'
import type { Item } from '../store/item.ts'
import { isChangeKey, occurrenceId, parseObjectId, readOccurrenceId } from '../store/object-ids.ts'
import type { Occurrence } from '../store/recurrence.ts'
import { EwsRefusal } from './errors.ts'
import type { EwsContext } from './operation.ts'
import { occurrenceItem, occurrencesOf } from './series.ts'

/** An item that the caller may read, and what else they may do with it. */
export interface FoundItem {
  readonly folder: Folder
  readonly item: Item
  readonly access: ItemAccess
  /** Of one occurrence: {@link FoundItem.item} is then the series as it is on that date. */
  readonly occurrence?: { readonly date: string; readonly master: Item }
}

/**
 * The item that a `t:ItemId`, `t:OccurrenceItemId` or `t:RecurringMasterItemId` names. The id alone says whose
 * mailbox it is in. What is not there, what is in a folder that may not be opened, and what is somebody else's
 * private item, look alike.
 * @throws EwsRefusal `ErrorAccessDenied` for an item of a folder that may be opened but not read.
 */
export function requireItem(context: EwsContext, id: Element): FoundItem {
  requireSoundChangeKey(id)
  switch (id.name) {
    case 'ItemId':
      return byId(context, id.attributes.Id ?? '')
    case 'OccurrenceItemId':
      return byIndex(context, id.attributes.RecurringMasterId ?? '', Number(id.attributes.InstanceIndex))
    case 'RecurringMasterItemId': {
      const found = byId(context, id.attributes.OccurrenceId ?? '')
      if (!found.occurrence) throw new EwsRefusal('ErrorCalendarCannotUseIdForOccurrenceId')
      return { folder: found.folder, item: found.occurrence.master, access: found.access }
    }
    default:
      throw new EwsRefusal('ErrorInvalidId', `${id.name} is not modelled by this simulator.`)
  }
}

/** The key that a request names, if it names one; an empty one counts as none. */
export function changeKeyOf(id: Element): string | undefined {
  return id.attributes.ChangeKey || undefined
}

function byId(context: EwsContext, id: string): FoundItem {
  if (id === '') throw new EwsRefusal('ErrorInvalidIdEmpty')
  const parsed = parseObjectId(id)
  if (!parsed) throw new EwsRefusal('ErrorInvalidIdMalformed')
  if (parsed.kind === 'folder') throw new EwsRefusal('ErrorCannotUseFolderIdForItemId')
  if (parsed.kind === 'item') return readable(context, id)
  const named = readOccurrenceId(id)
  if (!named) throw new EwsRefusal('ErrorInvalidIdMalformed')
  const found = readable(context, named.masterId)
  const calendar = found.item.calendar
  if (!calendar?.recurrence) throw new EwsRefusal('ErrorItemNotFound')
  for (const occurrence of occurrencesOf(calendar)) {
    if (occurrence.date === named.date) return asOccurrence(found, occurrence)
    if (occurrence.date > named.date) break
  }
  throw new EwsRefusal('ErrorItemNotFound')
}

function byIndex(context: EwsContext, masterId: string, index: number): FoundItem {
  const found = byId(context, masterId)
  const calendar = found.item.calendar
  if (found.occurrence || !calendar?.recurrence)
    throw new EwsRefusal('ErrorCalendarCannotUseIdForRecurringMasterId')
  let at = 0
  // Deleted occurrences keep their number.
  for (const occurrence of occurrencesOf({ ...calendar, deletedOccurrences: [] })) {
    if (++at < index) continue
    if (at > index) break
    if (calendar.deletedOccurrences.includes(occurrence.date))
      throw new EwsRefusal('ErrorCalendarOccurrenceIsDeletedFromRecurrence')
    return asOccurrence(found, occurrence)
  }
  throw new EwsRefusal('ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange')
}

function asOccurrence(found: FoundItem, occurrence: Occurrence): FoundItem {
  return {
    ...found,
    item: occurrenceItem(found.item, occurrence),
    occurrence: { date: occurrence.date, master: found.item },
  }
}

function readable(context: EwsContext, id: string): FoundItem {
  const { exchange, user } = context
  const found = exchange.findItemByEntryId(id)
  if (!found || !mayOpen(exchange, user, found.folder)) throw new EwsRefusal('ErrorItemNotFound')
  const access = itemAccessIn(exchange, user, found.folder)(found.item)
  if (access.hidden) throw new EwsRefusal('ErrorItemNotFound')
  if (!access.read) throw new EwsRefusal('ErrorAccessDenied')
  return { folder: found.folder, item: found.item, access }
}

function requireSoundChangeKey(id: Element): void {
  const changeKey = changeKeyOf(id)
  if (changeKey !== undefined && !isChangeKey(changeKey)) throw new EwsRefusal('ErrorInvalidChangeKey')
}

/** How the occurrence of a series on a date is referred to. */
export function occurrenceIdOf(master: Item, date: string): string {
  return occurrenceId(master.entryId, date)
}
