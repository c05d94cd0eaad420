import { readFileSync } from 'node:fs'
import nock from 'nock'
import { afterEach, describe, expect, it } from 'vitest'
import { runCli } from '../run-cli.ts'

const HOST = 'https://mail.contoso.com'
const ENV = {
  EWS_URL: `${HOST}/EWS/Exchange.asmx`,
  EWS_USER: 'admin@contoso.com',
  EWS_PASSWORD: 'hunter2-is-secret',
}

const fixture = (name: string) =>
  readFileSync(new URL(`../../../soap-fixtures/${name}`, import.meta.url), 'utf8')
/** Answers the next request, and keeps it. */
function answer(name: string): { body: string } {
  const seen = { body: '' }
  nock(HOST)
    .post('/EWS/Exchange.asmx', (body) => {
      seen.body = String(body)
      return true
    })
    .reply(200, fixture(name), { 'content-type': 'text/xml' })
  return seen
}
const run = (...argv: string[]) => runCli(argv, { env: ENV })

afterEach(() => {
  const left = nock.pendingMocks()
  nock.cleanAll()
  expect(left).toEqual([])
})

describe('resolve', () => {
  it('prints the candidates, with SMTP addresses', async () => {
    const seen = answer('resolve-names/response.several.xml')
    const shown = await run('resolve', 'Adele')
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toBe(
      'NAME         ADDRESS                  TYPE\nAdele Vance  adele@contoso.com        Mailbox\nAdele Young  adele.young@contoso.com  Contact\n',
    )
    expect(seen.body).toContain('SearchScope="ActiveDirectoryContacts"')
    expect(seen.body).toContain('<m:UnresolvedEntry>Adele</m:UnresolvedEntry>')
  })

  it('has a stable JSON form, and a CSV form', async () => {
    answer('resolve-names/response.one.xml')
    const { json } = await run('resolve', 'allan', '-o', 'json')
    expect(json()).toEqual({
      name: 'allan',
      candidates: [
        {
          name: expect.any(String),
          address: expect.stringContaining('@contoso.com'),
          routingType: 'SMTP',
          mailboxType: expect.any(String),
        },
      ],
      complete: true,
    })
    answer('resolve-names/response.several.xml')
    expect((await run('resolve', 'Adele', '-o', 'csv')).stdout).toContain(
      'name,address,type\r\nAdele Vance,adele@contoso.com,Mailbox\r\n',
    )
  })

  it('looks where it is told, also in somebody’s contacts', async () => {
    const seen = answer('resolve-names/response.one.xml')
    await run('resolve', 'allan', '--scope', 'contacts', '--mailbox', 'allan@contoso.com')
    expect(seen.body).toContain('SearchScope="Contacts"')
    expect(seen.body).toContain(
      '<t:DistinguishedFolderId Id="contacts"><t:Mailbox><t:EmailAddress>allan@contoso.com',
    )
    expect((await run('resolve', 'allan', '--scope', 'everywhere')).code).toBe(2)
  })

  it('ends with 3 for nobody, and prints the empty list all the same', async () => {
    answer('resolve-names/response.none.xml')
    const nobody = await run('resolve', 'Zoe', '-o', 'json')
    expect(nobody.code).toBe(3)
    expect(nobody.json()).toEqual({ name: 'Zoe', candidates: [], complete: true })
    expect(nobody.error()).toMatchObject({ responseCode: 'ErrorNameResolutionNoResults', exitCode: 3 })
  })
})

describe('a name in the place of an address', () => {
  it('becomes the primary SMTP address, from the directory alone, and that is said', async () => {
    const lookUp = answer('resolve-names/response.one.xml')
    const asked = answer('get-delegate/response.none.xml')
    const list = await run('delegate', 'list', 'allan')
    expect(lookUp.body).toContain('SearchScope="ActiveDirectory"')
    const [, address] = /"allan" is .*<(.+)>\./.exec(list.stderr) ?? []
    expect(address).toContain('@contoso.com')
    expect(asked.body).toContain(`<t:EmailAddress>${address}</t:EmailAddress>`)
    expect(list.stdout).toContain(`${address} has no delegates.`)
  })

  it('is not guessed where several are meant: nothing but the look-up is sent, and they are listed', async () => {
    for (const argv of [
      ['delegate', 'list', 'Adele'],
      ['delegate', 'add', 'allan@contoso.com', 'Adele', '--calendar', 'Editor'],
      ['delegate', 'update', 'allan@contoso.com', 'Adele', '--calendar', 'Editor'],
      ['delegate', 'remove', 'allan@contoso.com', 'Adele', '--yes'],
      ['folder-permission', 'list', 'Adele', 'calendar'],
      ['folder-permission', 'set', 'allan@contoso.com', 'calendar', 'Adele', 'Editor'],
      ['folder-permission', 'remove', 'allan@contoso.com', 'calendar', 'Adele', '--yes'],
      ['folder', 'show', 'Adele', 'calendar'],
      ['item', 'list', '--mailbox', 'Adele', '--folder', 'calendar'],
      ['item', 'create', 'message', '--mailbox', 'allan@contoso.com', '--to', 'Adele'],
    ]) {
      answer('resolve-names/response.several.xml')
      const refused = await run(...argv)
      expect(refused.stderr).toContain('"Adele" can mean several')
      expect(refused.stderr).toContain(
        'Adele Vance <adele@contoso.com>, Adele Young <adele.young@contoso.com>',
      )
      expect(refused).toMatchObject({ code: 3, stdout: '' })
    }
  })

  it('of nobody is refused', async () => {
    answer('resolve-names/response.none.xml')
    const refused = await run('delegate', 'list', 'Zoe')
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('"Zoe" is nobody’s name')
  })

  it('a mistake in the flags is told before anything is looked up', async () => {
    for (const argv of [
      ['delegate', 'add', 'allan', 'adele', '--calendar', 'Edtor'],
      ['delegate', 'update', 'allan', 'adele', '--calendar', 'Edtor'],
      ['folder-permission', 'set', 'allan', 'calendar', 'adele', 'Edtor'],
    ]) {
      const refused = await run(...argv)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('Did you mean Editor?')
    }
    const mixed = await run('delegate', 'add', 'allan', 'adele@', '--calendar', 'Editor')
    expect(mixed).toMatchObject({ code: 2, stdout: '' })
    expect(mixed.stderr).toContain('"adele@" is not an e-mail address')
  })

  it.each(['allan@', 'S-1-5', 'Default'])('%s is no name and is not looked up', async (word) => {
    expect((await run('delegate', 'add', 'allan@contoso.com', word, '--calendar', 'Editor')).code).toBe(2)
  })
})
