import { ConnectionError } from '../errors.ts'
import type { HttpResponse } from '../http/transport.ts'

/**
 * Server lore: what an HTTP answer means when it is not a SOAP envelope. Each line has its reason.
 *
 * @returns the error, or undefined when the body is to be read as SOAP whatever the status: a busy or refusing
 *   Exchange answers 500 with a fault, and other servers send faults with 200.
 */
export function classifyHttp(response: HttpResponse, url: string): ConnectionError | undefined {
  const { status } = response
  if (looksLikeSoap(response.body)) return undefined
  const host = new URL(url).host

  if (status === 401) {
    const offered = offeredSchemes(response.headers['www-authenticate'])
    return new ConnectionError('ERR_AUTHENTICATION', `${host} does not accept the sign-in.`, {
      httpStatus: status,
      hint: `Check user and password or token.${offered ? ` The server offers ${offered}.` : ''}`,
    })
  }
  // EWSEnabled, EWSAllowedAppIDs, a mailbox's EwsEnabled, an application access policy: all of them answer a bare
  // 403, and the body is not documented.
  if (status === 403) {
    return new ConnectionError('ERR_FORBIDDEN', `${host} refuses EWS to this account or application.`, {
      httpStatus: status,
      hint: 'EWS may be switched off: see EWSEnabled and EWSAllowedAppIDs of the organization, EwsEnabled of the mailbox (Get-CASMailbox) and the application’s access policy. In Exchange Online EWS is off by default since October 2026.',
    })
  }
  if (status === 404 || status === 405) {
    return new ConnectionError('ERR_INVALID_RESPONSE', `There is no EWS at ${url}.`, {
      httpStatus: status,
      hint: 'The address usually ends in /EWS/Exchange.asmx.',
    })
  }
  // Redirects are not followed: the credentials would go along. /ews/genericerrorpage.htm is how an overloaded
  // front end says that it failed.
  if (status >= 300 && status < 400) {
    const location = response.headers.location ?? 'nowhere'
    return location.toLowerCase().includes('genericerrorpage')
      ? new ConnectionError('ERR_CONNECTION', `${host} failed and showed its error page.`, {
          httpStatus: status,
          mayHaveHappened: true,
          hint: 'Try again in a moment.',
        })
      : new ConnectionError(
          'ERR_INVALID_RESPONSE',
          `${host} redirects to ${location}, which is not followed.`,
          {
            httpStatus: status,
            hint: 'If that address is right, give it as the server.',
          },
        )
  }
  if (status === 456) {
    return new ConnectionError('ERR_AUTHENTICATION', `${host} says that the account is locked.`, {
      httpStatus: status,
      hint: 'Unlock the account, then try again.',
    })
  }
  // IIS answers 503 when its queue is full, gateways 502 and 504: often in HTML, and after the request was taken.
  if (status === 429 || status >= 500) {
    return new ConnectionError('ERR_CONNECTION', `${host} cannot answer now (HTTP ${status}).`, {
      httpStatus: status,
      mayHaveHappened: status !== 429,
      hint: 'Try again in a moment.',
    })
  }
  return new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `${host} answered HTTP ${status} with something that is not SOAP.`,
    {
      httpStatus: status,
      mayHaveHappened: status < 300,
      hint: 'A proxy may stand between, or the address is not that of EWS.',
    },
  )
}

function looksLikeSoap(body: string): boolean {
  return /^\uFEFF?\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--[\s\S]{0,2000}?-->\s*)?<(?:[\w.-]+:)?Envelope[\s>/]/.test(
    body.slice(0, 4096),
  )
}

/** The names of the schemes alone: the rest of the header can carry challenges. */
function offeredSchemes(header: string | undefined): string {
  if (!header) return ''
  const names = header.split(',').map((part) => /^\s*([A-Za-z][\w-]*)(?:\s|$)/.exec(part)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].join(', ')
}
