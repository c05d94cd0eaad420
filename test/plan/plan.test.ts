import { expect, test } from 'vitest'
import { ConnectionError, InvalidInputError } from '../../src/errors.ts'
import { applyGrants, applyPlans } from '../../src/plan/apply.ts'
import { accessOf, audit } from '../../src/plan/audit.ts'
import { exportMailboxes } from '../../src/plan/export.ts'
import type { PlanError } from '../../src/plan/mailbox-plan.ts'
import { plan } from '../../src/plan/plan.ts'
import { planOffboard } from '../../src/plan/who.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

const ann = { smtpAddress: 'ann@contoso.com' }
const owners = Array.from({ length: 10 }, (_, index) => `owner${index}@contoso.com`)

type Options = { readonly backend: MemoryBackend; readonly concurrency: number }
type Read = (options: Options) => AsyncIterable<{ readonly mailbox: string; readonly error?: PlanError }>

const READS: readonly (readonly [string, Read])[] = [
  [
    'planning',
    (options) =>
      plan(
        owners.map((mailbox) => ({ mailbox, mode: 'additive', delegates: [], folders: [] })),
        options,
      ),
  ],
  ['exporting', (options) => exportMailboxes(owners, 'additive', options)],
  ['auditing', (options) => audit(owners, options)],
  ['looking for somebody', (options) => accessOf(ann, owners, options)],
  ['planning a leaver', (options) => planOffboard([ann], owners, options)],
]

test.each(READS)(
  '%s reads no further mailbox once the sign-in was refused, before the account is locked',
  async (_, read) => {
    const backend = new MemoryBackend()
    for (const owner of owners) backend.add(owner)
    backend.onRead = () => {
      // The token ran out, or the password was changed, in the middle.
      if (backend.reads.length > 3)
        throw new ConnectionError('ERR_AUTHENTICATION', 'No entry.', { hint: 'Knock.' })
    }
    const results: { readonly mailbox: string; readonly error?: PlanError }[] = []
    for await (const result of read({ backend, concurrency: 1 })) results.push(result)
    expect(results.map(({ mailbox }) => mailbox)).toEqual(owners)
    expect(backend.reads.map(({ mailbox }) => mailbox)).toEqual(owners.slice(0, 4))
    expect(results.map(({ error }) => error?.code)).toEqual([
      ...Array(3).fill(undefined),
      ...Array(7).fill('ERR_AUTHENTICATION'),
    ])
    expect(results[3]?.error?.message).toBe('No entry.')
    expect(results[9]?.error).toEqual({
      code: 'ERR_AUTHENTICATION',
      message: 'Not read, because the sign-in was refused: No entry.',
      hint: 'Knock.',
    })
  },
)

test.each(READS)(
  '%s waits for a dead server only as often as mailboxes are read at a time',
  async (_, read) => {
    const readWith = async (concurrency: number) => {
      const backend = new MemoryBackend()
      for (const owner of owners) backend.add(owner)
      backend.onRead = () => {
        throw new ConnectionError('ERR_CONNECTION', 'Gone.')
      }
      const results: unknown[] = []
      for await (const result of read({ backend, concurrency })) results.push(result)
      expect(results).toHaveLength(owners.length)
      return backend.reads.length
    }
    expect(await readWith(1)).toBe(3)
    expect(await readWith(5)).toBeLessThan(owners.length)
    // All of them meet one outage together, which is not yet a server that stays away.
    expect(await readWith(owners.length)).toBe(owners.length)
  },
)

test.each<readonly [string, Read | ((options: Options) => AsyncIterable<unknown>)]>([
  ...READS,
  ['applying', (options) => applyGrants([], options)],
  ['applying plans', (options) => applyPlans([], options)],
])('%s with no mailbox at a time is refused, and not a run of nothing', async (_, read) => {
  for (const concurrency of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const run = async () => {
      for await (const _result of read({ backend: new MemoryBackend(), concurrency }));
    }
    const error = await run().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toMatchObject({ message: expect.stringContaining(`concurrency is ${concurrency},`) })
  }
})
