import { isSid, isSmtpAddress } from '../../model/user-ref.ts'
import { childText, type Element } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Recipient } from '../store/directory.ts'
import type { Exchange } from '../store/exchange.ts'
import { EwsRefusal } from './errors.ts'
import { element, type XmlNode } from './writer.ts'

/** A `t:UserId` as it was sent; an empty element counts as absent. */
export interface UserId {
  readonly sid: string | undefined
  readonly smtpAddress: string | undefined
  readonly displayName: string | undefined
  readonly distinguishedUser: 'Default' | 'Anonymous' | undefined
  readonly externalUser: string | undefined
}

/** The account that a `t:UserId` names: the SID, and the recipient when the account still exists. */
export interface Account {
  readonly sid: string
  readonly user: Recipient | undefined
}

export function readUserId(parent: Element): UserId {
  const text = (name: string) => childText(parent, name, NAMESPACES.types) || undefined
  return {
    sid: text('SID'),
    smtpAddress: text('PrimarySmtpAddress'),
    displayName: text('DisplayName'),
    distinguishedUser: text('DistinguishedUser') as UserId['distinguishedUser'],
    externalUser: text('ExternalUserIdentity'),
  }
}

/**
 * Looks up a SID, an SMTP address, or both, which then have to mean the same account.
 *
 * @returns undefined when an address belongs to nobody; a SID that no longer resolves is an account without a user.
 * @param disagreement what to refuse identifiers with that mean different accounts.
 * @throws EwsRefusal for a malformed identifier, or when there is none.
 */
export function findAccount(
  exchange: Exchange,
  id: UserId,
  disagreement: 'ErrorInvalidDelegateUserId' | 'ErrorInvalidUserInfo',
): Account | undefined {
  if (id.sid === undefined && id.smtpAddress === undefined)
    throw new EwsRefusal('ErrorMissingUserIdInformation')
  if (id.sid !== undefined && !isSid(id.sid)) throw new EwsRefusal('ErrorInvalidSid')
  if (id.smtpAddress !== undefined && !isSmtpAddress(id.smtpAddress)) {
    throw new EwsRefusal('ErrorInvalidSmtpAddress')
  }
  const bySid = id.sid === undefined ? undefined : exchange.directory.findBySid(id.sid)
  const bySmtp = id.smtpAddress === undefined ? undefined : exchange.directory.find(id.smtpAddress)
  if (id.sid !== undefined && id.smtpAddress !== undefined && bySid !== bySmtp)
    throw new EwsRefusal(disagreement)
  const user = bySid ?? bySmtp
  if (user) return { sid: user.sid, user }
  return id.sid === undefined ? undefined : { sid: id.sid.toUpperCase(), user: undefined }
}

/** An account as answers name it: SID, primary address and name, or the SID alone when the account is gone. */
export function writeAccount(account: Account): XmlNode {
  return element(
    't:UserId',
    element('t:SID', account.sid),
    account.user && [
      element('t:PrimarySmtpAddress', account.user.address),
      element('t:DisplayName', account.user.name),
    ],
  )
}
