import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import { ConnectionError } from '../errors.ts'
import { describeProxy, type ProxyAddress } from './proxy.ts'
import { type TlsSettings, tlsOptions } from './tls-settings.ts'

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

function connectOverHttp(
  proxy: ProxyAddress,
  host: string,
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const secure = proxy.protocol === 'https'
  const { timeoutMs = 30_000 } = options
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? https : http).request({
      ...(secure ? tlsOptions(options.tls ?? {}) : {}),
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: authority,
      // A connection of its own: it becomes the tunnel.
      agent: false,
      headers: {
        host: authority,
        ...(proxy.user === undefined
          ? {}
          : {
              'proxy-authorization': `Basic ${Buffer.from(`${proxy.user}:${proxy.password ?? ''}`).toString('base64')}`,
            }),
      },
    })
    const timer = setTimeout(() => outgoing.destroy(new Error('it does not answer')), timeoutMs)
    outgoing.once('connect', (response, socket, head) => {
      clearTimeout(timer)
      const { statusCode = 0 } = response
      if (statusCode >= 200 && statusCode < 300) {
        if (head.byteLength > 0) socket.unshift(head)
        resolve(socket as Socket)
        return
      }
      socket.destroy()
      reject(refused(proxy, statusCode, response.headers['proxy-authenticate']))
    })
    // A proxy that does not know CONNECT answers it like any request.
    outgoing.once('response', (response) => {
      clearTimeout(timer)
      response.destroy()
      reject(refused(proxy, response.statusCode ?? 0, undefined))
    })
    outgoing.once('error', (cause) => {
      clearTimeout(timer)
      reject(unreachable(proxy, cause))
    })
    outgoing.end()
  })
}

async function connectOverSocks(
  proxy: ProxyAddress,
  host: string,
  port: number,
  options: TunnelOptions,
): Promise<Socket> {
  const { SocksClient } = await import('socks')
  try {
    const address = proxy.remoteNames || isIP(host) ? host : (await lookup(host)).address
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

function refused(proxy: ProxyAddress, status: number, challenge: string | undefined): ConnectionError {
  const name = describeProxy(proxy)
  if (status === 407) {
    const schemes = [...(challenge ?? '').matchAll(/(?:^|,)\s*([A-Za-z][\w-]*)(?=\s|,|$)/g)].map(
      ([, scheme]) => scheme,
    )
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
