import { createHash } from 'node:crypto'
import type { Exchange } from '../store/exchange.ts'
import type { Fault, FaultPlan, Latency } from './fault.ts'
import { checkFaults } from './fault-file.ts'
import { primaryAddress, type RequestFacts } from './request-facts.ts'

/** A fault that is in force. */
export interface ActiveFault {
  readonly id: string
  readonly fault: Fault
  /** How many requests it was meant for, and how many of them it struck. */
  readonly seen: number
  readonly struck: number
}

/** What befalls one request. */
export interface Strike {
  /** Milliseconds to wait before and after the request is carried out. */
  readonly waitBefore: number
  readonly waitAfter: number
  /** What goes wrong, when something does. */
  readonly fault: Exclude<Fault, Latency> | undefined
  /** The same for the same request of the same run. */
  readonly randomBytes: (size: number) => Buffer
  /** Call this when the request was answered. */
  readonly end: () => void
}

interface Rule {
  readonly id: string
  readonly fault: Fault
  seen: number
  struck: number
  /** How often each operation on each mailbox was looked at. */
  readonly turns: Map<string, number>
  /** How many requests each account has under way. */
  readonly underWay: Map<string, number>
}

const DEFAULT_SEED = 1

/**
 * The faults in force. Of those that are meant for a request, every latency applies, and the first other one.
 *
 * Which requests a share strikes depends on the seed, on the fault, and on the how-manieth request it is for its
 * operation and mailbox: so a run can be repeated even when calls for different mailboxes overtake each other.
 */
export class Faults {
  readonly #exchange: Exchange
  #seed: number | string
  #rules: Rule[] = []
  #next = 1

  constructor(exchange: Exchange, plan: FaultPlan = { faults: [] }) {
    this.#exchange = exchange
    this.#seed = plan.seed ?? DEFAULT_SEED
    this.add(plan.faults)
  }

  get seed(): number | string {
    return this.#seed
  }

  /**
   * Puts faults into force, after those that are.
   * @returns their ids.
   * @throws InvalidInputError for a fault with mistakes; then none is added.
   */
  add(faults: Fault | readonly Fault[]): string[] {
    const rules = checkFaults(faults).faults.map(
      (fault): Rule => ({
        id: String(this.#next++),
        fault,
        seen: 0,
        struck: 0,
        turns: new Map(),
        underWay: new Map(),
      }),
    )
    this.#rules.push(...rules)
    return rules.map(({ id }) => id)
  }

  /** Starts over: these faults and no others, counted from the beginning. */
  replace(plan: FaultPlan): string[] {
    const { faults, seed } = checkFaults(plan)
    this.clear()
    if (seed !== undefined) this.#seed = seed
    return this.add(faults)
  }

  /** @returns whether there was such a fault. */
  remove(id: string): boolean {
    const before = this.#rules.length
    this.#rules = this.#rules.filter((rule) => rule.id !== id)
    return this.#rules.length < before
  }

  clear(): void {
    this.#rules = []
    this.#next = 1
  }

  list(): ActiveFault[] {
    return this.#rules.map(({ id, fault, seen, struck }) => ({ id, fault, seen, struck }))
  }

  /** For the server: is anything in force at all? */
  get any(): boolean {
    return this.#rules.length > 0
  }

  /** For the server: what befalls this request. */
  strike(facts: RequestFacts): Strike {
    const key = `${facts.face} ${facts.operation ?? ''} ${facts.mailboxes.join(' ')}`
    const ends: (() => void)[] = []
    let [waitBefore, waitAfter] = [0, 0]
    let chosen: { fault: Exclude<Fault, Latency>; random: string } | undefined
    for (const rule of this.#rules) {
      const { fault } = rule
      if (!this.#isMeantFor(fault, facts)) continue
      if (fault.kind !== 'latency' && chosen) continue
      const turn = (rule.turns.get(key) ?? 0) + 1
      rule.turns.set(key, turn)
      rule.seen++
      if (fault.above !== undefined) ends.push(this.#enter(rule, facts.account))
      const random = `${this.#seed} ${rule.id} ${key} ${turn}`
      if (!this.#strikes(rule, facts, random)) continue
      rule.struck++
      if (fault.kind === 'latency') {
        const wait = fault.milliseconds + Math.floor(chance(`jitter ${random}`) * ((fault.jitter ?? 0) + 1))
        if (fault.when === 'after') waitAfter += wait
        else waitBefore += wait
      } else chosen = { fault, random }
    }
    return {
      waitBefore,
      waitAfter,
      fault: chosen?.fault,
      randomBytes: (size) => bytesOf(chosen?.random ?? '', size),
      end: () => {
        for (const end of ends.splice(0)) end()
      },
    }
  }

  #isMeantFor(fault: Fault, facts: RequestFacts): boolean {
    const { face, operation, mailbox, method } = fault
    const is = (wanted: string | readonly string[], given: string | undefined) =>
      given !== undefined && [wanted].flat().some((one) => one.toLowerCase() === given.toLowerCase())
    return (
      (face === undefined || is(face, facts.face)) &&
      (operation === undefined || is(operation, facts.operation)) &&
      (method === undefined || is(method, facts.method)) &&
      (mailbox === undefined ||
        [mailbox].flat().some((one) => facts.mailboxes.includes(primaryAddress(this.#exchange, one))))
    )
  }

  #strikes(rule: Rule, facts: RequestFacts, random: string): boolean {
    const { above, skip = 0, share = 1, count = Number.POSITIVE_INFINITY } = rule.fault
    if (rule.seen <= skip || rule.struck >= count) return false
    if (above !== undefined && (rule.underWay.get(facts.account) ?? 0) <= above) return false
    return share >= 1 || chance(random) < share
  }

  #enter(rule: Rule, account: string): () => void {
    rule.underWay.set(account, (rule.underWay.get(account) ?? 0) + 1)
    return () => {
      const left = (rule.underWay.get(account) ?? 1) - 1
      if (left > 0) rule.underWay.set(account, left)
      else rule.underWay.delete(account)
    }
  }
}

/** A number from 0 up to but not including 1. */
function chance(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48
}

function bytesOf(text: string, size: number): Buffer {
  const blocks: Buffer[] = []
  for (let i = 0; i * 32 < size; i++) blocks.push(createHash('sha256').update(`bytes ${text} ${i}`).digest())
  return Buffer.concat(blocks).subarray(0, size)
}
