import { join } from 'node:path'
import { type DiscoverOptions, type DiscoveryResult, discover } from '../discovery/discover.ts'
import { type DiscoveryCache, fileDiscoveryCache } from '../discovery/discovery-cache.ts'
import { cacheDirectory } from '../profile/directories.ts'
import type { Context } from './context.ts'
import { printable } from './printable.ts'
import { ask, canAsk } from './prompt.ts'
import type { ServerConnection } from './server-connection.ts'
import { version } from './version.ts'

export interface DiscoverEndpointFlags {
  readonly 'allow-redirect'?: boolean | undefined
  readonly refresh?: boolean | undefined
  readonly timeout?: string | undefined
  readonly 'allow-plain-http'?: boolean | undefined
}

/** Discovers with what a person or a script said about redirects; remembers what was found. */
export async function discoverEndpoint(
  context: Context,
  connection: ServerConnection,
  address: string,
  flags: DiscoverEndpointFlags,
): Promise<DiscoveryResult> {
  const { io } = context
  const { trace, timeoutMs } = context.connection({
    timeout: flags.timeout ?? '15',
    'allow-plain-http': flags['allow-plain-http'],
  })
  return discover(address, {
    ...(await discoveryOptions(context, connection, address, flags)),
    transport: connection.transportByHost(),
    timeoutMs,
    userAgent: `ews-delegates/${version()}`,
    trace,
    signal: io.signal,
  })
}

/** Who signs in where, which hosts are gone on to, and what was found before. */
export async function discoveryOptions(
  { io }: Context,
  connection: ServerConnection,
  address: string,
  flags: Pick<DiscoverEndpointFlags, 'allow-redirect' | 'refresh'>,
): Promise<Pick<DiscoverOptions, 'auth' | 'cloud' | 'cache' | 'allowRedirect' | 'resolveSrv'>> {
  const domain = `https://${address.slice(address.lastIndexOf('@') + 1)}`
  return {
    auth: URL.canParse(domain) ? await connection.discoveryAuth(domain) : undefined,
    cloud: connection.cloud,
    ...(flags.refresh ? {} : discoveryCache(io.env)),
    allowRedirect: async (target) => {
      if (flags['allow-redirect']) return true
      if (!canAsk(io)) return false
      const answer = await ask(
        io,
        `${printable(address)} points to ${printable(target.origin)}. Go on there, with your credentials if it asks for them? [y/N] `,
        { hidden: false },
      )
      return /^\s*y(?:es)?\s*$/i.test(answer)
    },
    ...(io.resolveSrv ? { resolveSrv: io.resolveSrv } : {}),
  }
}

/** Somebody without a home asks again each time. */
function discoveryCache(env: Context['io']['env']): { cache?: DiscoveryCache } {
  try {
    return { cache: fileDiscoveryCache({ path: join(cacheDirectory(env), 'endpoints.json') }) }
  } catch {
    return {}
  }
}
