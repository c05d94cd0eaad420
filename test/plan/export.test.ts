import fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditState } from '../../src/plan/audit.ts'
import { exportMailboxes, writeGrantsJsonLines, writeGrantsYaml } from '../../src/plan/export.ts'
import { readGrants } from '../../src/plan/grants.ts'
import { plan } from '../../src/plan/plan.ts'
import { planOffboard } from '../../src/plan/who.ts'
import { OWNER, PEOPLE, prepare, present } from '../helpers/grants-arbitrary.ts'
import { MemoryBackend } from '../helpers/memory-backend.ts'

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

test('whatever a mailbox grants, exporting and planning finds nothing to do', async () => {
  await fc.assert(
    fc.asyncProperty(
      present,
      fc.constantFrom('additive' as const, 'exact' as const),
      fc.constantFrom('none' as const, 'standard' as const, 'all' as const),
      fc.constantFrom(writeGrantsYaml, writeGrantsJsonLines),
      async (state, mode, folders, write) => {
        const backend = new MemoryBackend()
        prepare(backend, state)
        const [exported] = await all(exportMailboxes([OWNER], mode, { backend, folders }))
        if (!exported?.desired) throw new Error('not read')
        const content = (await all(write([exported.desired], mode))).join('')
        const name = write === writeGrantsYaml ? 'export.yaml' : 'export.jsonl'
        const { mailboxes } = await readGrants([{ name, content }])
        const [again] = await all(plan(mailboxes, { backend }))
        expect(again).toMatchObject({ steps: [], blocked: [] })
      },
    ),
    { numRuns: 200, seed: 7 },
  )
})

test('somebody who was taken out has no way in of their own left', async () => {
  const { applyPlans } = await import('../../src/plan/apply.ts')
  await fc.assert(
    fc.asyncProperty(present, fc.constantFrom(...PEOPLE), async (state, leaver) => {
      const backend = new MemoryBackend()
      prepare(backend, state)
      const plans = planOffboard([{ smtpAddress: leaver }], [OWNER], { backend, folders: 'all' })
      await all(applyPlans(plans, { backend }))
      const { access } = auditState(
        await backend.read(OWNER, { delegates: true, folders: Object.keys(backend.mailbox(OWNER).folders) }),
        { now: new Date() },
      )
      expect(access.filter(({ user }) => user === leaver)).toEqual([])
    }),
    { numRuns: 100, seed: 7 },
  )
})
