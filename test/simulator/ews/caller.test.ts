import { beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD } from '../../../src/simulator/default-tenant.ts'
import * as d from '../ews-driver.ts'

const ews = d.useEws()

function impersonating(element: string): string {
  return `<t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID>${element}</t:ConnectingSID></t:ExchangeImpersonation>`
}

async function token(fields: Record<string, string>): Promise<string> {
  const response = await fetch(ews.simulator.token, { method: 'POST', body: new URLSearchParams(fields) })
  const { access_token: accessToken } = (await response.json()) as { access_token: string }
  expect(response.status).toBe(200)
  return `Bearer ${accessToken}`
}

const userToken = (scope: string, username = d.OWNER) =>
  token({ grant_type: 'password', username, password: DEFAULT_PASSWORD, scope })
const appToken = (resource = 'https://outlook.office365.com') =>
  token({
    grant_type: 'client_credentials',
    client_id: DEFAULT_APP.id,
    client_secret: DEFAULT_APP.secret,
    scope: `${resource}/.default`,
  })

/** Whose inbox the request without a mailbox opened: the id tells. */
async function whose(call: d.Call): Promise<string | undefined> {
  const answer = await ews.call(d.getFolder(d.distinguished('inbox')), call)
  const id = d.at(d.folders(answer)[0], 'FolderId')?.attributes.Id
  return id && ews.simulator.exchange.findFolder(id)?.mailbox.owner.address
}

describe('impersonation by an administrator', () => {
  test.each([
    ['PrincipalName', () => d.OWNER],
    ['SID', () => ews.recipient(d.OWNER).sid],
    ['PrimarySmtpAddress', () => d.OWNER],
    ['SmtpAddress', () => d.OWNER],
    ['SmtpAddress', () => 'allan.deyoung@contoso.com'],
  ])('by %s makes the request the user’s own', async (identifier, value) => {
    const header = impersonating(`<t:${identifier}>${value()}</t:${identifier}>`)
    expect(await whose({ as: d.ADMINISTRATOR, header })).toBe(d.OWNER)
  })

  test.each([
    ['<t:SmtpAddress>nobody@contoso.com</t:SmtpAddress>', 'ErrorNonExistentMailbox: Mailbox does not exist.'],
    ['<t:SmtpAddress>sales@contoso.com</t:SmtpAddress>', 'ErrorNonExistentMailbox: Mailbox does not exist.'],
    ['<t:SmtpAddress>nobody</t:SmtpAddress>', 'ErrorInvalidSmtpAddress: The SMTP address format is invalid.'],
    [
      '<t:PrimarySmtpAddress>allan.deyoung@contoso.com</t:PrimarySmtpAddress>',
      'ErrorNonPrimarySmtpAddress: The primary SMTP address must be specified when referencing a mailbox.',
    ],
    [
      '<t:PrincipalName>nobody@contoso.com</t:PrincipalName>',
      'ErrorInvalidUserPrincipalName: The impersonation principal name is invalid.',
    ],
    [
      '<t:SID>S-1-5-21-1-2-3-4</t:SID>',
      'ErrorInvalidUserSid: The user SID is invalid or does not map to a user in the Active Directory.',
    ],
    [
      '<t:SID>Allan</t:SID>',
      'ErrorInvalidUserSid: The user SID is invalid or does not map to a user in the Active Directory.',
    ],
    [
      '<t:SmtpAddress> </t:SmtpAddress>',
      'ErrorInvalidExchangeImpersonationHeaderData: An ExchangeImpersonation SOAP header must contain a user principal name, user SID, or primary SMTP address.',
    ],
  ])('of %s is a fault', async (element, expected) => {
    const answer = await ews.call(d.getDelegate(), { as: d.ADMINISTRATOR, header: impersonating(element) })
    expect(answer.status).toBe(500)
    expect(`${d.faultCode(answer)}: ${d.textAt(answer.body, 'faultstring')}`).toBe(expected)
  })

  test.each([
    '',
    '<t:SID>S-1-5-21-1</t:SID><t:SmtpAddress>AllanD@contoso.com</t:SmtpAddress>',
    '<t:Name>Allan</t:Name>',
  ])('with %j in ConnectingSID violates the schema', async (element) => {
    const answer = await ews.call(d.getDelegate(), { as: d.ADMINISTRATOR, header: impersonating(element) })
    expect(d.faultCode(answer)).toBe('ErrorSchemaValidation')
  })
})

test('others may impersonate nobody, and do not learn who exists', async () => {
  for (const target of [d.OWNER, 'nobody@contoso.com']) {
    const answer = await ews.call(d.getDelegate(), { as: d.DELEGATE, header: d.impersonate(target) })
    expect(answer.status).toBe(500)
    expect(d.faultCode(answer)).toBe('ErrorImpersonateUserDenied')
    expect(d.textAt(answer.body, 'faultstring')).toBe(
      'The account does not have permission to impersonate the requested user.',
    )
  }
})

describe('tokens', () => {
  let user: string
  let app: string
  beforeAll(async () => {
    user = await userToken('https://outlook.office365.com/EWS.AccessAsUser.All')
    app = await appToken()
  })

  test('a user token opens the user’s mailbox', async () => {
    expect(await whose({ authorization: user })).toBe(d.OWNER)
  })

  test('a token for Graph is no token for EWS', async () => {
    const authorization = await userToken('https://graph.microsoft.com/Mail.Send')
    expect((await ews.call(d.getDelegate(), { authorization })).status).toBe(401)
  })

  test('a user token without the scope of EWS is 403', async () => {
    const authorization = await userToken('https://outlook.office365.com/Exchange.Manage')
    const answer = await ews.call(d.getDelegate(), { authorization })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('x-ms-diagnostics')).toContain('not enough scope')
  })

  test('an administrator’s token impersonates, another user’s does not', async () => {
    const authorization = await userToken(
      'https://outlook.office365.com/EWS.AccessAsUser.All',
      d.ADMINISTRATOR,
    )
    expect(await whose({ authorization, header: d.impersonate(d.DELEGATE) })).toBe(d.DELEGATE)
    const denied = await ews.call(d.getDelegate(), { authorization: user, header: d.impersonate(d.DELEGATE) })
    expect(d.faultCode(denied)).toBe('ErrorImpersonateUserDenied')
  })

  test('an application with full_access_as_app impersonates anybody, and has to', async () => {
    expect(await whose({ authorization: app, header: d.impersonate(d.OWNER) })).toBe(d.OWNER)
    const answer = await ews.call(d.getDelegate(), { authorization: app })
    expect(d.faultCode(answer)).toBe('ErrorInvalidExchangeImpersonationHeaderData')
    expect(d.textAt(answer.body, 'faultstring')).toBe(
      'ExchangeImpersonation SOAP header must be present for this type of OAuth token.',
    )
  })

  test('an application may manage the delegates of whom it impersonates', async () => {
    const answer = await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Inbox: 'Reviewer' })), {
      authorization: app,
      header: d.impersonate(d.OWNER),
    })
    expect(d.codes(answer)).toEqual(['NoError'])
  })
})

d.testThatEverythingWasValid(ews)
