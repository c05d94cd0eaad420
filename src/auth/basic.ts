import { InvalidInputError } from '../errors.ts'
import type { Authenticator } from './authenticator.ts'

/**
 * Basic authentication (RFC 7617), for Exchange Server. Exchange Online refuses it.
 *
 * @param credentials.user `DOMAIN\user`, or a user principal name.
 * @throws InvalidInputError for an empty or impossible user name.
 */
export function basic(credentials: { user: string; password: string }): Authenticator {
  const { user, password } = credentials
  if (user === '') throw new InvalidInputError('The user name is empty.')
  if (user.includes(':'))
    throw new InvalidInputError('A user name for Basic authentication cannot hold a colon.')
  if (/\p{Cc}/u.test(user + password)) {
    throw new InvalidInputError('The user name or the password holds a control character.')
  }
  const value = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
  return { describe: user, scheme: 'Basic', authorization: () => value }
}
