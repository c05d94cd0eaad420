import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from '../../src/auth/basic.ts'
import { EwsDelegatesError } from '../../src/errors.ts'
import type { Operation } from '../../src/ews/operation.ts'
import * as operations from '../../src/ews/operations/index.ts'
import { readEnvelope, requireResponseRoot } from '../../src/ews/response.ts'
import { EwsSession } from '../../src/ews/session.ts'
import { redactText } from '../../src/http/redact.ts'
import { explicitFolder } from '../../src/model/folder-target.ts'
import { listFixtures, readFixture } from '../helpers/fixtures.ts'
import { neverHangs } from '../helpers/never-hangs.ts'
import { seeded } from '../helpers/random.ts'
import { mutate } from './mutate.ts'

const MUTATIONS = 10_000
/** All of them together take a few; one that hangs takes more than these. */
const MOST_SECONDS = 120
const SEED = Number(process.env.FUZZ_SEED ?? 20261121)

type Question = Operation<never, unknown>

const owner = 'allan@contoso.com'
const user = { smtpAddress: 'adele@contoso.com' }
const ids = ['a', 'b', 'c'].map((id) => ({ id, changeKey: 'x' }))

/** What was asked: everything that any `parse` looks at. */
const INPUT = {
  owner,
  users: [user, { sid: 'S-1-5-21-1-2-3-4' }],
  delegates: [
    { user, permissions: {} },
    { user: { sid: 'S-1-5-21-1-2-3-4' }, permissions: {} },
  ],
  includePermissions: true,
  targets: [explicitFolder('calendar', owner), { id: 'b' }],
  permissions: true,
  folder: { id: 'a', changeKey: 'x' },
  ids,
  items: ids,
  folders: ids,
  changes: ids.map((id) => ({ id })),
} as never

const byName = new Map(
  Object.values(operations).map((operation) => [operation.name, operation as unknown as Question]),
)
const answers = listFixtures()
  .filter((path) => !path.includes('request'))
  .map((path) => ({ path, text: readFixture(path) }))
const texts = answers.map(({ text }) => text)

/** The operation an answer is to; for a fault, any. */
function questionOf(text: string, random: () => number): Question {
  const name = /<(?:\w+:)?(\w+)Response[\s>]/.exec(text)?.[1] ?? ''
  const all = [...byName.values()]
  return byName.get(name) ?? (all[Math.floor(random() * all.length)] as Question)
}

const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)
beforeAll(() => {
  process.on('unhandledRejection', onRejection)
})
afterAll(() => {
  process.off('unhandledRejection', onRejection)
})

test('every operation has an answer to start from', () => {
  const answered = new Set(texts.map((text) => /<(?:\w+:)?(\w+)Response[\s>]/.exec(text)?.[1]))
  expect([...byName.keys()].filter((name) => !answered.has(name))).toEqual([])
})

test(
  `${MUTATIONS} mutations of the fixtures give a result or a typed error, never a hang or a crash`,
  () => {
    const random = seeded(SEED)
    const seen = { results: 0, errors: new Map<string, number>() }
    const mutateOnce = (count: number) => {
      const { path, text } = answers[Math.floor(random() * answers.length)] as (typeof answers)[number]
      const question = questionOf(text, random)
      const mutated = mutate(text, random, texts)
      // What a trace shows of it.
      redactText(mutated)
      try {
        const { root } = readEnvelope(mutated, 200)
        const result = question.parse(requireResponseRoot(root, question.name), INPUT)
        // Plain data, all of it: it can be written down.
        expect(() => JSON.stringify(result)).not.toThrow()
        seen.results++
      } catch (error) {
        if (!(error instanceof EwsDelegatesError)) {
          throw new Error(`seed ${SEED}, mutation ${count} of ${path}:\n${mutated.slice(0, 4000)}`, {
            cause: error,
          })
        }
        expect(error.message).not.toBe('')
        seen.errors.set(error.code, (seen.errors.get(error.code) ?? 0) + 1)
      }
    }
    neverHangs(() => {
      for (let count = 0; count < MUTATIONS; count++) mutateOnce(count)
    }, MOST_SECONDS)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
    // The mutations are neither all harmless nor all fatal.
    expect(seen.results).toBeGreaterThan(MUTATIONS * 0.05)
    expect([...seen.errors.keys()].sort()).toEqual(
      expect.arrayContaining(['ERR_EWS_RESPONSE', 'ERR_INVALID_RESPONSE', 'ERR_LIMIT_EXCEEDED']),
    )
  },
  2_000 * MOST_SECONDS,
)

test('a delegate that was asked for has an outcome, whatever the server answers', () => {
  const random = seeded(SEED + 1)
  const delegateAnswers = answers.filter(({ path }) => /-delegate\/response/.test(path))
  for (let count = 0; count < 1_000; count++) {
    const { text } = delegateAnswers[count % delegateAnswers.length] as (typeof answers)[number]
    const question = questionOf(text, random)
    let result: unknown
    try {
      const { root } = readEnvelope(mutate(text, random, texts), 200)
      result = question.parse(requireResponseRoot(root, question.name), INPUT)
    } catch {
      continue
    }
    const outcomes = (Array.isArray(result) ? result : (result as { outcomes: unknown[] }).outcomes) as {
      ok: boolean
      code?: string
    }[]
    expect(outcomes).toHaveLength(2)
    for (const outcome of outcomes) expect(outcome.ok || typeof outcome.code === 'string').toBe(true)
  }
})

test('a whole session survives them too, with any status and any headers', async () => {
  const random = seeded(SEED + 2)
  const statuses = [200, 200, 200, 204, 302, 401, 403, 404, 429, 440, 456, 500, 500, 503, 504]
  for (let count = 0; count < 1_000; count++) {
    const { text } = answers[Math.floor(random() * answers.length)] as (typeof answers)[number]
    const header = () =>
      mutate('30, Sat, 21 Nov 2026 09:00:00 GMT; a="b"; https://x.example/?code=1', random, texts)
    const session = new EwsSession({
      url: 'https://mail.contoso.com/EWS/Exchange.asmx',
      auth: basic({ user: 'admin', password: 'Pa55-w0rd-x' }),
      trace: ({ text: shown }) => expect(shown).not.toContain('Pa55-w0rd-x'),
      transport: async () => ({
        status: statuses[Math.floor(random() * statuses.length)] as number,
        statusText: header(),
        headers: {
          'retry-after': header(),
          location: header(),
          'www-authenticate': header(),
          'x-ms-diagnostics': header(),
          'content-type': header(),
        },
        setCookie: [header(), 'a=1'],
        body: random() < 0.2 ? header() : mutate(text, random, texts),
      }),
    })
    const question =
      questionOf(text, random) === byName.get('GetDelegate') ? operations.getDelegate : operations.getFolder
    await session.call(question as unknown as Question, INPUT).catch((error: unknown) => {
      if (!(error instanceof EwsDelegatesError)) throw error
    })
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(rejections).toEqual([])
})
