import { expect, test } from 'vitest'
import { formatRequest, formatResponse, redactText, secretsOf } from '../../src/http/redact.ts'
import { neverHangs } from '../helpers/never-hangs.ts'

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGVsZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ'

test.each([
  ['a bearer token', `Authorization: Bearer ${JWT}`, JWT],
  ['an opaque bearer token', 'authorization: bearer opaque-token-0123456789', 'opaque-token'],
  ['Basic credentials', 'Basic YWRtaW46UGE1NS13MHJk', 'YWRtaW46'],
  ['an NTLM message', 'NTLM TlRMTVNTUAADAAAAGAAYAA==', 'TlRMTVNT'],
  ['a token anywhere', `error near ${JWT} in line 1`, JWT],
  ['a form', 'grant_type=password&username=a%40b.c&password=s3cr3t%21&scope=x', 's3cr3t'],
  ['a client secret', 'client_secret=abc~123&x=1', 'abc~123'],
  ['JSON', '{"access_token":"opaque\\"quoted","token_type":"Bearer"}', 'opaque'],
  [
    'an encrypted token',
    'eyJhbGciOiJSU0Et.QR1Owv2ug2WyPBnb.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT',
    'XFBo',
  ],
  ['an NTLM message without its scheme', 'challenge TlRMTVNTUAACAAAADAAMADgAAAA=', 'ADgAAAA'],
  ['a device code', 'grant_type=device_code&device_code=DAQABAAEAAAD--sec', 'DAQABAAE'],
  ['a client assertion', 'client_assertion=abc.def&x=1', 'abc.def'],
  ['a password in XML', '<t:Password Type="x">hunter2</t:Password>', 'hunter2'],
  ['a password in an attribute', '<login password = "hunter2" />', 'hunter2'],
  ['a cookie line', 'x: y\nSet-Cookie: exchangecookie=3f9c\nz', '3f9c'],
  ['a private key', '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----', 'MHcC'],
  ['a signed link', 'https://blob.example/x?sv=1&sig=AbC%3D&se=2', 'AbC'],
  ['an address with credentials', 'https://admin:hunter2@mail.contoso.com/', 'hunter2'],
])('%s is taken out', (_, text, secret) => {
  const redacted = redactText(text)
  expect(redacted).not.toContain(secret)
  expect(redacted).toContain('[redacted]')
})

test('what is no secret stays', () => {
  const xml =
    '<t:PrimarySmtpAddress>adele@contoso.com</t:PrimarySmtpAddress><m:ResponseCode>NoError</m:ResponseCode>'
  expect(redactText(xml)).toBe(xml)
})

test('headers that carry secrets keep their name only, whatever their case', () => {
  const text = formatRequest({
    url: 'https://mail.contoso.com/',
    method: 'POST',
    headers: {
      Authorization: 'Basic eA==',
      Cookie: 'a=b',
      'X-BackEndCookie': 'a=b',
      'X-BackendOverrideCookie': 'a=b',
      'X-Other': 'kept',
    },
    timeoutMs: 1,
    maxResponseBytes: 1,
  })
  expect(text).toContain('Authorization: [redacted]')
  expect(text).toContain('Cookie: [redacted]')
  expect(text).toContain('X-BackEndCookie: [redacted]')
  expect(text).toContain('X-BackendOverrideCookie: [redacted]')
  expect(text).toContain('X-Other: kept')
})

test('what a request carried is known, and taken out of whatever comes back', () => {
  const password = 'Pa55 & <w0rd>'
  const request = {
    headers: {
      Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
      cookie: 'exchangecookie=3f9c77; b=1',
    },
  }
  const echo = [
    `you are admin with ${password}`,
    `or ${encodeURIComponent(password)} or Pa55 &amp; &lt;w0rd&gt;`,
    `or ${request.headers.Authorization.slice(6)}, and your cookie was 3f9c77.`,
  ].join('\n')
  const text = formatResponse(
    { status: 500, statusText: '', headers: { 'x-echo': echo }, body: echo },
    secretsOf(request),
  )
  for (const secret of ['Pa55', 'w0rd', '3f9c77', Buffer.from(`admin:${password}`).toString('base64')])
    expect(text).not.toContain(secret)
  expect(text).toContain('you are admin with [redacted]')
})

test.each([
  ['JSON', JSON.stringify],
  ['an attribute', (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ['HTML', (text: string) => text.replaceAll('&', '&#38;').replaceAll('"', '&#34;')],
  ['a form', (text: string) => new URLSearchParams({ text }).toString()],
  ['base64', (text: string) => Buffer.from(text).toString('base64')],
])('a password that comes back as %s writes it is taken out', (_, write) => {
  const password = 'S3cr3t pass"word&x'
  const authorization = `Basic ${Buffer.from(`u:${password}`).toString('base64')}`
  const shown = redactText(`bad: ${write(password)}.`, secretsOf({ headers: { authorization } }))
  expect(shown).toContain('[redacted]')
  expect(shown).not.toMatch(/S3cr3t|pass|word|UzNjcjN0/)
})

test('a secret of three letters is not hunted for, since the gaps would show where it is', () => {
  const credentials = Buffer.from('u:abc').toString('base64')
  expect(secretsOf({ headers: { authorization: `Basic ${credentials}` } })).not.toContain('abc')
})

test.each([
  'A',
  'eyJ',
  '-eyJabcdefgh',
  '.eyJabcdefgh',
  '-eyJabcdefgh.abcdefgh ',
  'a://',
  'a://a:b',
  'code=',
  'sig = ',
  '"sig":"',
  '\\"sig\\":',
  'Basic ',
  'cookie\n',
  '<password ',
  '-----BEGIN ',
])('a megabyte of %j is no work', (word) => {
  neverHangs(() => redactText(word.repeat(1e6 / word.length)))
})

test.each([
  ['a string in JSON that never ends', '{"password":"', 'a'],
  ['one of escapes', '{"password":"', '\\"'],
  ['an attribute that never ends', '<a sig="', 'a'],
  ['a word', '', 'a'],
  ['a token', 'Bearer eyJ', 'a.'],
])('%s is read to its end, however long it is', (_, start, rest) => {
  expect(() => redactText(start + rest.repeat(16e6 / rest.length))).not.toThrow()
})

test('a secret in JSON that was cut off is taken out too', () => {
  expect(redactText('{"access_token":"opaque-secret')).toBe('{"access_token":"[redacted]')
})

test('a token is taken out from where it begins, in the midst of a word too', () => {
  expect(redactText(`session-${JWT}, then more`)).toBe('session-[redacted], then more')
  expect(redactText('com.KeyJacksonModule.serializers.v1')).toBe('com.KeyJacksonModule.serializers.v1')
})
