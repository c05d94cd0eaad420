import { XmlError } from '../../errors.ts'
import { childText, type Element, findChild, findChildren, parseXml } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { escapeText } from '../escape-xml.ts'
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { Recipient } from '../store/directory.ts'
import type { Exchange } from '../store/exchange.ts'
import type { ServiceUrls } from './dispatch.ts'
import { findTarget } from './target.ts'

const A = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'
const WSA = 'http://www.w3.org/2005/08/addressing'
const XSI = 'http://www.w3.org/2001/XMLSchema-instance'
/** More users in one request than any client sends. */
const MOST_USERS = 100

/** Autodiscover over SOAP. GetUserSettings is modelled; the other operations are refused by name. */
export function answerSoap(exchange: Exchange, request: HttpRequest, urls: ServiceUrls): HttpResponse {
  if (request.method !== 'POST') {
    return {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<!DOCTYPE html><title>AutodiscoverService</title>',
    }
  }
  const message = readBody(request.body.toString('utf8'))
  if (!message) return fault('Client', 'The request is not a SOAP message.')
  if (message.namespace !== A || message.name !== 'GetUserSettingsRequestMessage') {
    return fault(
      'Client',
      `The operation ${message.name.replace(/RequestMessage$/, '').slice(0, 80)} is not modelled by this simulator.`,
    )
  }
  const asked = findChild(message, 'Request', A)
  const users = asked && findChild(asked, 'Users', A)
  const settings = asked && findChild(asked, 'RequestedSettings', A)
  const addresses = users
    ? findChildren(users, 'User', A).map((user) => childText(user, 'Mailbox', A) ?? '')
    : []
  const names = settings ? findChildren(settings, 'Setting', A).map(({ text }) => text.trim()) : []
  if (addresses.length === 0 || addresses.length > MOST_USERS) {
    return answer(status('InvalidRequest', 'The request must name one user or more, and not too many.'))
  }
  if (names.length === 0)
    return answer(status('InvalidRequest', 'The request must name one setting or more.'))
  const responses = addresses.map((address) => userResponse(exchange, urls, address, names))
  return answer(`${status('NoError')}<UserResponses>${responses.join('')}</UserResponses>`)
}

function readBody(text: string): Element | undefined {
  try {
    const root = parseXml(text)
    if (root.name !== 'Envelope' || ![NAMESPACES.soap, NAMESPACES.soap12].includes(root.namespace as never))
      return undefined
    return findChild(root, 'Body', root.namespace)?.children[0]
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

function userResponse(
  exchange: Exchange,
  urls: ServiceUrls,
  address: string,
  names: readonly string[],
): string {
  const target = findTarget(exchange, address)
  const response = (code: string, text: string, rest = '') =>
    `<UserResponse>${status(code, text)}${rest}</UserResponse>`
  switch (target.kind) {
    case 'unknown':
      return response(
        'InvalidUser',
        `Invalid user: '${address.slice(0, 200)}'`,
        '<RedirectTarget i:nil="true"/><UserSettingErrors/><UserSettings/>',
      )
    case 'address':
      return response(
        'RedirectAddress',
        `Redirection address.`,
        `<RedirectTarget>${escapeText(target.address)}</RedirectTarget><UserSettingErrors/><UserSettings/>`,
      )
    case 'url':
      return response(
        'RedirectUrl',
        'Redirection url.',
        `<RedirectTarget>${escapeText(target.url)}</RedirectTarget><UserSettingErrors/><UserSettings/>`,
      )
    case 'mailbox': {
      const known = settingsOf(exchange, urls, target.recipient)
      const errors: string[] = []
      const values: string[] = []
      for (const name of new Set(names)) {
        const value = known.get(name)
        if (value === undefined) {
          errors.push(
            `<UserSettingError>${status('SettingIsNotAvailable', `The user setting ${name.slice(0, 80)} is not available.`)}<SettingName>${escapeText(name)}</SettingName></UserSettingError>`,
          )
        } else {
          values.push(
            `<UserSetting i:type="StringSetting"><Name>${name}</Name><Value>${escapeText(value)}</Value></UserSetting>`,
          )
        }
      }
      return response(
        'NoError',
        'No error.',
        `<RedirectTarget i:nil="true"/><UserSettingErrors>${errors.join('')}</UserSettingErrors><UserSettings>${values.join('')}</UserSettings>`,
      )
    }
  }
}

/** UserSettingName values that this server has something to say about. */
function settingsOf(exchange: Exchange, urls: ServiceUrls, recipient: Recipient): Map<string, string> {
  const { directory } = exchange
  return new Map([
    ['UserDisplayName', recipient.name],
    ['UserDN', `/o=${directory.domain}/ou=Exchange Administrative Group/cn=Recipients/cn=${recipient.id}`],
    ['UserDeploymentId', directory.tenantId],
    ['AutoDiscoverSMTPAddress', recipient.address],
    ['InternalEwsUrl', urls.ews],
    ['ExternalEwsUrl', urls.ews],
    ['ExternalEwsVersion', '15.01.2507.000'],
    [
      'EwsSupportedSchemas',
      'Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013, Exchange2013_SP1, Exchange2015, Exchange2016',
    ],
    ['CasVersion', '15.01.2507.000'],
    ['GroupingInformation', 'EXCH01'],
  ])
}

function status(code: string, text = 'No error.'): string {
  return `<ErrorCode>${code}</ErrorCode><ErrorMessage>${escapeText(text)}</ErrorMessage>`
}

function answer(response: string): HttpResponse {
  return xml(
    200,
    `<a:Action s:mustUnderstand="1">${A}/Autodiscover/GetUserSettingsResponse</a:Action><h:ServerVersionInfo xmlns:h="${A}" xmlns:i="${XSI}"><h:MajorVersion>15</h:MajorVersion><h:MinorVersion>1</h:MinorVersion><h:MajorBuildNumber>2507</h:MajorBuildNumber><h:MinorBuildNumber>6</h:MinorBuildNumber><h:Version>Exchange2016</h:Version></h:ServerVersionInfo>`,
    `<GetUserSettingsResponseMessage xmlns="${A}"><Response xmlns:i="${XSI}">${response}</Response></GetUserSettingsResponseMessage>`,
  )
}

function fault(code: 'Client' | 'Server', text: string): HttpResponse {
  return xml(
    500,
    '',
    `<s:Fault><faultcode>s:${code}</faultcode><faultstring xml:lang="en-US">${escapeText(text)}</faultstring></s:Fault>`,
  )
}

function xml(httpStatus: number, header: string, body: string): HttpResponse {
  return {
    status: httpStatus,
    headers: { 'content-type': 'text/xml; charset=utf-8', 'cache-control': 'private' },
    body: `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${NAMESPACES.soap}" xmlns:a="${WSA}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`,
  }
}
