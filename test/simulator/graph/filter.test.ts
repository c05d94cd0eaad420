import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GraphError } from '../../../src/simulator/graph/errors.ts'
import { parseFilter } from '../../../src/simulator/graph/filter.ts'
import { readMime } from '../../../src/simulator/graph/mime.ts'
import { plainText } from '../../../src/simulator/store/html-text.ts'

const NAMES = ['subject', 'isRead', 'from', 'toRecipients', 'receivedDateTime', 'size']
const MESSAGE = {
  subject: "It's here",
  isRead: false,
  size: 10,
  receivedDateTime: '2026-11-21T12:00:00Z',
  from: { emailAddress: { address: 'a@contoso.com' } },
  toRecipients: [{ emailAddress: { address: 'b@contoso.com' } }],
}

test.each([
  ["subject eq 'it''s HERE'", true],
  ['not isRead', true],
  ['isRead eq false and size gt 9 and size le 10', true],
  ['size lt -3.5', false],
  ["subject eq 'x' or (isRead eq false and not contains(subject,'there'))", true],
  ["endswith(from/emailAddress/address,'@contoso.com')", true],
  ["toRecipients/any(r: r/emailAddress/address eq 'c@contoso.com')", false],
  ["toRecipients/any(r:startswith(r/emailAddress/address,'b'))", true],
  ['receivedDateTime eq 2026-11-21T13:00:00+01:00', true],
  ['from/missing eq null', true],
  ["size eq 'ten'", false],
  ['NOT (ISREAD EQ TRUE)', true],
])('%s is %s', (text, expected) => {
  expect(parseFilter(text, NAMES)(MESSAGE)).toBe(expected)
})

test.each([
  '',
  'and',
  'subject',
  "subject eq 'x' and",
  "subject like 'x'",
  "(subject eq 'x'",
  "subject eq 'x')",
  'subject eq subject',
  "toRecipients/any(a:toRecipients/any(b:b eq 'x'))",
  'contains(subject)',
  `${'not '.repeat(3000)}isRead`,
])('%j is refused or harmless', (text) => {
  try {
    expect(typeof parseFilter(text, NAMES)(MESSAGE)).toBe('boolean')
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError)
  }
})

const noise = (words: readonly string[]) =>
  fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 6 })), { maxLength: 40 })

test('whatever a filter is made of, it gives a filter or a GraphError', () => {
  const words = [
    "'",
    "''",
    '(',
    ')',
    '/',
    ',',
    ':',
    'any(',
    ...NAMES,
    ' eq ',
    ' and ',
    ' or ',
    ' not ',
    '1',
    'null',
  ]
  fc.assert(
    fc.property(noise(words), (parts) => {
      try {
        expect(typeof parseFilter(parts.join(''), NAMES)(MESSAGE)).toBe('boolean')
      } catch (error) {
        if (!(error instanceof GraphError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})

test('whatever a MIME message is made of, it is read or refused with a GraphError', () => {
  const words = [
    ...[
      '\r\n',
      '\n',
      '--b',
      '--b--',
      'To: ',
      'Subject: ',
      'Content-Type: multipart/mixed; boundary=b',
      '=?utf-8?q?',
      '?=',
    ],
    ...[
      'Content-Type: text/html; charset=',
      'Content-Disposition: attachment; filename*0*=',
      "utf-8''%E4",
      '=',
      '"',
      '<',
      '>',
      '(',
      ';',
    ],
    ...[
      'Content-Transfer-Encoding: base64',
      'Content-Transfer-Encoding: quoted-printable',
      '\u00e9',
      '\u0001',
    ],
  ]
  fc.assert(
    fc.property(noise(words), (parts) => {
      try {
        const fields = readMime(Buffer.from(parts.join('')), new Date(0))
        expect(typeof fields.subject).toBe('string')
      } catch (error) {
        if (!(error instanceof GraphError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['<p>One</p><p>Two<br>Three</p>', 'One\nTwo\nThree'],
  ['<head><title>x</title></head>a &lt;b&gt; &#233; &unknown;', 'a <b> é &unknown;'],
  ['<script>if (a < b) alert("x")</script>after', 'after'],
  ['a < b', 'a < b'],
  ['<style>never closed', 'never closed'],
])('the text of %j', (content, text) => {
  expect(plainText({ contentType: 'html', content })).toBe(text)
})

test.each(['<script>', '<', '<p>', '&', '<style', ' '])('a body of many %j takes little time', (piece) => {
  const started = performance.now()
  plainText({ contentType: 'html', content: piece.repeat(500_000) })
  expect(performance.now() - started).toBeLessThan(2000)
})
