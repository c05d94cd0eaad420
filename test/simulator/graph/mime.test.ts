import { describe, expect, test } from 'vitest'
import { GraphError } from '../../../src/simulator/graph/errors.ts'
import { readMime, readMimeBody } from '../../../src/simulator/graph/mime.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const read = (text: string | Buffer) =>
  readMime(typeof text === 'string' ? Buffer.from(text.replaceAll('\n', '\r\n')) : text, NOW)

describe('headers', () => {
  test('addresses: names quoted or encoded, comments, groups, bare addresses', () => {
    const { to } = read(
      'To: "Vance, Adele (\\"A\\")" <AdeleV@contoso.com>, =?utf-8?Q?J=C3=BCrgen_?=\n =?utf-8?B?TcO8bGxlcg==?= <jm@contoso.com>,\n bare@contoso.com (a comment, with a comma), Team: a@contoso.com, b@contoso.com;\n\n',
    )
    expect(to).toEqual([
      { name: 'Vance, Adele ("A")', address: 'AdeleV@contoso.com' },
      { name: 'Jürgen Müller', address: 'jm@contoso.com' },
      { name: '', address: 'bare@contoso.com' },
      { name: '', address: 'a@contoso.com' },
      { name: '', address: 'b@contoso.com' },
    ])
  })

  test('every list of recipients, and who it is from', () => {
    const fields = read(
      'From: Adele <a@contoso.com>\nTo: t@contoso.com\nCc: c@contoso.com\nBcc: b@contoso.com\nReply-To: r@contoso.com\nSender: s@contoso.com\n\n',
    )
    expect(fields.from).toEqual({ name: 'Adele', address: 'a@contoso.com' })
    expect([fields.to, fields.cc, fields.bcc, fields.replyTo].map((list) => list?.[0]?.address)).toEqual([
      't@contoso.com',
      'c@contoso.com',
      'b@contoso.com',
      'r@contoso.com',
    ])
  })

  test('a folded subject, with words in two charsets and raw UTF-8', () => {
    expect(read('Subject: One\n  two =?iso-8859-1?q?caf=E9?= =?utf-8?q?_\u00fc?=\n\n').subject).toContain(
      'One two caf',
    )
    expect(read('Subject: =?iso-8859-1?q?caf=E9?=\n\n').subject).toBe('café')
    expect(read('Subject: Grüße\n\n').subject).toBe('Grüße')
    expect(read('Subject: =?nonsense?q?abc?=\n\n').subject).toBe('abc')
  })

  test('x- headers are kept, and importance, sensitivity and message id are read', () => {
    const fields = read(
      'X-Probe: 42\nReceived: from nowhere\nX-Priority: 1 (Highest)\nSensitivity: Company-Confidential\nMessage-ID: <id@contoso.com>\n\n',
    )
    expect(fields.headers).toEqual([
      { name: 'X-Probe', value: '42' },
      { name: 'X-Priority', value: '1 (Highest)' },
    ])
    expect(fields).toMatchObject({
      importance: 'high',
      sensitivity: 'confidential',
      internetMessageId: '<id@contoso.com>',
    })
  })
})

describe('bodies', () => {
  test('plain text in its charset and encoding', () => {
    const latin = Buffer.concat([
      Buffer.from('Content-Type: text/plain; charset=iso-8859-1\n\ncaf'),
      Buffer.from([0xe9]),
    ])
    expect(read(latin).body).toEqual({ contentType: 'text', content: 'café' })
    expect(
      read('Content-Transfer-Encoding: quoted-printable\n\na=3Db =C3=A9  \nlong=\nline\n').body?.content,
    ).toBe('a=b é\r\nlongline\r\n')
    expect(
      read('Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: base64\n\nPGI+w6k8L2I+\n')
        .body,
    ).toEqual({ contentType: 'html', content: '<b>é</b>' })
  })

  test('of two alternatives HTML is taken, attachments and inline pictures are kept', () => {
    const fields = read(`Subject: x
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/related; boundary=inner

--inner
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain

plain
--alt
Content-Type: text/html

<img src="cid:pic">
--alt--
--inner
Content-Type: image/png
Content-Id: <pic>
Content-Transfer-Encoding: base64

iVBORw==
--inner--
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename*0*=utf-8''na%C3%AFve; filename*1=" plan.pdf"

%PDF
--outer--
epilogue
`)
    expect(fields.body).toEqual({ contentType: 'html', content: '<img src="cid:pic">' })
    expect(
      fields.attachments?.map(({ name, contentType, isInline, contentId }) => [
        name,
        contentType,
        isInline,
        contentId,
      ]),
    ).toEqual([
      ['', 'image/png', true, 'pic'],
      ['naïve plan.pdf', 'application/pdf', false, undefined],
    ])
    expect(fields.attachments?.[1]?.content.toString()).toBe('%PDF')
  })

  test('a delimiter that only begins like the boundary, and a missing end, are survived', () => {
    const fields = read(
      'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\none\n--bb\ntwo\n',
    )
    expect(fields.body?.content).toBe('one\r\n--bb\r\ntwo\r\n')
  })

  test('text without any header is a body', () => {
    expect(read('just words\nand more').body?.content).toBe('just words\r\nand more')
    expect(read('').subject).toBe('')
  })
})

describe('hostile content', () => {
  const quick = (text: string, check: () => void) => {
    const started = performance.now()
    check()
    expect(performance.now() - started, `${text} took too long`).toBeLessThan(2000)
  }
  const refused = (text: string) => () => expect(() => read(text)).toThrow(GraphError)

  test('nesting, parts and headers without end are refused', () => {
    let nested = ''
    for (let level = 0; level < 50; level++)
      nested += `Content-Type: multipart/mixed; boundary=b${level}\n\n--b${level}\n`
    quick('nesting', refused(nested))
    quick('parts', refused(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\n'.repeat(1000)}`))
    quick('headers', refused('X-A: b\n'.repeat(10_000)))
  })

  test.each<[string, string]>([
    ['open comments', `To: ${'('.repeat(1_000_000)}\n\n`],
    ['open quotes', `To: ${'"'.repeat(1_000_001)}\n\n`],
    ['open angles', `To: ${'<'.repeat(1_000_000)}\n\n`],
    ['open words', `Subject: ${'=?utf-8?q?'.repeat(100_000)}\n\n`],
    ['white space', `Content-Transfer-Encoding: quoted-printable\n\n${' '.repeat(2_000_000)}x`],
    ['parameters', `Content-Type: text/plain; ${'a*1*=x; '.repeat(100_000)}\n\n`],
    ['delimiters', `Content-Type: multipart/mixed; boundary=b\n\n${'--bx\n'.repeat(300_000)}`],
    ['a percent sign', "Content-Disposition: attachment; filename*=utf-8''%E0%A4%\n\n"],
  ])('%s take little time', (name, text) => {
    quick(name, () => read(text))
  })
})

describe('the body of a request', () => {
  test('is base64 with or without line breaks', () => {
    const base64 = Buffer.from('Subject: Hello\r\n\r\nx').toString('base64')
    expect(readMimeBody(Buffer.from(base64), NOW).subject).toBe('Hello')
    expect(readMimeBody(Buffer.from(base64.replace(/(.{10})/g, '$1\r\n')), NOW).subject).toBe('Hello')
  })

  test.each(['', 'Subject: x', 'abc', '====', 'YWJj*'])('%j is not', (text) => {
    expect(() => readMimeBody(Buffer.from(text), NOW)).toThrow('Invalid base64 string for MIME content.')
  })
})
