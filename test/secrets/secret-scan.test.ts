import { describe, expect, test } from 'vitest'
import { formsOf } from './forms.ts'
import { expectNoLeaks, SecretScan } from './secret-scan.ts'
import { literalSecrets } from './source-literals.ts'

const SECRET = 'Pa55 & <w0rd>/"ü"'
const base64 = (text: string, encoding: BufferEncoding = 'utf8') =>
  Buffer.from(text, encoding).toString('base64')

function leaksOf(text: string, secret = SECRET) {
  const scan = new SecretScan()
  scan.register(secret, 'a secret')
  scan.capture('somewhere', text)
  return scan.look()
}

describe('a secret is found', () => {
  test.each([
    ['as it is', `x${SECRET}x`],
    ['in JSON', JSON.stringify({ a: SECRET })],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
    ['in JSON of ASCII letters alone', JSON.stringify(SECRET).replaceAll('ü', '\\u00fc')],
    ['in XML', '<a>Pa55 &amp; &lt;w0rd&gt;/"ü"</a>'],
    ['in an XML attribute', '<a b="Pa55 &amp; &lt;w0rd&gt;/&quot;ü&quot;"/>'],
    ['in an address', `https://x.example/?a=${encodeURIComponent(SECRET)}`],
    [
      'in an address with small letters',
      encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ['in a form', `a=1&${new URLSearchParams({ b: SECRET })}&c=2`],
    ['in base64', base64(SECRET)],
    ['behind a name of one letter in base64', base64(`a${SECRET}`)],
    ['between others in base64', base64(`ab${SECRET}cd`)],
    ['behind a user in base64', base64(`allan:${SECRET}`)],
    ['in base64url', Buffer.from(`?>${SECRET}`).toString('base64url')],
    ['in base64 of UTF-16', base64(`x${SECRET}y`, 'utf16le')],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
    ['in large hexadecimal', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['as NT hash', 'e19ccf75ee54e06b06a5907af13cef42'],
  ])('%s', (_, text) => {
    expect(leaksOf(text, _ === 'as NT hash' ? 'P@ssw0rd' : SECRET)).toHaveLength(1)
  })

  test('and it is told what it is, in which form, and what it came out of', () => {
    expect(leaksOf(`{"password":${JSON.stringify(SECRET)}}`)).toEqual([
      {
        what: 'a secret',
        form: 'in JSON',
        where: 'somewhere',
        excerpt: `{"password":${JSON.stringify(SECRET)}}`,
      },
    ])
  })
})

describe('what is no secret', () => {
  test('is not found', () => {
    expect(leaksOf('Pa55 and words, w0rd/ü')).toEqual([])
    expect(leaksOf(base64('something else that is long enough'))).toEqual([])
  })

  test('is what is shorter than six letters, which stand in other words by chance', () => {
    expect(leaksOf('there is an app', 'app')).toEqual([])
    for (const { text } of formsOf('abcdef')) expect(text.length).toBeGreaterThanOrEqual(6)
  })

  test('is what a test shows on purpose, until it is over', () => {
    const scan = new SecretScan()
    scan.register(SECRET, 'a secret')
    scan.allow(SECRET)
    scan.capture('somewhere', SECRET)
    expect(scan.look()).toEqual([])
    scan.capture('somewhere', SECRET)
    expect(scan.look()).toHaveLength(1)
  })
})

test('what came out before it was known to be secret is found all the same', () => {
  const scan = new SecretScan()
  scan.capture('early', SECRET)
  scan.register(SECRET, 'a secret')
  expect(() => expectNoLeaks(scan)).toThrow(
    /A secret came out of the program:\n {2}early: a secret, as it is/,
  )
  expect(() => expectNoLeaks(scan)).not.toThrow()
})

test('the secrets that a test spells out are known by the name they stand under', () => {
  const source = `
    basic({ user: 'allan', password: 'geheimnis' })
    const clientSecret = "it's quoted"
    vi.stubEnv('X', 'y'); env = { EWS_PASSWORD: 'p\\'q', 'passphrase': 'sesame' }
    bearer('opaque'); const token = other; secret: 'secret'
  `
  expect(literalSecrets(source)).toEqual(['geheimnis', "it's quoted", "p'q", 'sesame', 'opaque'])
})
