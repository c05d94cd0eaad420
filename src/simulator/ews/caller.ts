import { isSid, isSmtpAddress } from '../../model/user-ref.ts'
import type { Principal } from '../authentication.ts'
import { mayImpersonate } from '../store/access.ts'
import type { Recipient } from '../store/directory.ts'
import type { Exchange } from '../store/exchange.ts'
import type { ImpersonationTarget } from './envelope.ts'
import { EwsFault } from './errors.ts'

/** The app role that opens every mailbox over EWS, always through the ExchangeImpersonation header. */
export const FULL_ACCESS_ROLE = 'full_access_as_app'

/**
 * As whom a request runs: the signed-in user, or the one they impersonate.
 *
 * The right to impersonate is checked before the name is looked up, so that nobody learns from the answer which
 * mailboxes exist.
 * @throws EwsFault when impersonation is not allowed, names nobody, or is missing for an application.
 */
export function resolveCaller(
  exchange: Exchange,
  principal: Principal,
  impersonation: ImpersonationTarget | undefined,
): Recipient {
  if (!impersonation) {
    if (principal.user) return principal.user
    throw new EwsFault('ErrorInvalidExchangeImpersonationHeaderData', {
      message: 'ExchangeImpersonation SOAP header must be present for this type of OAuth token.',
    })
  }
  const allowed = principal.user
    ? mayImpersonate(exchange, principal.user)
    : (principal.app?.roles.includes(FULL_ACCESS_ROLE) ?? false)
  if (!allowed) throw new EwsFault('ErrorImpersonateUserDenied')
  return findImpersonated(exchange, impersonation)
}

function findImpersonated(exchange: Exchange, { identifier, value }: ImpersonationTarget): Recipient {
  const { directory } = exchange
  if (value === '') throw new EwsFault('ErrorInvalidExchangeImpersonationHeaderData')
  if (identifier === 'SID') {
    const found = isSid(value) ? directory.findBySid(value) : undefined
    if (!found) throw new EwsFault('ErrorInvalidUserSid')
    return requireMailbox(exchange, found)
  }
  // The user principal name is the primary address here.
  if (identifier === 'PrincipalName') {
    const found = isSmtpAddress(value) ? directory.find(value) : undefined
    if (!found || !directory.isPrimaryAddress(found, value))
      throw new EwsFault('ErrorInvalidUserPrincipalName')
    return requireMailbox(exchange, found)
  }
  if (!isSmtpAddress(value)) throw new EwsFault('ErrorInvalidSmtpAddress')
  const found = directory.find(value)
  if (!found) throw new EwsFault('ErrorNonExistentMailbox')
  if (identifier === 'PrimarySmtpAddress' && !directory.isPrimaryAddress(found, value)) {
    throw new EwsFault('ErrorNonPrimarySmtpAddress')
  }
  return requireMailbox(exchange, found)
}

function requireMailbox(exchange: Exchange, recipient: Recipient): Recipient {
  if (!exchange.directory.hasMailbox(recipient)) throw new EwsFault('ErrorNonExistentMailbox')
  return recipient
}
