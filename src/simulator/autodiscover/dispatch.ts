/**
 * Autodiscover: where an address's mailbox is served. The three forms that clients try: JSON v2 without sign-in,
 * SOAP GetUserSettings, and POX.
 *
 * Chosen: everybody who can sign in may ask about everybody, as on a real server. Every address it gives is the
 * simulator's own. Not modelled: SCP and DNS lookups, which are not the server's; GetDomainSettings,
 * GetFederationInformation and GetOrganizationRelationshipSettings; the mobile schema.
 */
import type { HttpRequest, HttpResponse } from '../http-message.ts'
import type { SignIn } from '../sign-in.ts'
import type { Exchange } from '../store/exchange.ts'
import { answerJson } from './json.ts'
import { answerPox } from './pox.ts'
import { answerSoap } from './soap.ts'

/** The addresses Autodiscover gives. */
export interface ServiceUrls {
  readonly origin: string
  readonly ews: string
  readonly pox: string
}

export interface AutodiscoverAnswer extends HttpResponse {
  /** `json`, `GetUserSettings` or `pox`. */
  readonly operation?: string
}

const PATH = /^\/autodiscover\/autodiscover\.(json|svc|xml)(?:\/v1\.0\/[^/]+)?\/?$/i

export function isAutodiscoverPath(path: string): boolean {
  return PATH.test(path)
}

export async function handleAutodiscover(
  exchange: Exchange,
  signIn: SignIn,
  request: HttpRequest,
  urls: ServiceUrls,
): Promise<AutodiscoverAnswer> {
  const form = PATH.exec(request.url.pathname)?.[1]?.toLowerCase()
  if (form === 'json') return { ...answerJson(exchange, request, urls), operation: 'json' }
  const signedIn = await signIn(request)
  if ('refused' in signedIn) {
    return { ...signedIn.refused, headers: { ...signedIn.refused.headers, ...ENABLED } }
  }
  const answer = form === 'svc' ? answerSoap(exchange, request, urls) : answerPox(exchange, request, urls)
  return {
    ...answer,
    headers: { ...answer.headers, ...ENABLED },
    operation: form === 'svc' ? 'GetUserSettings' : 'pox',
  }
}

/** How clients of the Managed API learn, from a 401 too, that the SOAP form is there. */
const ENABLED: Readonly<Record<string, string>> = {
  'x-soap-enabled': 'True',
  'x-wssecurity-enabled': 'False',
  'x-oauth-enabled': 'True',
}
