import { join } from 'node:path'
import { type DiscoveryResult, discover } from '../discovery/discover.ts'
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
  readonly trace?: boolean | undefined
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
  const domain = `https://${address.slice(address.lastIndexOf('@') + 1)}`
  const transport = URL.canParse(domain) ? connection.transport(domain) : undefined
  const { trace, timeoutMs } = context.connection({
    timeout: flags.timeout ?? '15',
    trace: flags.trace,
    'allow-plain-http': flags['allow-plain-http'],
  })
  return discover(address, {
    auth: URL.canParse(domain) ? await connection.discoveryAuth(domain) : undefined,
    ...(transport ? { transport } : {}),
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
    timeoutMs,
    userAgent: `ews-delegates/${version()}`,
    trace,
    signal: io.signal,
  })
}

/** Somebody without a home asks again each time. */
function discoveryCache(env: Context['io']['env']): { cache?: DiscoveryCache } {
  try {
    return { cache: fileDiscoveryCache({ path: join(cacheDirectory(env), 'endpoints.json') }) }
  } catch {
    return {}
  }
}
