import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface KnownEndpoint {
  readonly ewsUrl: string
  readonly foundAt: Date
}

/** What was discovered, by address. */
export interface DiscoveryCache {
  get(address: string): Promise<KnownEndpoint | undefined>
  set(address: string, endpoint: KnownEndpoint): Promise<void>
}

export interface DiscoveryCacheOptions {
  readonly path: string
  /** Milliseconds that an endpoint counts as known. Default one day. */
  readonly maxAgeMs?: number
  readonly now?: () => number
}

const MOST = 1_000

/** In a file, for its owner alone. A file that cannot be read counts as empty: everything in it can be found again. */
export function fileDiscoveryCache(options: DiscoveryCacheOptions): DiscoveryCache {
  const { path, maxAgeMs = 24 * 60 * 60 * 1000, now = Date.now } = options
  const fresh = (endpoint: KnownEndpoint) => {
    const age = now() - endpoint.foundAt.getTime()
    // A clock that was set back makes everything seem to come from the future.
    return age > -60_000 && age < maxAgeMs
  }
  return {
    async get(address) {
      const known = (await load(path)).get(address.toLowerCase())
      return known && fresh(known) ? known : undefined
    },
    async set(address, endpoint) {
      const all = await load(path)
      all.delete(address.toLowerCase())
      all.set(address.toLowerCase(), endpoint)
      const kept = [...all].filter(([, each]) => fresh(each)).slice(-MOST)
      const draft = `${path}.${randomUUID()}`
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await writeFile(draft, `${JSON.stringify(Object.fromEntries(kept), undefined, 1)}\n`, {
          mode: 0o600,
          flag: 'wx',
        })
        await rename(draft, path)
      } catch {
        // Remembering is a convenience; a disk that is full or read-only must not fail the discovery.
        await rm(draft, { force: true }).catch(() => {})
      }
    },
  }
}

async function load(path: string): Promise<Map<string, KnownEndpoint>> {
  const known = new Map<string, KnownEndpoint>()
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, unknown>>
    for (const [address, { ewsUrl, foundAt }] of Object.entries(value)) {
      const date = new Date(String(foundAt))
      // Credentials are going to be sent to what stands here.
      if (typeof ewsUrl === 'string' && /^https:\/\//.test(ewsUrl) && !Number.isNaN(date.getTime())) {
        known.set(address, { ewsUrl, foundAt: date })
      }
    }
  } catch {
    return new Map()
  }
  return known
}
