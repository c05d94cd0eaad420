import { XmlError } from '../errors.ts'
import { MAX_PAGE_SIZE } from '../model/find-view.ts'
import type { Page, PageRequest } from './elements/page.ts'

/**
 * How many ids are remembered to recognize entries that come again. Bounded, so that a search over a mailbox of any
 * size takes the same memory.
 */
const REMEMBERED = 2 * MAX_PAGE_SIZE

/** Pages in a row that may bring nothing new before the server is taken for one that never ends. */
const MAX_FRUITLESS = 100

/**
 * Fetches a search page by page as the entries are asked for, and yields each entry once.
 *
 * Offsets count entries of the moment, so entries that arrive or go between two pages move the others. Every page
 * after the first therefore starts with the last entry of the one before:
 * - it is there, further down: something arrived, and what stands before it has been seen already;
 * - it is not there: something before it went (the caller may be deleting what is yielded), so the entries between
 *   are fetched from further up until a known one turns up.
 *
 * How many entries a page had decides where the next one starts, not `IndexedPagingOffset`: servers answer fewer
 * than were asked for, and some count otherwise. It is only used when a page is empty.
 *
 * @throws XmlError for a server that says there is more and never sends it.
 */
export async function* pagedEntries<Entry>(
  fetch: (page: PageRequest) => Promise<Page<Entry>>,
  idOf: (entry: Entry) => string,
  pageSize: number,
): AsyncGenerator<Entry, void, undefined> {
  const seen = recentIds(REMEMBERED)
  const isSeen = (entry: Entry) => seen.has(idOf(entry))
  /** Where the entries begin that have not been fetched yet. */
  let position = 0
  /** Entries before it that are fetched again, to see whether anything moved. */
  let overlap = 0
  /** Went back since something new came: a gap that is still there then is the server's, and is passed over. */
  let wentBack = false
  let fruitless = 0
  while (true) {
    const offset = position - overlap
    const page = await fetch({ offset, maxEntries: Math.min(pageSize + overlap, MAX_PAGE_SIZE) })
    if (overlap > 0 && !wentBack && !page.entries.some(isSeen)) {
      wentBack = true
      overlap = 0
      position = await backToSeen(fetch, isSeen, Math.min(position, page.total ?? position), pageSize)
      continue
    }

    let fresh = 0
    for (const entry of page.entries) {
      if (!seen.add(idOf(entry))) continue
      fresh++
      yield entry
    }
    if (isLast(page, offset)) return
    if (fresh > 0) {
      wentBack = false
      fruitless = 0
    } else if (++fruitless > MAX_FRUITLESS) throw endless()

    const next = offset + page.entries.length
    if (next > position) {
      position = next
      overlap = 1
    } else if (page.entries.length > 0 && overlap > 0) {
      // The overlap was all that came: a server that answers one entry at a time.
      overlap = 0
    } else {
      position = skippedTo(page, position)
      overlap = 0
    }
  }
}

/** The offset, further up, of the nearest page that holds something known; 0 when there is none. */
async function backToSeen<Entry>(
  fetch: (page: PageRequest) => Promise<Page<Entry>>,
  isSeen: (entry: Entry) => boolean,
  from: number,
  pageSize: number,
): Promise<number> {
  for (let offset = Math.max(0, from - pageSize); offset > 0; offset = Math.max(0, offset - pageSize)) {
    const page = await fetch({ offset, maxEntries: pageSize })
    if (page.entries.some(isSeen)) return offset
  }
  return 0
}

function isLast<Entry>(page: Page<Entry>, offset: number): boolean {
  if (page.includesLast !== undefined) return page.includesLast
  if (page.total !== undefined) return offset + page.entries.length >= page.total
  return page.entries.length === 0
}

/** After an empty page that is not the last: as far as the server says. */
function skippedTo<Entry>(page: Page<Entry>, offset: number): number {
  if (page.nextOffset !== undefined && page.nextOffset > offset) return page.nextOffset
  throw endless()
}

function endless(): XmlError {
  return new XmlError('ERR_INVALID_RESPONSE', 'The server says that more follows, but sends nothing new.', {
    hint: 'Narrow the search, or try another page size.',
  })
}

/** Remembers the latest ids: between `limit` and half of it. */
function recentIds(limit: number) {
  let current = new Set<string>()
  let previous = new Set<string>()
  const has = (id: string): boolean => current.has(id) || previous.has(id)
  return {
    has,
    /** False when it is known already. */
    add(id: string): boolean {
      if (has(id)) return false
      if (current.size >= limit / 2) {
        previous = current
        current = new Set()
      }
      current.add(id)
      return true
    },
  }
}
