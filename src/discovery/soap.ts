import { XmlError } from '../errors.ts'
import { childText, type Element, findChild, findChildren, parseXml, requireChild } from '../xml/element.ts'
import { type AutodiscoverAnswer, type AutodiscoverRequest, escapeXml } from './answer.ts'

const AUTODISCOVER = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'

/** What is asked for; of these only the first two decide. */
const SETTINGS = ['ExternalEwsUrl', 'InternalEwsUrl', 'EwsSupportedSchemas'] as const

/**
 * GetUserSettings of the SOAP service (Exchange 2010 and later).
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettings-operation-soap
 */
export function buildSoapRequest(root: string, address: string): AutodiscoverRequest {
  const url = `${root}/autodiscover/autodiscover.svc`
  const settings = SETTINGS.map((name) => `<a:Setting>${name}</a:Setting>`).join('')
  return {
    url,
    method: 'POST',
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      accept: 'text/xml',
      soapaction: `"${AUTODISCOVER}/Autodiscover/GetUserSettings"`,
    },
    body: `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="${AUTODISCOVER}" xmlns:wsa="http://www.w3.org/2005/08/addressing"><soap:Header><a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion><wsa:Action>${AUTODISCOVER}/Autodiscover/GetUserSettings</wsa:Action><wsa:To>${escapeXml(url)}</wsa:To></soap:Header><soap:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>${escapeXml(address)}</a:Mailbox></a:User></a:Users><a:RequestedSettings>${settings}</a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></soap:Body></soap:Envelope>`,
  }
}

/** @throws XmlError for what is not an answer of it. */
export function parseSoapAnswer(body: string): AutodiscoverAnswer {
  const envelope = parseXml(body)
  const content = requireChild(envelope, 'Body')
  const fault = findChild(content, 'Fault')
  if (fault) {
    const text = childText(fault, 'faultstring') ?? 'a fault'
    return { kind: 'error', code: childText(fault, 'faultcode') ?? 'Fault', message: text }
  }
  const response = requireChild(requireChild(content, 'GetUserSettingsResponseMessage'), 'Response')
  // There is an error code for the request, one for the user, and one for each setting.
  const whole = refusal(response)
  if (whole) return whole
  const user = findChild(requireChild(response, 'UserResponses'), 'UserResponse')
  if (!user) throw new XmlError('ERR_INVALID_RESPONSE', 'The answer is about no user.')
  const target = childText(user, 'RedirectTarget') ?? ''
  switch (childText(user, 'ErrorCode')) {
    case 'RedirectAddress':
      return { kind: 'redirect-address', address: target }
    case 'RedirectUrl':
      return { kind: 'redirect-url', url: target }
  }
  const own = refusal(user)
  if (own) return own
  const settings = new Map(
    findChildren(findChild(user, 'UserSettings') ?? user, 'UserSetting').map((setting) => [
      childText(setting, 'Name') ?? '',
      childText(setting, 'Value') ?? '',
    ]),
  )
  const [external, inside] = [settings.get('ExternalEwsUrl'), settings.get('InternalEwsUrl')]
  const ewsUrl = external || inside
  if (!ewsUrl) {
    return { kind: 'error', code: 'SettingIsNotAvailable', message: 'The mailbox has no EWS address.' }
  }
  const schema = settings
    .get('EwsSupportedSchemas')
    ?.split(/\s*,\s*/)
    .at(-1)
  return { kind: 'settings', ewsUrl, ...(external ? {} : { internal: true }), ...(schema ? { schema } : {}) }
}

function refusal(element: Element): AutodiscoverAnswer | undefined {
  const code = childText(element, 'ErrorCode') ?? 'NoError'
  return code === 'NoError'
    ? undefined
    : { kind: 'error', code, message: childText(element, 'ErrorMessage') || code }
}
