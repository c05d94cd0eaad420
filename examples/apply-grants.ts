// Describes grants, shows what would change, makes them so with a journal, and puts them back.
// Server and account come from EWS_URL, EWS_USER and EWS_PASSWORD.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  applyGrants,
  applyPlans,
  basic,
  EwsClient,
  ewsBackend,
  Journal,
  plan,
  planRevert,
  readGrants,
  renderMailboxPlan,
} from 'ews-delegates'

const { EWS_URL = '', EWS_USER = '', EWS_PASSWORD = '' } = process.env
const auth = basic({ user: EWS_USER, password: EWS_PASSWORD })
const backend = ewsBackend({
  clientFor: (mailbox) => new EwsClient({ url: EWS_URL, auth, impersonate: mailbox }),
})

const { mailboxes } = await readGrants([
  {
    name: 'grants.yaml',
    content: `
roles:
  assistant: { calendar: Editor, inbox: Reviewer }
mailboxes:
  - mailbox: PattiF@contoso.com
    delegates: [{ user: AlexW@contoso.com, role: assistant }]
`,
  },
])

for await (const mailbox of plan(mailboxes, { backend }))
  for (const { text } of renderMailboxPlan(mailbox)) console.log(text)

const path = join(await mkdtemp(join(tmpdir(), 'grants-')), 'run.jsonl')
const journal = await Journal.create(path)
for await (const { mailbox, status } of applyGrants(mailboxes, { backend, journal }))
  console.log(`${mailbox}: ${status}`)
await journal.close()

for await (const { mailbox, status } of applyPlans(planRevert(path), { backend }))
  console.log(`${mailbox}: put back, ${status}`)
