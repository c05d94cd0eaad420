import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../http/clock.ts'
import type { Underway } from './underway.ts'

/** Everything of the outside that a command touches; the tests hand in their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where relative paths begin. */
  readonly cwd: string
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  /** Kept up to date for whoever ends the process before its time. */
  readonly underway?: Underway
  /** Default: the system's. */
  readonly clock?: Clock
  /** Looks up SRV records. Default: the system's name service. */
  readonly resolveSrv?: (name: string) => Promise<readonly { name: string; port: number }[]>
}
