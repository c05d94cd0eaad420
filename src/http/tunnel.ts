import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ConnectionError } from '../errors.ts'
import { describeProxy, type ProxyAddress } from './proxy.ts'
import { type TlsSettings, tlsOptions } from './tls-settings.ts'

/** A proxy that has said more than this has not said what it was asked. */
const LONGEST_HEAD = 65_536

export interface TunnelOptions {
  /** For a proxy that is itself reached over TLS. */
  readonly tls?: TlsSettings
  /** Milliseconds. Default 30 000. */
  readonly timeoutMs?: number
}

/**
 * Opens a way through a proxy to a server: HTTP's CONNECT, or SOCKS. TLS to the server goes on top of it, so the
 * proxy sees the server's name and nothing else.
 *
 * @returns the socket, on which the server hears what is written.
 * @throws ConnectionError when the proxy does not let us through; nothing was sent to the server then.
 */
export async function openTunnel(
  proxy: ProxyAddress,
  target: URL,
  options: TunnelOptions = {},
): Promise<Socket> {
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80))
  return proxy.protocol === 'http' || proxy.protocol === 'https'
    ? connectOverHttp(proxy, host, port, options)
    : connectOverSocks(proxy, host, port, options)
}

async function connectOverHttp(
  proxy: ProxyAddress,
  host: string,
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const credentials =
    proxy.user === undefined
      ? []
      : [
          `Proxy-Authorization: Basic ${Buffer.from(`${proxy.user}:${proxy.password ?? ''}`).toString('base64')}`,
        ]
  const socket = openSocket(proxy, options.tls ?? {})
  try {
    const opened = proxy.protocol === 'https' ? 'secureConnect' : 'connect'
    const head = await within(options.timeoutMs ?? 30_000, socket, async () => {
      await once(socket, opened)
      socket.write(
        [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...credentials, '', ''].join('\r\n'),
      )
      return readHead(socket)
    })
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0)
    if (status < 200 || status > 299) throw refused(proxy, status, head)
    return socket
  } catch (cause) {
    socket.destroy()
    throw cause instanceof ConnectionError ? cause : unreachable(proxy, cause)
  }
}

function openSocket(proxy: ProxyAddress, tls: TlsSettings): Socket {
  const { host, port } = proxy
  if (proxy.protocol === 'http') return connectPlain({ host, port })
  return connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...tlsOptions(tls) })
}

/** The proxy's answer up to its empty line; what comes after belongs to the server behind it. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const end = (settle: () => void) => {
      socket.off('data', onData).off('error', onEnd).off('close', onEnd)
      settle()
    }
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const length = received.indexOf('\r\n\r\n')
      if (length < 0 && received.byteLength < LONGEST_HEAD) return
      socket.pause()
      const rest = length < 0 ? Buffer.alloc(0) : received.subarray(length + 4)
      if (rest.byteLength > 0) socket.unshift(rest)
      end(() => resolve(received.toString('latin1', 0, Math.max(0, length))))
    }
    const onEnd = (error?: Error | boolean) =>
      end(() => reject(error instanceof Error ? error : new Error('it closed the connection')))
    socket.on('data', onData).once('error', onEnd).once('close', onEnd)
  })
}

async function within<T>(milliseconds: number, socket: Socket, task: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), milliseconds)
  try {
    return await task()
  } finally {
    clearTimeout(timer)
  }
}

async function connectOverSocks(
  proxy: ProxyAddress,
  host: string,
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  // By its default: a bundler that splits gives a CommonJS package no other names.
  const { SocksClient } = (await import('socks')).default
  const address = proxy.remoteNames || isIP(host) ? host : await lookUpHere(host, proxy)
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      destination: { host: address, port },
      timeout: options.timeoutMs ?? 30_000,
      proxy: {
        host: proxy.host,
        port: proxy.port,
        type: proxy.protocol === 'socks4' ? 4 : 5,
        ...(proxy.user === undefined ? {} : { userId: proxy.user, password: proxy.password ?? '' }),
      },
    })
    return socket
  } catch (cause) {
    throw unreachable(proxy, cause)
  }
}

async function lookUpHere(host: string, proxy: ProxyAddress): Promise<string> {
  try {
    return (await lookup(host)).address
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new ConnectionError('ERR_CONNECTION', `The name ${host} is not known here (${code}).`, {
      hint: `With ${proxy.protocol}: names are looked up on this machine. To let the proxy do it, write ${proxy.protocol === 'socks4' ? 'socks4a' : 'socks5h'}:// in its address.`,
    })
  }
}

function refused(proxy: ProxyAddress, status: number, head: string): ConnectionError {
  const name = describeProxy(proxy)
  if (status === 0) {
    return new ConnectionError('ERR_CONNECTION', `${name} does not answer as a proxy does.`, {
      hint: 'Check its address and port.',
    })
  }
  if (status === 407) {
    const schemes = [...head.matchAll(/^proxy-authenticate:\s*([a-z][\w-]*)/gim)].map(([, scheme]) => scheme)
    return new ConnectionError('ERR_AUTHENTICATION', `The proxy ${name} wants a sign-in.`, {
      httpStatus: status,
      hint: `Put user and password into the proxy’s address (Basic is spoken).${schemes.length > 0 ? ` It offers ${schemes.join(', ')}.` : ''}`,
    })
  }
  return new ConnectionError(
    'ERR_CONNECTION',
    `The proxy ${name} does not let us through (HTTP ${status}).`,
    {
      hint: 'Ask who runs it to allow the server’s name and port, or name the server in NO_PROXY.',
    },
  )
}

function unreachable(proxy: ProxyAddress, cause: unknown): ConnectionError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ConnectionError(
    'ERR_CONNECTION',
    `The proxy ${describeProxy(proxy)} gives no connection: ${message.replace(/\.$/, '')}.`,
    // The cause of a SOCKS failure holds the whole configuration, the password too.
    { hint: 'Check the proxy’s address, and whether the server is to be reached through it at all.' },
  )
}
