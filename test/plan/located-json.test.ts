import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../../src/plan/located-json.ts'
import type { Tree } from '../../src/plan/located-tree.ts'
import { Problems } from '../../src/plan/problem.ts'

function read(text: string, beginning = { line: 1, column: 1 }) {
  const problems = new Problems()
  const tree = parseJson(text, 'x.json', beginning, problems)
  return { tree, problems: problems.list().map(({ at, message }) => `${at} ${message}`) }
}

function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plain)
  // As JSON.parse does it, also for __proto__.
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plain(value)]))
}

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5, stringUnit: 'binary' }), fc.constantFrom(0, 2), (text, indent) => {
      const value: unknown = JSON.parse(text)
      const { tree, problems } = read(JSON.stringify(value, null, indent))
      expect(problems).toEqual([])
      expect(plain(tree as Tree)).toEqual(value)
    }),
  )
})

test('refuses what JSON.parse refuses, with one reason, and nothing else', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b"',
    '1',
    '-0.5e3',
    '01',
    'tru',
    'null',
    '"',
    '\\',
    ' ',
    '\n',
    "'",
    '#',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      const { tree, problems } = read(text)
      expect(tree !== undefined).toBe(isJson)
      if (!isJson) expect(problems).toHaveLength(1)
    }),
    { numRuns: 5000 },
  )
})

test('says where everything stands, also behind line breaks, and where the text stands in its file', () => {
  const text = '{\n  "a": [1,\n   {"b": true}],\r\n"c":""}'
  const places = (tree: Tree | undefined): string[] => {
    if (!tree) return []
    const inner = tree.kind === 'map' ? [...tree.entries.values()] : tree.kind === 'list' ? tree.items : []
    return [tree.at, ...inner.flatMap(places)]
  }
  expect(places(read(text).tree)).toEqual([
    'x.json:1:1',
    'x.json:2:8',
    'x.json:2:9',
    'x.json:3:4',
    'x.json:3:10',
    'x.json:4:5',
  ])
  const moved = read('{"a":\n1}', { line: 7, column: 11 }).tree
  expect(moved?.kind === 'map' && [moved.at, moved.keys.get('a'), moved.entries.get('a')?.at]).toEqual([
    'x.json:7:11',
    'x.json:7:12',
    'x.json:8:1',
  ])
})

test.each([
  ['{"a":1,"a":2}', 'x.json:1:8 "a" stands here twice.'],
  ['{"a" 1}', 'x.json:1:6 Here a colon should stand, behind the name of a field.'],
  ['{"a":1 "b":2}', 'x.json:1:8 Here a comma or } should stand.'],
  ['[1,]', 'x.json:1:4 Here a value should stand.'],
  ['{"a":1,}', 'x.json:1:8 Here a field should stand, its name in double quotes.'],
  ["{'a':1}", 'x.json:1:2 Here a field should stand, its name in double quotes.'],
  ['{"a":yes}', 'x.json:1:6 "yes" is no value of JSON; texts stand in double quotes.'],
  ['["a\n"]', 'x.json:1:2 This text is not closed on its line.'],
  ['["C:\\temp\\x"]', 'x.json:1:2 This text holds a backslash that begins nothing; write \\\\ for one.'],
  ['{"a":', 'x.json:1:6 The JSON ends here, in the middle.'],
  ['{} {}', 'x.json:1:4 Behind the end of the JSON there is more.'],
  ['['.repeat(10_000), 'x.json:1:14 This is nested too deeply.'],
])('%j', (text, problem) => {
  expect(read(text).problems).toEqual([problem])
})

test('a long text on one line is searched once for its lines', () => {
  const { tree, problems } = read(`[${'1,'.repeat(800_000)}x]`)
  expect(tree).toBeUndefined()
  expect(problems).toEqual(['x.json:1:1600002 "x" is no value of JSON; texts stand in double quotes.'])
})
