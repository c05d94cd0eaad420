import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { AGENT_SETTINGS, transportOver } from './http-transport.ts'
import { type ProxyAddress, parseProxy } from './proxy.ts'
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
 * certificate. Without any of them use {@link httpTransport}, which is what a client does by itself.
 *
 * @throws InvalidInputError for an address or a certificate that cannot be used.
 */
export function connectTransport(settings: ConnectionSettings): Transport {
  return transportOver({
    http: makeAgent('http:', settings, AGENT_SETTINGS),
    https: makeAgent('https:', settings, AGENT_SETTINGS),
  })
}

/**
 * An agent whose connections have these settings.
 * @throws InvalidInputError for an address or a certificate that cannot be used.
 */
export function makeAgent(
  protocol: string,
  settings: ConnectionSettings,
  options: http.AgentOptions,
): http.Agent {
  const tls = protocol === 'https:' ? tlsOptions(settings) : {}
  const agent = protocol === 'https:' ? new https.Agent({ ...options, ...tls }) : new http.Agent(options)
  if (settings.proxy === undefined) return agent
  const proxy = parseProxy(settings.proxy)
  return Object.assign(agent, { createConnection: connectThrough(proxy, protocol, settings, tls) })
}

/** With SOCKS and CONNECT alike the server's own TLS runs inside the tunnel. */
function connectThrough(
  proxy: ProxyAddress,
  protocol: string,
  settings: TlsSettings,
  tls: ConnectionOptions,
) {
  return (given: ConnectionOptions, done: (error: Error | null, socket?: Socket) => void) => {
    const { host = '', port = '' } = given
    const target = new URL(`${protocol}//${host.includes(':') ? `[${host}]` : host}:${port}`)
    openTunnel(proxy, target, { tls: settings }).then((socket) => {
      if (protocol === 'https:') return done(null, connectTls({ ...given, ...tls, socket }))
      done(null, socket.setNoDelay(true))
      // It was paused when the proxy had answered, and by now somebody listens.
      socket.resume()
    }, done)
  }
}
