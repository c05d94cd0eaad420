import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { transportOver } from './fetch-transport.ts'
import { parseProxy } from './proxy.ts'
import { type TlsSettings, tlsOptions } from './tls-settings.ts'
import type { Transport } from './transport.ts'
import { openTunnel } from './tunnel.ts'

export interface ConnectionSettings extends TlsSettings {
  /**
   * The proxy to go through, e.g. `http://proxy.contoso.com:8080` or `socks5h://proxy.contoso.com:1080`; user and
   * password may stand in it. See `proxyFromEnvironment` for `HTTPS_PROXY` and `NO_PROXY`.
   */
  readonly proxy?: string | undefined
}

/**
 * A transport for networks and servers that want more than an address: a proxy, a private authority, a client
 * certificate. Without any of them use {@link fetchTransport}, which is what a client does by itself.
 *
 * @throws InvalidInputError for an address or a certificate that cannot be used.
 */
export function connectTransport(settings: ConnectionSettings): Transport {
  const tls = tlsOptions(settings)
  const proxy = settings.proxy === undefined ? undefined : parseProxy(settings.proxy)
  let transport: Promise<Transport> | undefined

  async function load(): Promise<Transport> {
    // Loaded when used: a client without such settings does not pay for it.
    // By its default: a bundler that splits gives a CommonJS package no other names.
    const { Agent, buildConnector, fetch } = (await import('undici')).default
    const secure = buildConnector(tls)
    const viaProxy: buildConnector.connector = (options, callback) => {
      if (!proxy) return secure(options, callback)
      // With SOCKS and CONNECT alike the server's own TLS runs inside the tunnel.
      const target = new URL(`${options.protocol}//${options.host ?? options.hostname}`)
      openTunnel(proxy, target, { tls: settings }).then(
        (socket: Socket) =>
          options.protocol === 'https:'
            ? secure({ ...options, httpSocket: socket }, callback)
            : callback(null, socket.setNoDelay(true)),
        (error: Error) => callback(error, null),
      )
    }
    const dispatcher = new Agent({ connect: viaProxy, autoSelectFamily: true })
    return transportOver((url, init) => fetch(url, { ...init, dispatcher }))
  }

  return async (request) => {
    transport ??= load()
    return (await transport)(request)
  }
}
