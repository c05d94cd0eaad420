import { type ItemTraversal, MAX_PAGE_SIZE, type SortKey } from '../../model/find-view.ts'
import { type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { Item } from '../../model/item.ts'
import type { ItemShape } from '../../model/item-shape.ts'
import type { Restriction } from '../../model/restriction.ts'
import { findChild } from '../../xml/element.ts'
import type { CalendarViewRequest } from '../calendar-view.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { readItem } from '../elements/item.ts'
import { writeItemShape } from '../elements/item-shape.ts'
import { type Page, type PageRequest, readPage, writeIndexedPage } from '../elements/page.ts'
import { writePropertyPath } from '../elements/property-path.ts'
import { writeRestriction } from '../elements/restriction.ts'
import type { Operation } from '../operation.ts'
import { errorOf, readStatus, responseMessages } from '../response.ts'

/** A search in one folder, checked. */
export interface FindItemInput {
  readonly folder: FolderTarget
  readonly shape: ItemShape
  readonly traversal: ItemTraversal
  /** By position, or a time of a calendar. Without either, the server answers as much as it cares to. */
  readonly view?: PageRequest | CalendarViewRequest
  readonly restriction?: Restriction
  readonly sort?: readonly SortKey[]
  /** Advanced Query Syntax. Exchange 2010 and later. */
  readonly query?: string
}

/**
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
 * @returns one page.
 */
export const findItem: Operation<FindItemInput, Page<Item>> = {
  name: 'FindItem',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: true,
  mailbox: (input) => mailboxOf(input.folder),
  attributes: (input) => ({ Traversal: input.traversal }),

  build(body, input) {
    const { view, sort = [] } = input
    writeItemShape(body, input.shape)
    if (view && 'offset' in view) writeIndexedPage(body, 'm:IndexedPageItemView', view)
    else if (view) {
      body.element('m:CalendarView', undefined, {
        MaxEntriesReturned: String(Math.min(view.maxEntries, MAX_PAGE_SIZE)),
        StartDate: view.start,
        EndDate: view.end,
      })
    }
    writeRestriction(body, input.restriction)
    if (sort.length > 0) {
      body.element('m:SortOrder', (order) => {
        for (const key of sort) {
          order.element('t:FieldOrder', (field) => writePropertyPath(field, key.path), {
            Order: key.order ?? 'Ascending',
          })
        }
      })
    }
    body.element('m:ParentFolderIds', (ids) => writeFolderTarget(ids, input.folder))
    body.text('m:QueryString', input.query)
  },

  parse(response) {
    const message = responseMessages(response)[0] ?? response
    const status = readStatus(message)
    if (!status.ok) throw errorOf(status, 'item')
    return readPage(findChild(message, 'RootFolder'), 'Items', readItem)
  },
}
