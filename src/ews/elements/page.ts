import type { XmlWriter } from '../../xml/builder.ts'
import type { Element } from '../../xml/element.ts'

/** Where a page starts and how long it may be. */
export interface PageRequest {
  readonly offset: number
  readonly maxEntries: number
}

/** One page of a search. */
export interface Page<Entry> {
  readonly entries: readonly Entry[]
  /** `IncludesLastItemInRange`: nothing follows. Undefined when the server does not say. */
  readonly includesLast: boolean | undefined
  /** `IndexedPagingOffset`: where the next page starts. */
  readonly nextOffset: number | undefined
  /** `TotalItemsInView`, at the moment of this page. */
  readonly total: number | undefined
}

/** Writes `m:IndexedPageItemView` or `m:IndexedPageFolderView`. */
export function writeIndexedPage(
  body: XmlWriter,
  name: 'm:IndexedPageItemView' | 'm:IndexedPageFolderView',
  page: PageRequest,
): void {
  body.element(name, undefined, {
    MaxEntriesReturned: String(page.maxEntries),
    Offset: String(page.offset),
    BasePoint: 'Beginning',
  })
}

/** Reads `m:RootFolder`; an absent list is an empty one. */
export function readPage<Entry>(
  rootFolder: Element | undefined,
  list: 'Items' | 'Folders',
  read: (element: Element) => Entry,
): Page<Entry> {
  const { IncludesLastItemInRange, IndexedPagingOffset, TotalItemsInView } = rootFolder?.attributes ?? {}
  const entries = rootFolder?.children.find((child) => child.name === list)?.children ?? []
  return {
    entries: entries.map(read),
    includesLast:
      IncludesLastItemInRange === undefined
        ? undefined
        : IncludesLastItemInRange === 'true' || IncludesLastItemInRange === '1',
    nextOffset: count(IndexedPagingOffset),
    total: count(TotalItemsInView),
  }
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
