import type { Backend } from '../backends/backend.ts'
import { type EwsDelegatesError, EwsResponseError } from '../errors.ts'
import type { Gate } from './pool.ts'
import { isBusy, ServerWatch } from './server-watch.ts'

/** Everybody who is in a group through whatever groups in it, by address in lower case. */
export type Members = ReadonlySet<string>

/**
 * Whether an address is a group's, and whose it then is. `unknown`: the server does not say; with `members` where it
 * says of some of a group.
 */
export type Membership =
  | Members
  | 'nobody'
  | { readonly unknown: EwsDelegatesError; readonly members?: Members }

/** More than an organization has groups and more than fits on lists of permissions; then it is begun anew. */
const REMEMBERED = 10_000

/** Who is in groups. Each address is asked for once, whether it is a group's or not: lists do not tell them apart. */
export class Groups {
  readonly #backend: Backend
  readonly #known = new Map<string, Promise<Membership>>()
  readonly #gate: Gate
  readonly #watch: ServerWatch
  /** Why nobody is asked for any longer; each who waits at the gate would wait for a dead server in turn. */
  #lost: { readonly error: unknown } | undefined

  /**
   * @param gate lets so many requests run at a time, those of others too. Who asks must not hold a place of it.
   * @param concurrency how many mailboxes are worked on at a time.
   */
  constructor(backend: Backend, gate: Gate, concurrency: number) {
    this.#backend = backend
    this.#gate = gate
    this.#watch = new ServerWatch(concurrency)
  }

  /** Can the backend tell? */
  get isPossible(): boolean {
    return this.#backend.membersOf !== undefined
  }

  /** @throws what means that the server cannot be asked at all, or has no room. */
  async membershipOf(mailbox: string, address: string): Promise<Membership> {
    const key = address.toLowerCase()
    const known = this.#known.get(key)
    if (known) return known
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    const asked = this.#unfold(mailbox, address)
    this.#known.set(key, asked)
    asked.catch(() => this.#known.delete(key))
    return asked
  }

  async #unfold(mailbox: string, address: string): Promise<Membership> {
    const people = new Set<string>()
    // Groups can be in each other.
    const seen = new Set([address.toLowerCase()])
    const waiting = [address]
    let unknown: EwsDelegatesError | undefined
    for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
      let members: Awaited<ReturnType<NonNullable<Backend['membersOf']>>>
      try {
        members = await this.#ask(mailbox, group)
      } catch (error) {
        // Of a busy server the answer is not worth keeping: it tells another time.
        if (!(error instanceof EwsResponseError) || isBusy(error)) throw error
        if (group === address) return { unknown: error }
        unknown ??= error
        continue
      }
      if (!members && group === address) return 'nobody'
      if (!members) unknown ??= hidden(group)
      for (const member of members ?? []) {
        const key = member.address.toLowerCase()
        if (!member.isGroup) people.add(key)
        else if (!seen.has(key)) waiting.push(member.address)
        seen.add(key)
      }
    }
    return unknown ? { unknown, members: people } : people
  }

  #ask(mailbox: string, group: string) {
    return this.#gate.run(async () => {
      if (this.#lost) throw this.#lost.error
      try {
        const members = await this.#backend.membersOf?.(mailbox, group)
        this.#watch.heard()
        this.#watch.served(mailbox)
        return members
      } catch (error) {
        this.#watch.failed(error, mailbox)
        if (this.#watch.lost) this.#lost = { error }
        throw error
      }
    })
  }
}

function hidden(group: string): EwsResponseError {
  return new EwsResponseError(`The server does not tell who is in ${group}.`, {
    responseCode: 'ErrorNameResolutionNoResults',
    level: 'item',
  })
}
