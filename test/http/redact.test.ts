import { expect, test } from 'vitest'
import { formatRequest, redactText } from '../../src/http/redact.ts'

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
    headers: { Authorization: 'Basic eA==', Cookie: 'a=b', 'X-Other': 'kept' },
    timeoutMs: 1,
    maxResponseBytes: 1,
  })
  expect(text).toContain('Authorization: [redacted]')
  expect(text).toContain('Cookie: [redacted]')
  expect(text).toContain('X-Other: kept')
})
