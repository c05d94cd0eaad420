import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Page, PageRequest } from '../../src/ews/elements/page.ts'
import { pagedEntries } from '../../src/ews/paging.ts'
import { collect } from '../helpers/collect.ts'

interface Server {
  /** What is in the folder now, in the order of the search. */
  entries: string[]
  readonly requests: PageRequest[]
  fetch(page: PageRequest): Promise<Page<string>>
}

interface Habits {
  /** The most that the server answers at once, whatever is asked for. */
  readonly most?: number
  /** What it says about the end, the total and the next offset. */
  readonly tells?: 'everything' | 'total' | 'nothing'
  /** What it adds to the true next offset. */
  readonly offsetError?: number
  /** Called before each page but the first. */
  readonly between?: (server: Server) => void
}

function serverWith(entries: string[], habits: Habits = {}): Server {
  const { most = 1000, tells = 'everything', offsetError = 0, between } = habits
  const server: Server = {
    entries,
    requests: [],
    async fetch(page) {
      if (server.requests.length > 0) between?.(server)
      server.requests.push(page)
      if (server.requests.length > 20_000) throw new Error('the client never stops')
      const end = page.offset + Math.min(page.maxEntries, most)
      const total = server.entries.length
      return {
        entries: server.entries.slice(page.offset, end),
        includesLast: tells === 'everything' ? end >= total : undefined,
        nextOffset: tells === 'nothing' ? undefined : Math.max(0, Math.min(end, total) + offsetError),
        total: tells === 'nothing' ? undefined : total,
      }
    },
  }
  return server
}

const read = (server: Server, pageSize: number) =>
  collect(pagedEntries(server.fetch, (entry) => entry, pageSize))

const named = (count: number) => Array.from({ length: count }, (_, n) => `e${n}`)
const pageSizes = fc.integer({ min: 1, max: 12 })

describe('a folder that nobody changes', () => {
  test('yields each entry once and in order, whatever the pages and the server’s habits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        pageSizes,
        fc.record({
          most: fc.integer({ min: 1, max: 15 }),
          tells: fc.constantFrom('everything', 'total', 'nothing'),
          offsetError: fc.integer({ min: -5, max: 5 }),
        }),
        async (count, pageSize, habits) => {
          const entries = named(count)
          expect(await read(serverWith(entries, habits), pageSize)).toEqual(entries)
        },
      ),
    )
  })

  test('is asked for page after page, each starting with the last entry of the one before', async () => {
    const server = serverWith(named(25))
    await read(server, 10)
    expect(server.requests).toEqual([
      { offset: 0, maxEntries: 10 },
      { offset: 9, maxEntries: 11 },
      { offset: 19, maxEntries: 11 },
    ])
  })

  test('is not asked for a page that nobody wants', async () => {
    const server = serverWith(named(1000))
    for await (const entry of pagedEntries(server.fetch, (id) => id, 10)) if (entry === 'e14') break
    expect(server.requests).toHaveLength(2)
  })
})

describe('a folder that changes meanwhile', () => {
  test('entries that arrive at the top make no other come twice or be passed over', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        pageSizes,
        fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 10 }),
        async (count, pageSize, arrivals) => {
          const entries = named(count)
          let made = 0
          const server = serverWith([...entries], {
            between: (it) => {
              for (let n = arrivals.shift() ?? 0; n > 0; n--) it.entries.unshift(`new${made++}`)
            },
          })
          const found = await read(server, pageSize)
          expect(new Set(found).size).toBe(found.length)
          expect(found.filter((entry) => !entry.startsWith('new'))).toEqual(entries)
        },
      ),
    )
  })

  test('entries that were yielded and go make no other be passed over', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        pageSizes,
        fc.func(fc.boolean()),
        async (count, pageSize, goes) => {
          const entries = named(count)
          const server = serverWith([...entries])
          const found: string[] = []
          for await (const entry of pagedEntries(server.fetch, (id) => id, pageSize)) {
            found.push(entry)
            if (goes(entry)) server.entries = server.entries.filter((one) => one !== entry)
          }
          expect([...found].sort()).toEqual([...entries].sort())
        },
      ),
    )
  })

  test('whoever deletes everything that comes gets everything', async () => {
    const server = serverWith(named(1234))
    const found: string[] = []
    for await (const entry of pagedEntries(server.fetch, (id) => id, 100)) {
      found.push(entry)
      server.entries = server.entries.filter((one) => one !== entry)
    }
    expect(found).toEqual(named(1234))
    expect(server.entries).toEqual([])
  })

  test('an entry that goes right before the next page does not hide the one that takes its place', async () => {
    const server = serverWith(named(30), {
      between: (it) => {
        it.entries = it.entries.filter((entry) => entry !== 'e3')
      },
    })
    expect(await read(server, 10)).toEqual(named(30))
  })
})

describe('an odd server', () => {
  test('that counts an entry it never shows is passed over, not asked for ever', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 20 }),
        pageSizes,
        async (hidden, pageSize) => {
          const all = named(40)
          const visible = all.filter((_, n) => !hidden.includes(n))
          let requests = 0
          const fetch = async ({ offset, maxEntries }: PageRequest): Promise<Page<string>> => {
            if (++requests > 5_000) throw new Error('the client never stops')
            const end = Math.min(offset + maxEntries, all.length)
            return {
              entries: all.slice(offset, end).filter((entry) => visible.includes(entry)),
              includesLast: end >= all.length,
              nextOffset: end,
              total: all.length,
            }
          }
          const found = await collect(pagedEntries(fetch, (id) => id, pageSize))
          expect(found).toEqual(visible)
        },
      ),
    )
  })

  test('that says there is more and sends nothing is an error, not a short list', async () => {
    const fetch = async (): Promise<Page<string>> => ({
      entries: [],
      includesLast: false,
      nextOffset: undefined,
      total: undefined,
    })
    await expect(collect(pagedEntries(fetch, (id: string) => id, 10))).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
    })
  })

  test('that answers the same page for ever is an error', async () => {
    let requests = 0
    const fetch = async (): Promise<Page<string>> => {
      if (++requests > 5_000) throw new Error('the client never stops')
      return { entries: named(10), includesLast: false, nextOffset: undefined, total: undefined }
    }
    await expect(collect(pagedEntries(fetch, (id) => id, 10))).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
    })
  })
})

test('a hundred thousand entries take no more memory than a few', async () => {
  const count = 100_000
  let produced = 0
  const fetch = async ({ offset, maxEntries }: PageRequest): Promise<Page<{ id: string; body: string }>> => {
    const end = Math.min(offset + maxEntries, count)
    produced += end - offset
    return {
      entries: Array.from({ length: end - offset }, (_, n) => ({
        id: `AAMkAGY3MjQ${offset + n}`,
        body: 'x'.repeat(1000) + (offset + n),
      })),
      includesLast: end === count,
      nextOffset: end,
      total: count,
    }
  }
  let yielded = 0
  let aheadMost = 0
  for await (const _ of pagedEntries(fetch, ({ id }) => id, 500)) {
    yielded++
    aheadMost = Math.max(aheadMost, produced - yielded)
  }
  expect(yielded).toBe(count)
  // One entry of each page is fetched twice, and never more than a page is waiting.
  expect(aheadMost).toBeLessThanOrEqual(501 + count / 499)
})
