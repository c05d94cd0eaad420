import { rm, stat } from 'node:fs/promises'
import { basic } from '../../src/auth/basic.ts'
import { ewsBackend } from '../../src/backends/ews-backend.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { applyGrants } from '../../src/plan/apply.ts'
import { grantsFile, readGrants } from '../../src/plan/grants.ts'
import { Journal, JournalError } from '../../src/plan/journal.ts'
import { type JournalState, readJournalState } from '../../src/plan/journal-state.ts'

// Applies a file of grants with a journal, going on with it when it is there. Bundled and killed by kill.test.ts.
const [url = '', grants = '', path = ''] = process.argv.slice(2)

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

const { mailboxes } = await readGrants([grantsFile(grants)])
const backend = ewsBackend({
  clientFor: (mailbox) =>
    new EwsClient({
      url,
      auth: basic({ user: 'admin@contoso.com', password: 'Delegate-123' }),
      impersonate: mailbox,
    }),
})
process.stdout.write('ready\n')
const { journal, resume } = await openJournal()
const options = { backend, journal, concurrency: 4, ...(resume ? { resume } : {}) }
for await (const result of applyGrants(mailboxes, options)) {
  if (result.reasons.length > 0) process.stdout.write(`${result.mailbox}: ${result.reasons.join(' ')}\n`)
}
await journal.append({ type: 'finish', at: new Date().toISOString() }, { sync: true })
await journal.close()
process.stdout.write('done\n')
