import { rm, stat } from 'node:fs/promises'
import { basic } from '../../src/auth/basic.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { patient } from '../../src/http/retry-policy.ts'
import { applyGrants, applyPlans } from '../../src/plan/apply.ts'
import { grantsFile, readGrants } from '../../src/plan/grants.ts'
import { Journal } from '../../src/plan/journal.ts'
import { JournalError } from '../../src/plan/journal-error.ts'
import { type JournalState, readJournalState } from '../../src/plan/journal-state.ts'
import { readPlanFile } from '../../src/plan/plan-file.ts'

// Applies a file of grants, or a saved plan, with a journal, going on with it when it is there. Bundled and killed by
// kill.test.ts.
const [url = '', file = '', path = ''] = process.argv.slice(2)

async function openJournal(): Promise<{ journal: Journal; resume?: JournalState }> {
  if (await stat(path).catch(() => undefined)) {
    try {
      const resume = await readJournalState(path)
      return { journal: await Journal.resume(path), resume }
    } catch (error) {
      // Killed before the first line was whole: the run had not begun.
      if (!(error instanceof JournalError && /had not begun/.test(error.message))) throw error
      await rm(path)
    }
  }
  return { journal: await Journal.create(path) }
}

const backend = ewsBackend({
  clientFor: (mailbox) =>
    new EwsClient({
      url,
      auth: basic({ user: 'admin@contoso.com', password: 'Delegate-123' }),
      impersonate: mailbox,
      retry: patient(),
    }),
})
process.stdout.write('ready\n')
const { journal, resume } = await openJournal()
const options = { backend, journal, concurrency: 4, ...(resume ? { resume } : {}) }
const results = file.endsWith('.plan')
  ? applyPlans((await readPlanFile(file)).mailboxes, options)
  : applyGrants((await readGrants([grantsFile(file)])).mailboxes, options)
for await (const result of results) {
  if (result.reasons.length > 0) process.stdout.write(`${result.mailbox}: ${result.reasons.join(' ')}\n`)
}
await journal.close()
process.stdout.write('done\n')
