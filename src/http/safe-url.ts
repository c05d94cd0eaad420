import { InvalidInputError } from '../errors.ts'

/**
 * Checks an address that credentials are going to be sent to.
 *
 * @param allowPlainHttp lets `http:` pass for hosts other than loopback.
 * @throws InvalidInputError
 */
export function requireSafeUrl(text: string, allowPlainHttp: boolean): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    // What stands before an @ may be a password, and so may it where the @ was written as a password's would be.
    const shown = text.replace(/^([a-z]*:?\/\/)?.*(@|%40)/is, '$1[redacted]$2').slice(0, 200)
    throw new InvalidInputError(`${JSON.stringify(shown)} is not an address.`, {
      hint: 'Give a whole address, such as https://mail.contoso.com/EWS/Exchange.asmx.',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidInputError('The address holds a user name or a password.', {
      hint: 'Leave them out of the address, where logs would show them, and give them as credentials.',
    })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new InvalidInputError(`The address begins with ${url.protocol}, not https:.`)
  }
  if (url.protocol === 'http:' && !allowPlainHttp && !isLoopback(url.hostname)) {
    throw new InvalidInputError(
      `${url.origin} is not encrypted, and the credentials would be readable on the way.`,
      {
        hint: 'Use https, or allow plain http by name if this network is to be trusted.',
      },
    )
  }
  return url
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
