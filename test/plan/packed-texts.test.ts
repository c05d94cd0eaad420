import { expect, test } from 'vitest'
import { PackedTexts } from '../../src/plan/packed-texts.ts'

const MEGABYTE = 1024 * 1024

test('texts come back as they went in, in any order', () => {
  const texts = new PackedTexts()
  const given = ['', 'plain', 'Zoë 組織 😀', 'x'.repeat(1000)]
  const numbers = given.map((text) => texts.add(text))
  expect(numbers.toReversed().map((number) => texts.get(number))).toEqual(given.toReversed())
})

test('texts of all lengths around that of a block, and longer than one', () => {
  const texts = new PackedTexts()
  const lengths = [-9, -5, -4, -3, -1, 0, 1, 7].map((more) => MEGABYTE + more)
  const given = [...lengths, 10, 3 * MEGABYTE, 10, MEGABYTE / 2 - 4, MEGABYTE / 2 - 4, 10].map(
    (length, index) => String.fromCharCode(97 + index).repeat(length),
  )
  const numbers = given.map((text) => texts.add(text))
  expect(new Set(numbers).size).toBe(given.length)
  for (const [index, number] of numbers.entries()) expect(texts.get(number) === given[index]).toBe(true)
})
