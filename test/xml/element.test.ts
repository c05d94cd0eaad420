import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, test, vi } from 'vitest'
import { XmlError } from '../../src/errors.ts'
import { childBoolean, childText, findChildren, parseXml, requireChild } from '../../src/xml/element.ts'

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof XmlError) return error.code
    throw error
  }
  return 'no error'
}

describe('parseXml', () => {
  test('keeps the order of elements of different names', () => {
    const root = parseXml('<a><b/><c/><b/></a>')
    expect(root.children.map((child) => child.name)).toEqual(['b', 'c', 'b'])
  })

  test('resolves prefixes to namespaces, also the default one and one declared on an inner element', () => {
    const root = parseXml(
      '<x:a xmlns:x="urn:x" xmlns="urn:d"><b><y:c xmlns:y="urn:y"/></b><x:d xmlns:x="urn:other"/></x:a>',
    )
    expect(root.namespace).toBe('urn:x')
    const [b, d] = root.children
    expect(b?.namespace).toBe('urn:d')
    expect(b?.children[0]?.namespace).toBe('urn:y')
    expect(d?.namespace).toBe('urn:other')
  })

  test('leaves attributes without their prefix and without namespace declarations', () => {
    expect(parseXml('<a xmlns:x="urn:x" x:lang="en" Id="1&amp;2"/>').attributes).toEqual({
      lang: 'en',
      Id: '1&2',
    })
  })

  test('resolves the five predefined entities and numeric references, and keeps CDATA as it is', () => {
    expect(parseXml('<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x4E2D;&#x1F600;<![CDATA[&amp;<b>]]></a>').text).toBe(
      `<>&"'A中😀&amp;<b>`,
    )
  })

  test('reads a reference to a character XML forbids as the replacement character', () => {
    expect(parseXml('<a>x&#x1;y&#xD800;&#x110000;</a>').text).toBe('x\uFFFDy\uFFFD\uFFFD')
  })

  test('does not turn text into numbers or trim it', () => {
    expect(parseXml('<a> 007 </a>').text).toBe(' 007 ')
  })

  test('names that are special to JavaScript never reach a prototype', () => {
    expect(codeOf(() => parseXml('<a __proto__="x"/>'))).toBe('ERR_INVALID_RESPONSE')
    expect(codeOf(() => parseXml('<constructor/>'))).toBe('ERR_INVALID_RESPONSE')
    expect(codeOf(() => parseXml('<a><__proto__>1</__proto__></a>'))).toBe('ERR_INVALID_RESPONSE')
    expect(({} as Record<string, unknown>)['1']).toBeUndefined()
    expect(Object.prototype.toString).toBeTypeOf('function')
  })

  test.each([
    ['an end tag of another name', '<a><b></c></a>'],
    ['a document that is cut off', '<a><b>text'],
    ['a tag that is cut off', '<a><b attr="'],
    ['two roots', '<a/><b/>'],
    ['nothing', ''],
    ['text alone', 'Service Unavailable'],
    ['an undeclared prefix', '<x:a/>'],
    ['an undefined entity', '<a>&nbsp;</a>'],
    ['a bare ampersand', '<a>R & D</a>'],
    ['an end tag too many', '<a/></b>'],
    ['an open comment', '<a><!-- </a>'],
  ])('refuses %s', (_, xml) => {
    expect(codeOf(() => parseXml(xml))).toBe('ERR_INVALID_RESPONSE')
  })

  test('refuses a document type declaration, and with it every entity bomb', () => {
    const bomb = `<!DOCTYPE lolz [<!ENTITY a "${'ha'.repeat(50)}">${'<!ENTITY b "&a;&a;&a;&a;">'.repeat(9)}]><a>&b;</a>`
    expect(codeOf(() => parseXml(bomb))).toBe('ERR_LIMIT_EXCEEDED')
    expect(codeOf(() => parseXml('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'))).toBe('ERR_LIMIT_EXCEEDED')
  })

  test('refuses a document nested deeper than the limit before building anything of it', () => {
    expect(codeOf(() => parseXml('<a>'.repeat(100_000)))).toBe('ERR_LIMIT_EXCEEDED')
    expect(codeOf(() => parseXml('<a><b><c/></b></a>', { maxDepth: 1 }))).toBe('ERR_LIMIT_EXCEEDED')
  })

  test.each([
    ['elements side by side', `<a>${'<a/>'.repeat(600_000)}</a>`],
    ['attributes of one element', `<a ${Array.from({ length: 600_000 }, (_, n) => `a${n}=""`).join(' ')}/>`],
    ['comments', `<a>${'<!---->'.repeat(600_000)}</a>`],
    ['numeric references', `<a>${'&#65;'.repeat(600_000)}</a>`],
  ])('refuses a document with too many %s, before they take memory', (_, xml) => {
    const before = process.memoryUsage().heapUsed
    expect(codeOf(() => parseXml(xml))).toBe('ERR_LIMIT_EXCEEDED')
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300 * 1024 * 1024)
  })

  test('reads a long text full of entities', () => {
    expect(parseXml(`<a>${'&lt;p&gt;&amp;amp;'.repeat(200_000)}</a>`).text).toBe('<p>&amp;'.repeat(200_000))
  })

  describe('a text of thousands of characters', () => {
    const long = (more: string) => `${'A'.repeat(3000)}${more}${'B'.repeat(3000)}`

    test('is read as a short one is: line ends, references, what stands around it', () => {
      const root = parseXml(`<a> x<b>${long('\r\n&lt;&#x20AC;\r')}</b>y<c k="v">${long('&amp;lt;')}</c></a>`)
      expect(root.text).toBe(' xy')
      expect(root.children.map(({ name, text }) => [name, text])).toEqual([
        ['b', long('\n<€\n')],
        ['c', long('&lt;')],
      ])
    })

    test('is one with the comments, CDATA sections and short texts between its parts', () => {
      const parts = `${long('')}<!-- ${long('no')} -->short<![CDATA[${long('&amp;')}]]>${long('')}`
      expect(parseXml(`<a>${parts}</a>`).text).toBe(`${long('')}short${long('&amp;')}${long('')}`)
    })

    test('is not put where a text, a reference or a CDATA section looks like its place', () => {
      const fake = '&#xE000;0&#xE000;'
      const read = (xml: string) => parseXml(`<r>${xml}<long>${long('')}</long></r>`).children
      expect(read(`<a>${fake}</a><b k="${fake}"/>`)[0]?.text).toBe('\ue0000\ue000')
      expect(read(`<a>${fake}</a><b k="${fake}"/>`)[1]?.attributes.k).toBe('\ue0000\ue000')
      for (const [index, inside] of ['\ue0000\ue000', '<![CDATA[\ue0000\ue000]]>'].entries()) {
        const [a, last] = read(`<a>${inside}</a>`)
        expect([index, a?.text, last?.text]).toEqual([index, '\ue0000\ue000', long('')])
      }
    })

    test('is nothing that fast-xml-parser puts together of its characters', () => {
      const parse = vi.spyOn(XMLParser.prototype, 'parse')
      const { text } = parseXml(`<new>${'QUJD'.repeat(2_000_000)}</new>`)
      expect(text).toHaveLength(8_000_000)
      expect(parse.mock.calls[0]?.[0]).toHaveLength('<new>_</new>'.length)
      parse.mockRestore()
    })

    test('with an unknown reference is refused', () => {
      expect(codeOf(() => parseXml(`<a>${long('&nbsp;')}</a>`))).toBe('ERR_INVALID_RESPONSE')
    })
  })

  describe('a document whose markup was read before', () => {
    const item = (id: string, text: string) => `<m:a xmlns:m="urn:m" Id="${id}"><m:b>${text}</m:b></m:a>`

    test('is not parsed again, and has its own values', () => {
      const parse = vi.spyOn(XMLParser.prototype, 'parse')
      for (const [id, text] of [
        ['1', 'one'],
        ['2&#x20AC;', '&lt;two&gt;'],
        ['\u0001', ''.padEnd(3)],
      ] as const) {
        const { attributes, children } = parseXml(item(id, text))
        const read = (value: string) =>
          value.replace('&#x20AC;', '€').replace('&lt;', '<').replace('&gt;', '>')
        expect([attributes.Id, children[0]?.text]).toEqual([read(id), read(text)])
      }
      expect(parse).toHaveBeenCalledTimes(1)
      parse.mockRestore()
    })

    test('keeps nothing of a caller who changes what was answered', () => {
      const first = parseXml(item('x', 'y')) as unknown as {
        children: unknown[]
        attributes: Record<string, string>
      }
      first.children.length = 0
      first.attributes.Id = 'z'
      expect(parseXml(item('x', 'y'))).toMatchObject({ attributes: { Id: 'x' }, children: [{ text: 'y' }] })
    })

    test('means something else where it declares another namespace', () => {
      expect(parseXml(item('1', '2')).namespace).toBe('urn:m')
      expect(parseXml(item('1', '2').replace('urn:m', 'urn:n')).namespace).toBe('urn:n')
    })

    test('is refused by whoever allows less depth or fewer nodes', () => {
      parseXml(item('1', '2'))
      expect(codeOf(() => parseXml(item('1', '2'), { maxDepth: 1 }))).toBe('ERR_LIMIT_EXCEEDED')
      expect(codeOf(() => parseXml(item('1', '2'), { maxNodes: 3 }))).toBe('ERR_LIMIT_EXCEEDED')
    })

    test('is refused for an unknown reference', () => {
      parseXml(item('1', '2'))
      expect(codeOf(() => parseXml(item('1', '&nbsp;')))).toBe('ERR_INVALID_RESPONSE')
    })
  })

  test.each([
    ['two attributes of one name', '<a b="1" b="2"/>'],
    ['an attribute whose name is a number', '<a x="1" 2="3"/>'],
    ['a character between the tags that no document holds', '<a \u0001="1"/>'],
    ['that character in the name of a namespace', '<a xmlns="\u0001"/>'],
    ['a quote that is not closed', '<a b="1/>'],
    ['a quote in a name', '<a"b c"><d/></a>'],
  ])('refuses %s', (_, xml) => {
    expect(codeOf(() => parseXml(xml))).toBe('ERR_INVALID_RESPONSE')
    expect(codeOf(() => parseXml(xml))).toBe('ERR_INVALID_RESPONSE')
  })

  test('a namespace may have a > in its name', () => {
    const { namespace, children } = parseXml(`<a xmlns="u>r'n/"><b xmlns='x"/>'/></a>`)
    expect([namespace, children[0]?.namespace]).toEqual(["u>r'n/", 'x"/>'])
  })

  test('what stands around the root is left out', () => {
    const root = parseXml('\ufeff <?xml version="1.0"?>\n<!-- a -->\n<a>1<?pi x="2"?>2</a>\n<!-- b -->\n')
    expect(root).toMatchObject({ name: 'a', text: '12' })
  })

  test('any tree is read as it was written, the first time and the next', () => {
    const name = fc.constantFrom('a', 'b', 'Folder', 'x-1')
    const value = fc.string({
      unit: fc.constantFrom('x', ' ', '&', '<', '>', '"', "'", '\n', '€', ']]>', '7'),
    })
    interface Written {
      readonly name: string
      readonly attributes: Readonly<Record<string, string>>
      readonly children: readonly Written[]
      readonly text: string
    }
    const element = (depth: number): fc.Arbitrary<Written> =>
      fc.record({
        name,
        attributes: fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
        children: depth === 0 ? fc.constant([]) : fc.array(element(depth - 1), { maxLength: 3 }),
        text: value,
      })
    const escaped = (text: string) =>
      text.replace(/[&<>"'\n]/g, (character) => `&#${character.charCodeAt(0)};`)
    const written = ({ name, attributes, children, text }: Written): string => {
      const pairs = Object.entries(attributes).map(([key, value]) => ` t:${key} = '${escaped(value)}'`)
      return `<t:${name}${pairs.join('')}>${escaped(text)}${children.map(written).join('<!-- > -->')}</t:${name}>`
    }
    const expected = ({ name, attributes, children, text }: Written): object => ({
      name,
      namespace: 'urn:t',
      attributes,
      children: children.map(expected),
      text: children.length > 0 && text.trim() === '' ? '' : text,
    })
    fc.assert(
      fc.property(element(3), (one) => {
        const xml = `<r xmlns:t="urn:t">${written(one)}</r>`
        expect(parseXml(xml).children).toEqual([expected(one)])
        expect(parseXml(xml).children).toEqual([expected(one)])
      }),
    )
  })

  test('a reference that makes another one is read once', () => {
    expect(parseXml('<a>&#38;lt; &amp;#38; &#38;amp;</a>').text).toBe('&lt; &#38; &amp;')
  })

  test('refuses a document longer than the limit', () => {
    expect(codeOf(() => parseXml(`<a>${'x'.repeat(100)}</a>`, { maxLength: 50 }))).toBe('ERR_LIMIT_EXCEEDED')
  })

  test('never throws anything but XmlError, whatever the text', () => {
    const fragment = fc.constantFrom(
      '<a>',
      '</a>',
      '<b/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&amp;',
      '&',
      '<?x?>',
      '"',
      '<a x="1">',
      'text',
      ' ',
      '<',
      '>',
      'xmlns:p="u"',
      '<p:a>',
    )
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
        expect(['no error', 'ERR_INVALID_RESPONSE', 'ERR_LIMIT_EXCEEDED']).toContain(
          codeOf(() => parseXml(fragments.join(''))),
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('reading children', () => {
  const root = parseXml('<a xmlns="urn:a"><n> x </n><yes>1</yes><no>false</no><odd>ja</odd><n>y</n></a>')

  test('childText trims, and tells absent from empty', () => {
    expect(childText(root, 'n')).toBe('x')
    expect(childText(root, 'missing')).toBeUndefined()
    expect(childText(parseXml('<a><n/></a>'), 'n')).toBe('')
  })

  test('childBoolean takes all four spellings of xs:boolean and nothing else', () => {
    expect(childBoolean(root, 'yes')).toBe(true)
    expect(childBoolean(root, 'no')).toBe(false)
    expect(childBoolean(root, 'missing')).toBeUndefined()
    expect(codeOf(() => childBoolean(root, 'odd'))).toBe('ERR_INVALID_RESPONSE')
  })

  test('a namespace that is asked for has to match', () => {
    expect(findChildren(root, 'n', 'urn:a')).toHaveLength(2)
    expect(findChildren(root, 'n', 'urn:b')).toHaveLength(0)
    expect(codeOf(() => requireChild(root, 'n', 'urn:b'))).toBe('ERR_INVALID_RESPONSE')
  })
})
