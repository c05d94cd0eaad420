import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Context } from '../../src/cli/context.ts'
import { idsOnly, type ListLayout, printList } from '../../src/cli/list-output.ts'
import type { OutputFormat } from '../../src/cli/output.ts'

interface Entry {
  readonly id: string
  readonly name: string
}

const LAYOUT: ListLayout<Entry> = {
  text: {
    columns: ['Name', 'Id'],
    row: ({ id, name }) => [name, id],
    empty: 'Nothing.',
    lastIfItFits: 'The ids do not fit.',
  },
  json: (entry) => entry,
  csv: { columns: ['id', 'name'], row: ({ id, name }) => [id, name] },
}

function stage(format: OutputFormat, options: { width?: number; highWaterMark?: number } = {}) {
  const stdout = new PassThrough({ highWaterMark: options.highWaterMark ?? 1_000_000 })
  const stderr = new PassThrough()
  const abort = new AbortController()
  const context = new Context(
    {
      stdin: new PassThrough(),
      stdout,
      stderr,
      env: {},
      cwd: '/',
      signal: abort.signal,
    },
    format,
    { color: false, width: options.width },
  )
  const text = (stream: PassThrough) => String(stream.read() ?? '')
  return { context, stdout, abort, out: () => text(stdout), err: () => text(stderr) }
}

async function* entries(number: number, failsAt = Number.POSITIVE_INFINITY): AsyncGenerator<Entry> {
  for (let at = 1; at <= number; at++) {
    if (at === failsAt) throw new Error('the second page did not come')
    yield { id: `AAMk${at}`, name: `=${at}` }
  }
}

describe('as JSON', () => {
  it('a list is one array, an entry a line, and one entry is an array too', async () => {
    const one = stage('json')
    await printList(one.context, entries(1), LAYOUT)
    expect(one.out()).toBe('[\n  {"id":"AAMk1","name":"=1"}\n]\n')
    const two = stage('json')
    await printList(two.context, entries(2), LAYOUT)
    expect(JSON.parse(two.out())).toHaveLength(2)
  })

  it('no entries are an empty array', async () => {
    const none = stage('json')
    expect(await printList(none.context, entries(0), LAYOUT)).toBe(0)
    expect(none.out()).toBe('[]\n')
  })

  it('a list that fails in its middle stays open, so that no program takes it for whole', async () => {
    const broken = stage('json')
    await expect(printList(broken.context, entries(3, 3), LAYOUT)).rejects.toThrow('second page')
    const text = broken.out()
    expect(text).toContain('AAMk2')
    expect(() => JSON.parse(text)).toThrow()
  })

  it('a list that fails before its first entry prints nothing', async () => {
    const broken = stage('json')
    await expect(printList(broken.context, entries(3, 1), LAYOUT)).rejects.toThrow('second page')
    expect(broken.out()).toBe('')
  })
})

describe('as CSV', () => {
  it('there is a heading even without entries, and cells are safe for spreadsheets', async () => {
    const none = stage('csv')
    await printList(none.context, entries(0), LAYOUT)
    expect(none.out()).toBe('id,name\r\n')
    const two = stage('csv')
    await printList(two.context, entries(2), LAYOUT)
    expect(two.out()).toBe("id,name\r\nAAMk1,'=1\r\nAAMk2,'=2\r\n")
  })
})

describe('as text', () => {
  it('more than one chunk of rows is one table', async () => {
    const long = stage('text')
    expect(await printList(long.context, entries(250), LAYOUT)).toBe(250)
    const lines = long.out().trimEnd().split('\n')
    expect(lines).toHaveLength(251)
    expect(lines[0]).toBe('NAME  ID')
    expect(lines.at(-1)).toBe('=250  AAMk250')
  })

  it('ids are left out where the terminal is too narrow, and that is said', async () => {
    const narrow = stage('text', { width: 10 })
    await printList(narrow.context, entries(2), LAYOUT)
    expect(narrow.out()).toBe('NAME\n=1\n=2\n')
    expect(narrow.err()).toBe('The ids do not fit.\n')
  })

  it('an empty list says so on stderr', async () => {
    const none = stage('text')
    await printList(none.context, entries(0), LAYOUT)
    expect([none.out(), none.err()]).toEqual(['', 'Nothing.\n'])
  })

  it('--ids are lines of ids', async () => {
    const two = stage('text')
    await printList(
      two.context,
      entries(2),
      idsOnly(LAYOUT, ({ id }) => id),
    )
    expect(two.out()).toBe('AAMk1\nAAMk2\n')
  })
})

it('nothing is fetched that the reader has no room for', async () => {
  const slow = stage('json', { highWaterMark: 64 })
  let fetched = 0
  async function* counted() {
    for await (const entry of entries(1000)) {
      fetched++
      yield entry
    }
  }
  const done = printList(slow.context, counted(), LAYOUT)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(fetched).toBeLessThan(20)
  // Whoever reads on gets the rest.
  let text = ''
  slow.stdout.on('data', (chunk) => {
    text += chunk
  })
  await done
  expect(JSON.parse(text)).toHaveLength(1000)
})
