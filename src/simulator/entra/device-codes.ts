import { randomBytes, randomInt } from 'node:crypto'
import type { Recipient } from '../store/directory.ts'
import type { Scopes } from './scopes.ts'
import { TokenError } from './token-error.ts'
import { Vault } from './vault.ts'

/** What somebody started on a device without a browser, and decides on in a browser elsewhere. */
interface Pending {
  readonly clientId: string
  readonly scopes: Scopes
  decision?: { readonly user: Recipient } | 'declined'
  redeemed: boolean
}

export const DEVICE_CODE_LIFETIME_SECONDS = 900
export const DEVICE_CODE_INTERVAL_SECONDS = 5
/** Without vowels and look-alikes, as Entra's own. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ23456789'

/** The device authorization grant (RFC 8628) as Microsoft Entra answers it. */
export class DeviceCodes {
  readonly #byDeviceCode: Vault<Pending>
  readonly #byUserCode: Vault<Pending>

  constructor(now: () => Date) {
    this.#byDeviceCode = new Vault(DEVICE_CODE_LIFETIME_SECONDS * 1000, now)
    this.#byUserCode = new Vault(DEVICE_CODE_LIFETIME_SECONDS * 1000, now)
  }

  start(clientId: string, scopes: Scopes): { deviceCode: string; userCode: string } {
    const pending: Pending = { clientId, scopes, redeemed: false }
    const userCode = Array.from({ length: 9 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    this.#byUserCode.keep(userCode, pending)
    const deviceCode = this.#byDeviceCode.keep(randomBytes(48).toString('base64url'), pending)
    return { deviceCode, userCode }
  }

  /** @returns whether there is such a code that nobody has decided on. */
  isOpen(userCode: string): boolean {
    const pending = this.#byUserCode.find(normalize(userCode))
    return pending !== undefined && pending.decision === undefined
  }

  decide(userCode: string, decision: { readonly user: Recipient } | 'declined'): boolean {
    const pending = this.#byUserCode.find(normalize(userCode))
    if (!pending || pending.decision) return false
    pending.decision = decision
    return true
  }

  /** @throws TokenError until somebody has agreed: `authorization_pending` asks the device to come again. */
  redeem(deviceCode: string, clientId: string): { user: Recipient; scopes: Scopes } {
    const pending = this.#byDeviceCode.find(deviceCode)
    if (!pending && this.#byDeviceCode.knows(deviceCode)) {
      throw new TokenError(
        400,
        'expired_token',
        70019,
        'Verification code expired. Have the user retry the sign-in.',
      )
    }
    if (!pending || pending.redeemed || pending.clientId.toLowerCase() !== clientId.toLowerCase()) {
      throw new TokenError(
        400,
        'bad_verification_code',
        70018,
        'Invalid verification code due to User typing in wrong user code for device code flow.',
      )
    }
    const { decision } = pending
    if (decision === undefined) {
      throw new TokenError(
        400,
        'authorization_pending',
        70016,
        'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
      )
    }
    if (decision === 'declined') {
      throw new TokenError(
        400,
        'authorization_declined',
        65004,
        'User declined to consent to access the app.',
      )
    }
    pending.redeemed = true
    return { user: decision.user, scopes: pending.scopes }
  }
}

function normalize(userCode: string): string {
  return userCode.replace(/[\s-]/g, '').toUpperCase()
}
