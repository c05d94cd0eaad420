import { XmlError } from '../../errors.ts'
import { childText, findChild, parseXml } from '../../xml/element.ts'
import { escapeText } from '../escape-xml.ts'
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { Exchange } from '../store/exchange.ts'
import type { ServiceUrls } from './dispatch.ts'
import { findTarget } from './target.ts'

const REQUEST = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006'
const OUTER = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'
const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'

/** Plain old XML, as Outlook asks: "POX Autodiscover request for Exchange" and its response. */
export function answerPox(exchange: Exchange, request: HttpRequest, urls: ServiceUrls): HttpResponse {
  // A GET, and anything that is not the request, gets error 600 with HTTP 200.
  const asked = request.method === 'POST' ? readRequest(request.body.toString('utf8')) : undefined
  if (!asked) return failure(exchange, 600, 'Invalid Request')
  if (asked.schema !== OUTLOOK) {
    return failure(exchange, 601, 'Provider is not available')
  }
  const target = findTarget(exchange, asked.address)
  switch (target.kind) {
    case 'unknown':
      return failure(exchange, 500, "The email address can't be found.")
    case 'address':
      return account(
        `<Action>redirectAddr</Action><RedirectAddr>${escapeText(target.address)}</RedirectAddr>`,
      )
    case 'url':
      return account(`<Action>redirectUrl</Action><RedirectUrl>${escapeText(target.url)}</RedirectUrl>`)
    case 'mailbox':
      return account(
        `<AccountType>email</AccountType><Action>settings</Action><MicrosoftOnline>False</MicrosoftOnline>${['EXCH', 'EXPR'].map((type) => protocol(type, urls)).join('')}`,
        `<User><DisplayName>${escapeText(target.recipient.name)}</DisplayName><LegacyDN>/o=${escapeText(exchange.directory.domain)}/ou=Exchange Administrative Group/cn=Recipients/cn=${target.recipient.id}</LegacyDN><AutoDiscoverSMTPAddress>${escapeText(target.recipient.address)}</AutoDiscoverSMTPAddress><DeploymentId>${exchange.directory.tenantId}</DeploymentId></User>`,
      )
  }
}

function readRequest(text: string): { address: string; schema: string | undefined } | undefined {
  try {
    const root = parseXml(text)
    const request = root.name === 'Autodiscover' ? findChild(root, 'Request', REQUEST) : undefined
    const address = request && childText(request, 'EMailAddress', REQUEST)
    return address ? { address, schema: childText(request, 'AcceptableResponseSchema', REQUEST) } : undefined
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

function protocol(type: string, urls: ServiceUrls): string {
  return `<Protocol><Type>${type}</Type><Server>${escapeText(new URL(urls.origin).hostname)}</Server><ServerVersion>73C189CB</ServerVersion><AuthPackage>Ntlm</AuthPackage><ASUrl>${escapeText(urls.ews)}</ASUrl><EwsUrl>${escapeText(urls.ews)}</EwsUrl><EmwsUrl>${escapeText(urls.ews)}</EmwsUrl></Protocol>`
}

function account(content: string, user = ''): HttpResponse {
  return xml(`<Response xmlns="${OUTLOOK}">${user}<Account>${content}</Account></Response>`)
}

function failure(exchange: Exchange, code: number, message: string): HttpResponse {
  const time = exchange.now().toISOString().slice(11, 19)
  return xml(
    `<Response><Error Time="${time}.0000000" Id="2477272013"><ErrorCode>${code}</ErrorCode><Message>${escapeText(message)}</Message><DebugData /></Error></Response>`,
  )
}

function xml(content: string): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml; charset=utf-8', 'cache-control': 'private' },
    body: `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${OUTER}">${content}</Autodiscover>`,
  }
}
