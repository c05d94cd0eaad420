// Plans tables of so many mailboxes, for apply.mjs, one after the other, with a backend that answers at once: what is
// left is this library's own time and memory.
import { plan, readGrants } from '../dist/index.js'

const counts = process.argv.slice(2).map(Number)
const rights = {
  createItems: false,
  createSubFolders: false,
  folderOwner: false,
  folderVisible: false,
  folderContact: false,
  editItems: 'None',
  deleteItems: 'None',
  readItems: 'None',
}
const entries = ['Default', 'Anonymous'].map((distinguishedUser) => ({
  user: { distinguishedUser },
  level: 'None',
  rights,
}))
const backend = {
  name: 'nothing',
  read: async (mailbox, { folders }) => ({
    mailbox,
    delegates: [],
    deliverMeetingRequests: 'DelegatesAndMe',
    folders: folders.map((folder) => ({
      folder,
      permissions: { kind: 'ordinary', entries, unknownEntries: [] },
    })),
    missing: [],
  }),
  apply: async () => [],
  refuses: () => undefined,
  isStale: () => false,
}

async function* table(rows) {
  yield 'mailbox,user,calendar,inbox,private\n'
  for (let row = 0; row < rows; row++)
    yield `owner${row}@contoso.com,assistant@contoso.com,Editor,Reviewer,yes\n`
}

async function planTable(rows) {
  const grants = await readGrants([{ name: 'staff.csv', content: table(rows) }])
  let changing = 0
  for await (const { steps } of plan(grants.mailboxes, { backend })) {
    if (steps.length > 0) changing++
    if (changing % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
  }
  if (changing !== rows) throw new Error(`${changing} plans of ${rows}.`)
}

let peak = 0
for (const count of counts) {
  const started = performance.now()
  await planTable(count)
  const milliseconds = performance.now() - started
  process.send({ count, milliseconds, megabytes: Math.max(peak, process.memoryUsage.rss()) / 1e6 })
}
process.disconnect()
