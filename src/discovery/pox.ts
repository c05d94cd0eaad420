import { childText, findChild, findChildren, parseXml, requireChild } from '../xml/element.ts'
import { type AutodiscoverAnswer, type AutodiscoverRequest, escapeXml } from './answer.ts'

const SCHEMA = 'http://schemas.microsoft.com/exchange/autodiscover/outlook'

/**
 * Plain old XML, the oldest form (Exchange 2007).
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-request-for-exchange
 */
export function buildPoxRequest(root: string, address: string): AutodiscoverRequest {
  return {
    url: `${root}/autodiscover/autodiscover.xml`,
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml' },
    body: `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${SCHEMA}/requestschema/2006"><Request><EMailAddress>${escapeXml(address)}</EMailAddress><AcceptableResponseSchema>${SCHEMA}/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`,
  }
}

/** @throws XmlError for what is not an answer of it. */
export function parsePoxAnswer(body: string): AutodiscoverAnswer {
  const response = requireChild(parseXml(body), 'Response')
  const error = findChild(response, 'Error')
  if (error) {
    const code = childText(error, 'ErrorCode') ?? 'Error'
    return { kind: 'error', code, message: childText(error, 'Message') || code }
  }
  const account = requireChild(response, 'Account')
  switch (childText(account, 'Action')?.toLowerCase()) {
    case 'redirectaddr':
      return { kind: 'redirect-address', address: childText(account, 'RedirectAddr') ?? '' }
    case 'redirecturl':
      return { kind: 'redirect-url', url: childText(account, 'RedirectUrl') ?? '' }
  }
  const protocols = findChildren(account, 'Protocol')
  // EXPR is the way in from outside, EXCH from inside.
  for (const type of ['EXPR', 'EXCH']) {
    for (const protocol of protocols.filter((each) => childText(each, 'Type')?.toUpperCase() === type)) {
      const ewsUrl = childText(protocol, 'EwsUrl') || childText(protocol, 'ASUrl')
      if (ewsUrl) return { kind: 'settings', ewsUrl, ...(type === 'EXCH' ? { internal: true } : {}) }
    }
  }
  return { kind: 'error', code: 'NoEwsUrl', message: 'The mailbox has no EWS address.' }
}
