import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type InputEntry, readJsonValues } from '../../src/cli/json-values.ts'

/** Standard input that comes in pieces of some length. */
async function* pieces(text: string, length = text.length || 1): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function read(text: string, length?: number): Promise<InputEntry[]> {
  const entries: InputEntry[] = []
  for await (const entry of readJsonValues(pieces(text, length))) entries.push(entry)
  return entries
}

const values = (entries: readonly InputEntry[]) =>
  entries.flatMap((entry) => (entry.kind === 'value' ? [entry.value] : []))

describe('readJsonValues', () => {
  it('reads an array member by member, pretty or not', async () => {
    for (const text of ['[{"id":"A"},{"id":"B"}]', '[\n  {\n "id": "A" },\n  {"id": "B"}\n]\n']) {
      expect(values(await read(text))).toEqual([{ id: 'A' }, { id: 'B' }])
    }
  })

  it('reads values one after the other, as JSON lines and jq have them', async () => {
    expect(values(await read('{"id":"A"}\n{"id":"B"}\n'))).toEqual([{ id: 'A' }, { id: 'B' }])
    expect(values(await read('"A"\n"B"\n'))).toEqual(['A', 'B'])
    expect(values(await read('["A", "B"]'))).toEqual(['A', 'B'])
  })

  it('tells an array without members from nothing at all', async () => {
    expect(await read('[]\n')).toEqual([{ kind: 'list' }])
    expect(await read(' \n')).toEqual([])
  })

  it('takes anything else for lines, with their numbers', async () => {
    expect(await read('\ufeffAAMk=\r\n\n AAMl= ')).toEqual([
      { kind: 'line', text: 'AAMk=', number: 1 },
      { kind: 'line', text: 'AAMl=', number: 3 },
    ])
  })

  it.each(['[{"id":"A"},', '[{"id":"A"}', '[', '[{"id":"A', '{"id":'])('%s breaks off', async (text) => {
    await expect(read(text)).rejects.toThrow('breaks off')
  })

  it.each(['[1]', '[{"id":"A"} x]', '[[{"id":"A"}]]'])('%s is refused', async (text) => {
    await expect(read(text)).rejects.toThrow('where an item should stand')
  })

  it('refuses what is between braces and no JSON', async () => {
    await expect(read('[{id}]')).rejects.toThrow('Entry 1 of standard input is not JSON')
  })

  it('reads any list of objects, in pieces of any length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(undefined, 2),
        async (list, length, indent) => {
          const clean = JSON.parse(JSON.stringify(list))
          expect(values(await read(JSON.stringify(clean, undefined, indent), length))).toEqual(clean)
        },
      ),
      { numRuns: 200 },
    )
  })
})
