interface Cookie {
  readonly value: string
  readonly path: string
  /** Milliseconds since 1970; undefined: as long as the jar. */
  readonly expires: number | undefined
}

// A server that sets more than this is not keeping affinity.
const MOST_COOKIES = 20
const LONGEST_COOKIE = 4096

/**
 * The cookies of one mailbox at one address (RFC 6265), so that its calls stay with the server that began them:
 * `exchangecookie`, `X-BackEndOverrideCookie`, a load balancer's own.
 *
 * A jar belongs to one address and gives nothing to any other host, whatever `Domain` a cookie names.
 */
export class CookieJar {
  readonly #url: URL
  readonly #cookies = new Map<string, Cookie>()

  constructor(url: string | URL) {
    this.#url = new URL(url)
  }

  /**
   * @param lines the values of `Set-Cookie`, one each.
   * @param now milliseconds since 1970.
   */
  store(lines: readonly string[], now: number): void {
    for (const line of lines) this.#storeOne(line, now)
  }

  /** The value of the `Cookie` header; undefined when there is none to send. */
  header(now: number): string | undefined {
    const pairs: string[] = []
    for (const [name, cookie] of this.#cookies) {
      if (cookie.expires !== undefined && cookie.expires <= now) this.#cookies.delete(name)
      else if (isBelow(this.#url.pathname, cookie.path)) pairs.push(`${name}=${cookie.value}`)
    }
    return pairs.length === 0 ? undefined : pairs.join('; ')
  }

  clear(): void {
    this.#cookies.clear()
  }

  #storeOne(line: string, now: number): void {
    const [pair = '', ...attributes] = line.split(';')
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim()
    const value = pair.slice(equals + 1).trim()
    // What a header cannot carry back is left out.
    if (equals < 1 || line.length > LONGEST_COOKIE || !/^[\x21\x23-\x7e]+$/.test(name)) return
    if (!/^[\x20-\x3a\x3c-\x7e]*$/.test(value)) return
    let path = '/'
    let expires: number | undefined
    let maxAge: number | undefined
    for (const attribute of attributes) {
      const [key = '', ...rest] = attribute.split('=')
      const text = rest.join('=').trim()
      switch (key.trim().toLowerCase()) {
        case 'path':
          if (text.startsWith('/')) path = text
          break
        case 'expires': {
          const time = Date.parse(text)
          if (!Number.isNaN(time)) expires = time
          break
        }
        case 'max-age':
          if (/^-?\d{1,10}$/.test(text)) maxAge = Number(text)
          break
        case 'secure':
          if (this.#url.protocol !== 'https:') return
          break
      }
    }
    // Max-Age is the younger attribute and has precedence.
    if (maxAge !== undefined) expires = now + maxAge * 1000
    this.#cookies.delete(name)
    if (expires !== undefined && expires <= now) return
    this.#cookies.set(name, { value, path, expires })
    const [oldest] = this.#cookies.keys()
    if (this.#cookies.size > MOST_COOKIES && oldest !== undefined) this.#cookies.delete(oldest)
  }
}

/** IIS does not mind the case of a path, and sets cookies for `/EWS` and `/ews` alike. */
function isBelow(path: string, parent: string): boolean {
  const [a, b] = [path.toLowerCase(), parent.toLowerCase()]
  return a === b || a.startsWith(b.endsWith('/') ? b : `${b}/`)
}
