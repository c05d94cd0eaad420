import { type Element, findChild, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { itemAccessIn } from '../../store/access.ts'
import type { Folder } from '../../store/folder.ts'
import type { Item } from '../../store/item.ts'
import { calendarViewItems, readCalendarView } from '../calendar-view.ts'
import { contactName } from '../contact-properties.ts'
import { EwsRefusal } from '../errors.ts'
import { requireFolder } from '../folder-ids.ts'
import type { FoundItem } from '../item-ids.ts'
import { newestFirst, readItemPath, readQueryString, readSortOrder } from '../item-search.ts'
import { itemWriter, readItemShape } from '../item-shape.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { cutPage } from '../paging.ts'
import { itemizedResponse, message } from '../response.ts'
import { readRestriction } from '../restriction.ts'
import { element, elementWith } from '../writer.ts'

/** The items of folders, as far as the caller may see them: page by page, or as a calendar shows them. */
export const findItem: EwsOperation = {
  name: 'FindItem',
  requestType: 'FindItemType',
  since: 'Exchange2007',
  handle(context, request) {
    const parents = requireChild(request, 'ParentFolderIds', NAMESPACES.messages).children
    return itemizedResponse(
      'FindItem',
      parents.map((id) =>
        message('m:FindItemResponseMessage', () => {
          const folder = requireFolder(context, id)
          const shape = readItemShape(requireChild(request, 'ItemShape', NAMESPACES.messages), 'find')
          const { found, view } = search(context, folder, request)
          const page = cutPage(found, view)
          return elementWith(
            'm:RootFolder',
            page.attributes,
            element('t:Items', page.values.map(itemWriter(context, shape))),
          )
        }),
      ),
    )
  },
}

function search(
  context: EwsContext,
  folder: Folder,
  request: Element,
): { found: FoundItem[]; view: Element | undefined } {
  const part = (name: string) => findChild(request, name, NAMESPACES.messages)
  for (const name of ['GroupBy', 'DistinguishedGroupBy', 'SeekToConditionPageItemView']) {
    if (part(name)) throw new EwsRefusal('ErrorInvalidArgument', `${name} is not modelled by this simulator.`)
  }
  const restriction = part('Restriction')
  const query = part('QueryString')
  const sortOrder = part('SortOrder')
  const calendarView = part('CalendarView')
  if (restriction && query)
    throw new EwsRefusal('ErrorInvalidArgument', 'A Restriction and a QueryString exclude each other.')
  if (calendarView && (restriction || query || sortOrder))
    throw new EwsRefusal(
      'ErrorInvalidArgument',
      'A CalendarView takes no Restriction, SortOrder or QueryString.',
    )
  const visible = visibleItems(context, folder)
  if (calendarView) {
    const view = readCalendarView(calendarView, folder, context.zone)
    return { found: calendarViewItems(visible, view), view: undefined }
  }
  // Nothing here is soft-deleted in place, and no folder holds hidden items.
  const here = request.attributes.Traversal === 'Shallow' ? visible : []
  const matches = restriction
    ? readRestriction(restriction, readItemPath, context.zone)
    : query && query.text.trim() !== ''
      ? readQueryString(query.text)
      : () => true
  const contacts = part('ContactsView')
  const inRange = contacts ? readNameRange(contacts) : () => true
  const order = sortOrder ? readSortOrder(sortOrder) : newestFirst
  return {
    found: here.filter(({ item }) => matches(item) && inRange(item)).sort((a, b) => order(a.item, b.item)),
    view: part('IndexedPageItemView') ?? part('FractionalPageItemView') ?? contacts,
  }
}

/** The folder's items that the caller may read; what is hidden from them is not counted either. */
export function visibleItems(context: EwsContext, folder: Folder): FoundItem[] {
  const accessTo = itemAccessIn(context.exchange, context.user, folder)
  return folder.items().flatMap((item): FoundItem[] => {
    const access = accessTo(item)
    return access.read ? [{ folder, item, access }] : []
  })
}

function readNameRange(view: Element): (item: Item) => boolean {
  const { InitialName: first, FinalName: last } = view.attributes
  return (item) => {
    const folded = contactName(item).toLowerCase()
    return (
      (first === undefined || folded >= first.toLowerCase()) &&
      // Names that start with the last one are still in the range.
      (last === undefined || folded.slice(0, last.length) <= last.toLowerCase())
    )
  }
}
