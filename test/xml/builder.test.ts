import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { buildXml } from '../../src/xml/builder.ts'
import { parseXml } from '../../src/xml/element.ts'
import { NAMESPACES } from '../../src/xml/namespaces.ts'

test('every namespace of an envelope begins with http:, as the schemas have it', () => {
  const xml = buildXml('s:Envelope', (envelope) => envelope.element('s:Body'))
  expect(parseXml(xml).namespace).toBe(NAMESPACES.soap)
  expect(xml).not.toContain('https:')
  expect(xml.startsWith('<?xml version="1.0" encoding="utf-8"?>')).toBe(true)
})

test('undefined text and undefined attributes are left out', () => {
  const xml = buildXml('s:Envelope', (envelope) => {
    envelope.text('t:A', undefined)
    envelope.element('t:B', undefined, { Id: 'x', ChangeKey: undefined })
  })
  const [only] = parseXml(xml).children
  expect(only?.name).toBe('B')
  expect(only?.attributes).toEqual({ Id: 'x' })
})

test('any text that XML can carry comes back unchanged, in elements and in attributes', () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !/[\p{Cc}\p{Surrogate}\ufffe\uffff]/u.test(value))
  fc.assert(
    fc.property(text, (value) => {
      const xml = buildXml('s:Envelope', (envelope) => {
        envelope.text('t:A', `.${value}.`)
        envelope.element('t:B', undefined, { Id: value })
      })
      const root = parseXml(xml)
      expect(root.children[0]?.text).toBe(`.${value}.`)
      expect(root.children[1]?.attributes.Id).toBe(value)
    }),
  )
})

test.each(['&amp;', '&#65;', 'a&lt;b', '&', 'R&D; R&D', 'line\r\nbreak', ']]>', '<![CDATA[x]]>'])(
  'the text %j is written as text, not as what it looks like',
  (value) => {
    const xml = buildXml('s:Envelope', (envelope) => {
      envelope.text('t:A', value)
      envelope.element('t:B', undefined, { Id: value })
    })
    const [a, b] = parseXml(xml).children
    expect(a?.text).toBe(value)
    expect(b?.attributes.Id).toBe(value)
  },
)

test('a control character is refused before anything is sent, not dropped', () => {
  expect(() => buildXml('s:Envelope', (envelope) => envelope.text('t:A', 'a\u0001b'))).toThrow(
    InvalidInputError,
  )
  expect(() =>
    buildXml('s:Envelope', (envelope) => envelope.element('t:A', undefined, { Id: '\ud800' })),
  ).toThrow(InvalidInputError)
})
