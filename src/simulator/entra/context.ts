import type { Directory, Recipient } from '../store/directory.ts'
import type { TokenSigner } from './signing.ts'

/** What every part of the sign-in service works with. */
export interface EntraContext {
  readonly directory: Directory
  readonly signer: TokenSigner
  now(): Date
  /** By domain, by id, or left open with `organizations` or `common`. */
  isThisTenant(text: string): boolean
  /** The person with this address and password; the same work for an unknown address and a wrong password. */
  checkPassword(address: string, password: string): Recipient | undefined
}
