import { BlockList, isIP } from 'node:net'
import { InvalidInputError } from '../errors.ts'

/** A proxy between us and the server. */
export interface ProxyAddress {
  readonly protocol: 'http' | 'https' | 'socks4' | 'socks5'
  readonly host: string
  readonly port: number
  readonly user?: string
  readonly password?: string
  /** SOCKS 4 and `socks5:` look names up here, `socks4a:` and `socks5h:` let the proxy do it. */
  readonly remoteNames: boolean
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks: 1080 }

/**
 * Reads a proxy's address: `http:`, `https:`, `socks5:`, `socks5h:`, `socks4:` or `socks4a:`, with a user and a
 * password if it wants them; without a scheme it is `http:`. `socks:` is `socks5h:`.
 *
 * @throws InvalidInputError for anything else; the password is not in the message.
 */
export function parseProxy(text: string): ProxyAddress {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  const [, scheme = '', variant = ''] =
    /^(https?|socks)(4a?|5h?)?:$/.exec(url?.protocol ?? '') ?? ([] as string[])
  if (!url || scheme === '' || url.hostname === '' || (scheme !== 'socks' && variant !== '')) {
    throw new InvalidInputError('The proxy’s address is not one that can be used.', {
      hint: 'Give it like http://proxy.contoso.com:8080 or socks5h://proxy.contoso.com:1080.',
    })
  }
  const port = url.port === '' ? (DEFAULT_PORTS[scheme] as number) : Number(url.port)
  return {
    protocol:
      scheme === 'socks' ? (variant.startsWith('4') ? 'socks4' : 'socks5') : (scheme as 'http' | 'https'),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    ...(url.username === '' ? {} : { user: decode(url.username) }),
    ...(url.password === '' ? {} : { password: decode(url.password) }),
    remoteNames: !['4', '5'].includes(variant),
  }
}

/** For messages: without user and password. */
export function describeProxy({ protocol, host, port }: ProxyAddress): string {
  return `${protocol}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/**
 * The proxy that the environment names for an address, as curl does it: `HTTPS_PROXY` or `HTTP_PROXY`, else
 * `ALL_PROXY`, in small letters too; nothing for what `NO_PROXY` lists.
 */
export function proxyFromEnvironment(
  url: string | URL,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const target = new URL(url)
  if (bypassesProxy(target, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined
  // HTTP_PROXY in capitals can be a request's header in a CGI program, which is why curl ignores it. This is none.
  const names = target.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY']
  return [...names, 'all_proxy', 'ALL_PROXY'].map((name) => env[name]?.trim()).find((value) => value)
}

/**
 * Is this host reached without a proxy? The list is separated by commas or spaces: `*`, a host, a domain with or
 * without a leading dot (its hosts too), either with a port, an address, or a network such as `10.0.0.0/8`.
 * Loopback never needs a proxy.
 */
export function bypassesProxy(url: string | URL, list: string): boolean {
  const target = new URL(url)
  const host = target.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  const port = target.port || (target.protocol === 'https:' ? '443' : '80')
  if (host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)) return true
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return isInNetwork(host, entry)
      const bare = entry.replace(/^\[|\]$/g, '')
      if (isIP(bare)) return bare === host
      const [, name = entry, entryPort] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? []
      if (entryPort !== undefined && entryPort !== port) return false
      const domain = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
      return domain !== '' && (host === domain || (!isIP(host) && host.endsWith(`.${domain}`)))
    })
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  const family = isIP(address)
  if (!family || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false
  if (Number(bits) > (family === 4 ? 32 : 128)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, Number(bits), type)
  return list.check(host, type)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
