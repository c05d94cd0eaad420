import { describe, expect, test } from 'vitest'
import * as d from '../ews-driver.ts'

const ews = d.useEws()
const T = 'http://schemas.microsoft.com/exchange/services/2006/types'
const M = 'http://schemas.microsoft.com/exchange/services/2006/messages'
const S = 'http://schemas.xmlsoap.org/soap/envelope/'

/** The request that shows that the server still answers. */
async function expectAlive(): Promise<void> {
  expect(d.codes(await ews.call(d.getFolder(d.distinguished('inbox'))))).toEqual(['NoError'])
}

describe('answers', () => {
  test('carry ServerVersionInfo with four numbers and a version', async () => {
    const answer = await ews.call(d.getFolder(d.distinguished('inbox')))
    expect(answer.text).toContain(
      `<s:Header><h:ServerVersionInfo xmlns:h="${T}" MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="61" Version="Exchange2016"/></s:Header>`,
    )
    expect(answer.headers.get('content-type')).toBe('text/xml; charset=utf-8')
    expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength(answer.text))
    expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('echo client-request-id when asked to', async () => {
    const call = (httpHeaders: Record<string, string>) =>
      ews.call(d.getFolder(d.distinguished('inbox')), { httpHeaders })
    const id = 'cbd4f1f2-6d0c-44c7-a0a6-1c5f3a0a5f10'
    const answer = await call({ 'client-request-id': id, 'return-client-request-id': 'true' })
    expect(answer.headers.get('client-request-id')).toBe(id)
    expect((await call({ 'client-request-id': id })).headers.get('client-request-id')).toBeNull()
  })
})

describe('prefixes', () => {
  test.each([
    [
      'default namespaces',
      `<Envelope xmlns="${S}"><Header><RequestServerVersion xmlns="${T}" Version="Exchange2013_SP1"/></Header><Body><GetFolder xmlns="${M}"><FolderShape><BaseShape xmlns="${T}">IdOnly</BaseShape></FolderShape><FolderIds><DistinguishedFolderId xmlns="${T}" Id="inbox"/></FolderIds></GetFolder></Body></Envelope>`,
    ],
    [
      'odd ones, a declaration in single quotes, comments and processing instructions',
      `<?xml version='1.0'?><!-- a > b --><soap:Envelope xmlns:soap="${S}" xmlns:a="${M}" xmlns:b='${T}'><soap:Body><?pi x?><a:GetFolder><a:FolderShape><b:BaseShape>IdOnly</b:BaseShape></a:FolderShape><!-- here --><a:FolderIds><b:DistinguishedFolderId Id='inbox'/></a:FolderIds></a:GetFolder></soap:Body></soap:Envelope>`,
    ],
  ])('%s mean the same', async (_what, document) => {
    expect(d.codes(await ews.post(document))).toEqual(['NoError'])
  })

  test('the right name in the wrong namespace is a violation', async () => {
    const answer = await ews.call(
      d
        .getFolder(d.distinguished('inbox'))
        .replace('<t:BaseShape>IdOnly</t:BaseShape>', '<m:BaseShape>IdOnly</m:BaseShape>'),
    )
    expect(d.faultCode(answer)).toBe('ErrorSchemaValidation')
  })

  test('an https: SOAP namespace is another namespace', async () => {
    const answer = await ews.post(
      d.envelope(d.getDelegate()).replaceAll('"http://schemas.xmlsoap', '"https://schemas.xmlsoap'),
    )
    expect(d.faultCode(answer)).toBe('ErrorSchemaValidation')
  })
})

test('UTF-16 is read, with a byte order mark', async () => {
  const text = Buffer.from(
    `\uFEFF${d.envelope(d.getFolder(d.distinguished('inbox'))).replace('utf-8', 'utf-16')}`,
    'utf16le',
  )
  expect(d.codes(await ews.post(text))).toEqual(['NoError'])
})

describe('faults', () => {
  test('have the shape of Exchange’s: code, text, detail, HTTP 500 and no version', async () => {
    const answer = await ews.call(d.getDelegate(), {
      header: '<t:RequestServerVersion Version="Exchange2099"/>',
    })
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('ServerVersionInfo')
    expect(answer.body.children.map((child) => [child.namespace, child.name])).toEqual([
      ['', 'faultcode'],
      ['', 'faultstring'],
      ['', 'detail'],
    ])
    expect(d.textAt(answer.body, 'faultcode')).toBe('a:ErrorInvalidServerVersion')
    expect(d.textAt(answer.body, 'faultstring')).toBe('The specified server version is invalid.')
    expect(d.textAt(answer.body, 'detail', 'Message')).toBe('The specified server version is invalid.')
    expect(d.faultCode(answer)).toBe('ErrorInvalidServerVersion')
  })

  test.each([
    'Exchange2007_SP1',
    'Exchange2010_SP2',
    'Exchange2013',
    'Exchange2016',
    'Exchange2019',
    'V2017_07_11',
    'V2018_01_08',
  ])('RequestServerVersion %s is accepted', async (version) => {
    // Not every one of these is in the schema that the other answers are checked against.
    const response = await fetch(ews.simulator.ews, {
      method: 'POST',
      headers: { authorization: d.basic(d.OWNER), 'content-type': 'text/xml' },
      body: d.envelope(d.getDelegate(), `<t:RequestServerVersion Version="${version}"/>`),
    })
    expect(response.status).toBe(200)
  })

  test('no RequestServerVersion, and no header at all, are accepted', async () => {
    expect((await ews.call(d.getDelegate(), { header: '' })).status).toBe(200)
    const bare = d.envelope(d.getDelegate()).replace(/<s:Header>.*<\/s:Header>/, '')
    expect((await ews.post(bare)).status).toBe(200)
  })

  test('a version with a blank in front is unknown; one that is missing violates the schema', async () => {
    const fault = async (header: string) => d.faultCode(await ews.call(d.getDelegate(), { header }))
    expect(await fault('<t:RequestServerVersion Version=" Exchange2013"/>')).toBe('ErrorInvalidServerVersion')
    expect(await fault('<t:RequestServerVersion/>')).toBe('ErrorSchemaValidation')
  })

  test('delegate operations need Exchange2007_SP1', async () => {
    const header = '<t:RequestServerVersion Version="Exchange2007"/>'
    expect(d.faultCode(await ews.call(d.getDelegate(), { header }))).toBe('ErrorIncorrectSchemaVersion')
    expect(d.codes(await ews.call(d.getFolder(d.distinguished('inbox')), { header }))).toEqual(['NoError'])
  })

  test('a header twice is ErrorDuplicateSOAPHeader', async () => {
    const header = '<t:RequestServerVersion Version="Exchange2013"/>'.repeat(2)
    const answer = await ews.call(d.getDelegate(), { header })
    expect(d.faultCode(answer)).toBe('ErrorDuplicateSOAPHeader')
    expect(d.textAt(answer.body, 'faultstring')).toBe('A duplicate SOAP header was received.')
  })

  test('headers that change nothing here are ignored, as are those of others', async () => {
    const header =
      '<t:MailboxCulture>en-US</t:MailboxCulture><t:TimeZoneContext><t:TimeZoneDefinition Id="UTC"/></t:TimeZoneContext><t:DateTimePrecision>Seconds</t:DateTimePrecision>'
    expect((await ews.call(d.getDelegate(), { header })).status).toBe(200)
    const foreign = '<x:Trace xmlns:x="urn:x" s:mustUnderstand="0"/>'
    const response = await fetch(ews.simulator.ews, {
      method: 'POST',
      headers: { authorization: d.basic(d.OWNER), 'content-type': 'text/xml' },
      body: d.envelope(d.getDelegate(), foreign),
    })
    expect(response.status).toBe(200)
  })

  test.each([
    [
      '<t:ManagementRole><t:UserRoles><t:Role>MailboxSearch</t:Role></t:UserRoles></t:ManagementRole>',
      'ErrorInvalidOperation',
    ],
    [
      '<t:SerializedSecurityContext><t:UserSid>S-1-5-21-1</t:UserSid></t:SerializedSecurityContext>',
      'ErrorInvalidOperation',
    ],
    ['<x:Trace xmlns:x="urn:x" s:mustUnderstand="1"/>', 'ErrorInvalidOperation'],
    [
      '<t:ExchangeImpersonation><t:ConnectingSID><t:SID>S-1-5-21-1</t:SID></t:ConnectingSID></t:ExchangeImpersonation><t:SerializedSecurityContext/>',
      'ErrorMoreThanOneAccessModeSpecified',
    ],
  ])('the header %s is refused', async (header, code) => {
    expect(d.faultCode(await ews.call(d.getDelegate(), { header }))).toBe(code)
  })

  test.each(['Subscribe', 'GetInboxRules', 'GetRooms', 'FindPeople', 'MoveFolder', 'NoSuchThing'])(
    '%s is refused by name, and not with a code that makes clients try again',
    async (operation) => {
      const answer = await ews.call(`<m:${operation}/>`)
      expect(answer.status).toBe(500)
      expect(d.faultCode(answer)).toBe('ErrorInvalidOperation')
      expect(d.textAt(answer.body, 'faultstring')).toBe(
        `The operation ${operation} is not modelled by this simulator.`,
      )
    },
  )

  test.each([
    ['the types namespace', '<t:GetDelegate/>', ` in namespace '${T}'`],
    [
      'an https: namespace, which people copy from a browser',
      `<GetDelegate xmlns="${M.replace('http:', 'https:')}"/>`,
      ` in namespace '${M.replace('http:', 'https:')}'`,
    ],
    ['no namespace', '<GetDelegate/>', ''],
  ])('an operation in %s is told which one was found and which is right', async (_what, body, found) => {
    const answer = await ews.call(body)
    const violation = `The element 'Body' in namespace '${S}' has invalid child element 'GetDelegate'${found}. List of possible elements expected: 'GetDelegate' in namespace '${M}'.`
    expect(answer.status).toBe(500)
    expect(d.faultCode(answer)).toBe('ErrorSchemaValidation')
    expect(d.textAt(answer.body, 'detail', 'MessageXml', 'Violation')).toBe(violation)
    expect(d.textAt(answer.body, 'faultstring')).toBe(`The request failed schema validation: ${violation}`)
  })

  test('an empty body is ErrorInvalidRequest', async () => {
    expect(d.faultCode(await ews.call(''))).toBe('ErrorInvalidRequest')
  })
})

describe('requests that are not what they should be', () => {
  const valid = d.envelope(d.getDelegate())

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['JSON', '{"a":1}'],
    ['another document', '<html/>'],
    ['cut off', valid.slice(0, -60)],
    ['with mismatched tags', valid.replace('</m:GetDelegate>', '</m:GetDelegat>')],
    ['with an undeclared prefix', valid.replace('xmlns:t=', 'xmlns:u=')],
    [
      'an entity bomb',
      `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${valid.slice(38)}`,
    ],
    [
      'an external entity',
      `<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>${valid.slice(38).replace(d.OWNER, '&a;')}`,
    ],
    ['nested a thousand deep', d.envelope('<m:X>'.repeat(1000) + '</m:X>'.repeat(1000))],
    [
      'of SOAP 1.2',
      valid.replace('http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope'),
    ],
    ['with two bodies', d.envelope(d.getDelegate() + d.getDelegate())],
  ])('%s gets a fault, and the server goes on', async (_what, text) => {
    const answer = await ews.post(text)
    expect(answer.status).toBe(500)
    expect(d.faultCode(answer)).toBe('ErrorSchemaValidation')
    expect(d.textAt(answer.body, 'detail', 'MessageXml', 'Violation')).not.toBe('')
    await expectAlive()
  })

  test('bytes that are no text get a fault', async () => {
    const bytes = Buffer.concat([
      Buffer.from(valid.slice(0, 200)),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
      Buffer.from(valid.slice(200)),
    ])
    expect(d.faultCode(await ews.post(bytes))).toBe('ErrorSchemaValidation')
  })

  test('a body above 35 MB is refused with HTTP 413 and a fault, and the server goes on', async () => {
    const answer = await ews.post(`${valid}<!--${'x'.repeat(36 * 1024 * 1024)}-->`)
    expect(answer.status).toBe(413)
    expect(d.faultCode(answer)).toBe('ErrorMessageSizeExceeded')
    await expectAlive()
  })

  test('a compressed body is HTTP 415', async () => {
    expect((await ews.post(valid, { httpHeaders: { 'content-encoding': 'gzip' } })).status).toBe(415)
  })
})

describe('HTTP', () => {
  test('the path is found in any case, and with a query', async () => {
    for (const path of ['/EWS/Exchange.asmx', '/ews/exchange.asmx', '/EWS/EXCHANGE.ASMX?x=1']) {
      const response = await fetch(ews.simulator.url + path, {
        method: 'POST',
        headers: { authorization: d.basic(d.OWNER), 'content-type': 'text/xml' },
        body: d.envelope(d.getDelegate()),
      })
      expect(response.status).toBe(200)
    }
    expect((await fetch(`${ews.simulator.url}/EWS/Other.asmx`)).status).toBe(404)
  })

  test('GET answers 401 without credentials and 200 with them; other methods are 405', async () => {
    const request = (method: string, authorization?: string) =>
      fetch(ews.simulator.ews, { method, headers: authorization ? { authorization } : {} })
    expect((await request('GET')).status).toBe(401)
    expect((await request('GET', d.basic(d.OWNER))).status).toBe(200)
    const put = await request('PUT', d.basic(d.OWNER))
    expect(put.status).toBe(405)
    expect(put.headers.get('allow')).toBe('GET, HEAD, POST')
  })

  test.each([
    ['no credentials', ''],
    ['a wrong password', d.basic(d.OWNER, 'wrong')],
    ['an unknown user', d.basic('nobody@contoso.com')],
    ['a group', d.basic('sales@contoso.com', '')],
    ['rubbish', 'Basic %%%'],
    ['a token that is none', 'Bearer abc'],
    ['another scheme', 'Negotiate abc'],
  ])('%s is 401 with both challenges and a length', async (_what, authorization) => {
    const answer = await ews.call(d.getDelegate(), { authorization })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="127\.0\.0\.1", Bearer /)
    expect(answer.headers.get('content-length')).toBe('0')
  })

  test('a user signs in by alias, too', async () => {
    expect(
      (await ews.call(d.getDelegate(), { authorization: d.basic('allan.deyoung@contoso.com') })).status,
    ).toBe(200)
  })
})

d.testThatEverythingWasValid(ews)
