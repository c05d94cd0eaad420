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
  const parsed = parseXml(writeDocument(element('t:Name', 'a\u0000b\u0008c\uFFFFd\uD800e\uDC00f😀')))
  expect(parsed.text).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf😀')
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

test('a prefix is declared once, on the outermost element that has it in its name or on an attribute', () => {
  const inner = () => elementWith('m:B', { 'xsi:type': 't:X' }, element('t:C'))
  expect(writeDocument(elementWith('m:A', { 'xmlns:t': 'urn:t' }, inner(), inner()))).toBe(
    '<?xml version="1.0" encoding="utf-8"?>' +
      '<m:A xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="urn:t">' +
      '<m:B xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="t:X"><t:C/></m:B>'.repeat(2) +
      '</m:A>',
  )
})

test('a name with a prefix nobody knows is a mistake of the simulator, not a document', () => {
  expect(() => writeDocument(element('x:A'))).toThrow('The prefix x has no namespace.')
})
