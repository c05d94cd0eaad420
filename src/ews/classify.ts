import { ConnectionError, EwsResponseError, XmlError } from '../errors.ts'
import { isPassing } from '../http/connection-errors.ts'
import { redactText } from '../http/redact.ts'
import { parseRetryAfter } from '../http/retry-after.ts'
import type { Scope } from '../http/traffic.ts'
import type { HttpResponse } from '../http/transport.ts'
import { PARTIAL_SAVE_CODES } from './response-codes.ts'

/**
 * Server lore: what an HTTP answer means when it is not a SOAP envelope. Each line has its reason.
 *
 * @param now against which a `Retry-After` date is measured.
 * @returns the error, or undefined when the body is to be read as SOAP whatever the status and the content type: a
 *   busy or refusing Exchange answers 500 with a fault, other servers send faults with 200, and gateways relabel.
 */
export function classifyHttp(
  response: HttpResponse,
  url: string,
  now: number = Date.now(),
): ConnectionError | undefined {
  const { status, headers } = response
  if (looksLikeSoap(response.body)) return undefined
  const { host } = new URL(url)
  const details = { httpStatus: status, backOffMilliseconds: parseRetryAfter(headers['retry-after'], now) }

  if (status === 401) {
    const offered = offeredSchemes(headers['www-authenticate'])
    return new ConnectionError(
      'ERR_AUTHENTICATION',
      `${host} does not accept the sign-in${because(headers['x-ms-diagnostics'])}.`,
      {
        ...details,
        hint: `Check user and password or token.${offered ? ` The server offers ${offered}.` : ''}`,
      },
    )
  }
  // EWSEnabled, EWSAllowedAppIDs, a mailbox's EwsEnabled, an application access policy: all of them answer a bare
  // 403, and the body is not documented.
  if (status === 403) {
    return new ConnectionError(
      'ERR_FORBIDDEN',
      `${host} refuses EWS to this account or application${because(headers['x-ms-diagnostics'])}.`,
      {
        ...details,
        hint: isProxyAnswer(response)
          ? 'The answer seems to come from a proxy: see whether it lets this address through.'
          : 'EWS may be switched off: see EWSEnabled and EWSAllowedAppIDs of the organization, EwsEnabled of the mailbox (Get-CASMailbox) and the application’s access policy. In Exchange Online EWS is off by default since October 2026.',
      },
    )
  }
  if (status === 404 || status === 405) {
    return new ConnectionError('ERR_INVALID_RESPONSE', `There is no EWS at ${url}.`, {
      ...details,
      hint: 'The address usually ends in /EWS/Exchange.asmx.',
    })
  }
  if (status === 407) {
    return new ConnectionError('ERR_AUTHENTICATION', `The proxy before ${host} wants a sign-in.`, {
      ...details,
      hint: 'Put user and password into the proxy’s address.',
    })
  }
  if (status >= 300 && status < 400) return classifyRedirect(response, new URL(url), details)
  // IIS and OWA answer this when the session that a cookie names has ended; the request was not looked at.
  if (status === 440) {
    return new ConnectionError('ERR_CONNECTION', `${host} has ended the session of its cookie.`, {
      ...details,
      hint: 'Try again; the cookie is not sent any more.',
    })
  }
  // Microsoft's own: the sign-in is blocked until somebody unlocks the account (ServiceRequestException of the EWS
  // Managed API reads it so).
  if (status === 456) {
    return new ConnectionError('ERR_AUTHENTICATION', `${host} says that the account is locked.`, {
      ...details,
      hint: 'Unlock the account, then try again.',
    })
  }
  // The server got tired of waiting for the request, so it has not read it to its end.
  if (status === 408) {
    return new ConnectionError('ERR_CONNECTION', `${host} did not get the whole request in time.`, {
      ...details,
      hint: 'The network may be slow; try again.',
    })
  }
  if (status === 413) {
    return new ConnectionError('ERR_INVALID_RESPONSE', `${host} does not take a request this large.`, {
      ...details,
      hint: 'Ask for less at once, or raise the server’s maxRequestLength and maxAllowedContentLength.',
    })
  }
  if (status === 415) {
    return new ConnectionError('ERR_INVALID_RESPONSE', `${host} does not take SOAP at ${url}.`, {
      ...details,
      hint: 'The address usually ends in /EWS/Exchange.asmx.',
    })
  }
  // A tenant's or a gateway's limit. Nothing was looked at.
  if (status === 429) {
    return new ConnectionError('ERR_CONNECTION', `${host} wants fewer calls (HTTP 429).`, {
      ...details,
      hint: 'Wait, then make fewer calls at a time.',
    })
  }
  // IIS answers 503 when its queue is full, gateways 502 and 504, ASP.NET its own page with 500: mostly in HTML, and
  // 500, 502 and 504 after the request was taken. 503 comes from IIS before and from gateways after, so it stays open.
  if (status >= 500) {
    return new ConnectionError(
      'ERR_CONNECTION',
      `${host} cannot answer now (HTTP ${status})${because(headers['x-caserrorcode'])}.`,
      { ...details, mayHaveHappened: true, hint: 'Try again in a moment.' },
    )
  }
  return new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `${host} answered HTTP ${status} with ${describeBody(response)}, which is not SOAP.`,
    {
      ...details,
      mayHaveHappened: status < 300,
      hint: 'A proxy or a sign-in page may stand between, or the address is not that of EWS.',
    },
  )
}

/** What can be done about a failure. */
export interface Remedy {
  /**
   * `repeat`: the server did not take the request, so that anything may be sent again. `look`: nobody knows; what
   * only reads is sent again, what changes something is looked after first. `settle`: look, but do not send again.
   * `none`: it is the answer.
   */
  readonly kind: 'repeat' | 'look' | 'settle' | 'none'
  /** Who is held back meanwhile: this call alone, or all of the account's or the host's. */
  readonly scope: 'call' | Scope
  /** Milliseconds, where the server names them. */
  readonly wait?: number | undefined
  /** Fewer calls of this account at a time. */
  readonly narrow?: boolean
  /** How many repeats this reason is worth. Default: as many as the policy allows. */
  readonly most?: number
}

export const NO_REMEDY: Remedy = { kind: 'none', scope: 'call' }

/**
 * Codes that the schema's documentation calls passing. They can come while the request is worked on, so a write is
 * looked after.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'ErrorADUnavailable',
  'ErrorConnectionFailed',
  'ErrorConnectionFailedTransientError',
  'ErrorInternalServerTransientError',
  'ErrorMailboxFailover',
  'ErrorMailboxMoveInProgress',
  'ErrorMailboxStoreUnavailable',
  'ErrorTimeoutExpired',
  'ErrorTooManyObjectsOpened',
])

/** More server lore: which failures pass, who has to wait for it, and what may be sent again. */
export function remedyFor(error: unknown, hasSignedIn = false): Remedy {
  if (error instanceof EwsResponseError) return remedyForRefusal(error)
  // Cut off or garbled under way. A server that always answers so is not worth many attempts.
  if (error instanceof XmlError) {
    return error.code === 'ERR_LIMIT_EXCEEDED'
      ? { kind: 'settle', scope: 'call' }
      : { kind: 'look', scope: 'call', most: 3 }
  }
  if (!(error instanceof ConnectionError)) return NO_REMEDY
  const { httpStatus: status, backOffMilliseconds: wait } = error
  switch (error.code) {
    case 'ERR_TIMEOUT':
      return error.mayHaveHappened
        ? { kind: 'look', scope: 'call' }
        : { kind: 'repeat', scope: 'call', most: 3 }
    case 'ERR_ABORTED':
      return error.mayHaveHappened ? { kind: 'settle', scope: 'call' } : NO_REMEDY
    case 'ERR_AUTHENTICATION':
      // Under load Exchange answers 401 to credentials that it took a moment ago. Twice is enough: a password that
      // was changed meanwhile must not lock the account.
      return status === 401 && hasSignedIn ? { kind: 'repeat', scope: 'account', wait, most: 2 } : NO_REMEDY
    case 'ERR_INVALID_RESPONSE':
      return error.mayHaveHappened ? { kind: 'settle', scope: 'call' } : NO_REMEDY
    case 'ERR_CONNECTION':
      break
    default:
      return NO_REMEDY
  }
  if (status === undefined) {
    if (error.mayHaveHappened) return { kind: 'look', scope: 'call' }
    return isPassing(error) ? { kind: 'repeat', scope: 'call', most: 3 } : NO_REMEDY
  }
  switch (status) {
    case 429:
      return { kind: 'repeat', scope: 'account', wait, narrow: true }
    case 408:
      return { kind: 'repeat', scope: 'call', wait, most: 3 }
    case 440:
      return { kind: 'repeat', scope: 'call', wait, most: 1 }
    case 503:
      return { kind: 'look', scope: 'host', wait }
    case 501:
    case 505:
      return NO_REMEDY
    default:
      // A gateway that names a time means everybody; one slow request is no reason to hold others back.
      return { kind: 'look', scope: wait === undefined ? 'call' : 'host', wait }
  }
}

function remedyForRefusal(error: EwsResponseError): Remedy {
  const { responseCode, messageXml } = error
  const wait = error.backOffMilliseconds
  if (isBusy(responseCode, messageXml)) return { kind: 'repeat', scope: 'account', wait }
  // Its "suggested back-off" is 0 ms: what helps is fewer calls at a time.
  if (responseCode === 'ErrorExceededConnectionCount')
    return { kind: 'repeat', scope: 'account', wait, narrow: true }
  if (PASSING_CODES.has(responseCode)) return { kind: 'look', scope: 'call', wait }
  // The list could not be saved, or the server stumbled: perhaps half way, and likely again.
  if (PARTIAL_SAVE_CODES.has(responseCode) || responseCode === 'ErrorInternalServerError')
    return { kind: 'settle', scope: 'call' }
  return NO_REMEDY
}

/** In a batch Exchange says ErrorInternalServerError, and what it means one level below. */
export function isBusy(code: string, messageXml: Readonly<Record<string, string>>): boolean {
  return code === 'ErrorServerBusy' || messageXml.InnerErrorResponseCode === 'ErrorServerBusy'
}

/** Redirects are not followed: the credentials would go along. */
function classifyRedirect(
  response: HttpResponse,
  url: URL,
  details: { httpStatus: number; backOffMilliseconds: number | undefined },
): ConnectionError {
  const { host } = url
  const location = printable(response.headers.location ?? '', 300)
  // How an overloaded front end says that it failed. The request may have reached the back end before.
  if (location.toLowerCase().includes('genericerrorpage')) {
    return new ConnectionError('ERR_CONNECTION', `${host} failed and showed its error page.`, {
      ...details,
      mayHaveHappened: true,
      hint: 'Try again in a moment.',
    })
  }
  const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined
  // Forms-based authentication of OWA, AD FS, and Microsoft's sign-in page.
  if (target && /\/owa\/auth|\/adfs\/ls|logon\.aspx|\/oauth2\/|^\/login/i.test(target.pathname)) {
    return new ConnectionError(
      'ERR_INVALID_RESPONSE',
      `${host} sends us to a sign-in page at ${target.host}, where only a browser gets further.`,
      {
        ...details,
        hint: 'Something before Exchange wants a sign-in of its own (forms, AD FS, pre-authentication); EWS must be let through it.',
      },
    )
  }
  return new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `${host} redirects to ${location || 'nowhere'}, which is not followed.`,
    {
      ...details,
      hint:
        target && target.host !== host
          ? 'The credentials are not sent to another host. If that address is right, give it as the server.'
          : 'If that address is right, give it as the server.',
    },
  )
}

function looksLikeSoap(body: string): boolean {
  return /^\uFEFF?\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--[\s\S]{0,2000}?-->\s*)?<(?:[\w.-]+:)?Envelope[\s>/]/.test(
    body.slice(0, 4096),
  )
}

function describeBody({ body, headers }: HttpResponse): string {
  if (body.trim() === '') return 'nothing'
  // A gzip header, as it looks after reading it as text: compressed, but not labelled so.
  if (body.startsWith('\u001f\ufffd') || body.startsWith('\u001f\u008b'))
    return 'compressed data that is not labelled so'
  const start = body.slice(0, 8192)
  if (/^\s*(?:<!doctype html|<html)/i.test(start)) {
    const title = printable(/<title[^>]*>([^<]{1,200})/i.exec(start)?.[1] ?? '', 80)
    return title === '' ? 'a web page' : `a web page, “${title}”`
  }
  if (/^\s*[{[]/.test(start)) return 'JSON'
  if (/^\s*</.test(start)) return 'other XML'
  const type = printable(headers['content-type'] ?? '', 60)
  return type === '' ? 'something' : `something of type ${type}`
}

/** Squid, Blue Coat, Zscaler and the like put their name on what they refuse. */
function isProxyAnswer({ headers, body }: HttpResponse): boolean {
  return (
    'proxy-connection' in headers ||
    'x-squid-error' in headers ||
    /squid|zscaler|bluecoat|forcepoint|mwg|fortigate/i.test(`${headers.server ?? ''} ${headers.via ?? ''}`) ||
    /zscaler|blue ?coat|forcepoint|fortigu?ard|squid/i.test(body.slice(0, 4096))
  )
}

/** `2000003;reason="The token has expired.";error_category="…"`, or a bare sentence. */
function because(diagnostics: string | undefined): string {
  const text = diagnostics ?? ''
  const reason = printable(/reason="([^"]*)"/.exec(text)?.[1] ?? text, 200).replace(/\.$/, '')
  return reason === '' ? '' : `: ${reason}`
}

/** A server's text on one line, without control characters and secrets. */
function printable(text: string, length: number): string {
  return redactText(text)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, length)
}

/** The names of the schemes alone: the rest of the header can carry challenges. */
function offeredSchemes(header: string | undefined): string {
  if (!header) return ''
  const names = header.split(',').map((part) => /^\s*([A-Za-z][\w-]*)(?:\s|$)/.exec(part)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].join(', ')
}
