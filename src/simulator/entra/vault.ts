const MOST_ENTRIES = 10_000

/** Secrets that stand for something for a while: codes and refresh tokens. Bounded; the oldest go first. */
export class Vault<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly until: number }>()
  readonly #lifetime: number
  readonly #now: () => Date

  /** @param lifetime in milliseconds. */
  constructor(lifetime: number, now: () => Date) {
    this.#lifetime = lifetime
    this.#now = now
  }

  /** @returns the secret. */
  keep(secret: string, value: Value): string {
    this.#entries.set(secret, { value, until: this.#now().getTime() + this.#lifetime })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_ENTRIES) break
      this.#entries.delete(oldest)
    }
    return secret
  }

  /** What it stands for; undefined when there is no such secret, or its time is over. */
  find(secret: string): Value | undefined {
    const entry = this.#entries.get(secret)
    return entry && entry.until > this.#now().getTime() ? entry.value : undefined
  }

  /** Was there such a secret, its time over or not? */
  knows(secret: string): boolean {
    return this.#entries.has(secret)
  }
}
