import { expect, test } from 'vitest'
import { element, elementWith, optional, writeDocument } from '../../../src/simulator/ews/writer.ts'
import { parseXml } from '../../../src/xml/element.ts'

test('text and attributes come back as they were, whatever they hold', () => {
  const text = `a & b &amp; &#65; <c> "d" 'e' ]]> ü 😀\r\n\tz`
  const parsed = parseXml(writeDocument(elementWith('t:Name', { Value: text }, text)))
  expect(parsed.text).toBe(text)
  expect(parsed.attributes.Value).toBe(text)
})

test('characters that XML cannot hold do not break the document', () => {
  const parsed = parseXml(writeDocument(element('t:Name', 'a\u0000b\u0008c\uFFFFd')))
  expect(parsed.text).toBe('a\uFFFDb\uFFFDc\uFFFDd')
})

test('prefixes are declared with their namespaces, undefined content is left out, lists are joined', () => {
  const parsed = parseXml(
    writeDocument(
      element('m:A', undefined, [element('t:B', true), [element('t:C', 7)]], optional('t:D', undefined)),
    ),
  )
  expect(parsed.namespace).toBe('http://schemas.microsoft.com/exchange/services/2006/messages')
  expect(parsed.children.map((child) => [child.namespace.slice(-5), child.name, child.text])).toEqual([
    ['types', 'B', 'true'],
    ['types', 'C', '7'],
  ])
})
