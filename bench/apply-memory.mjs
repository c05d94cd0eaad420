// Plans a table of so many mailboxes, for apply.mjs, with a backend that answers at once: what is left is this
// library's own time and memory.
import { plan, readGrants } from '../dist/index.js'

const count = Number(process.argv[2])
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

async function* table() {
  yield 'mailbox,user,calendar,inbox,private\n'
  for (let row = 0; row < count; row++)
    yield `owner${row}@contoso.com,assistant@contoso.com,Editor,Reviewer,yes\n`
}

const started = performance.now()
const grants = await readGrants([{ name: 'staff.csv', content: table() }])
let changing = 0
let peak = 0
for await (const { steps } of plan(grants.mailboxes, { backend })) {
  if (steps.length > 0) changing++
  if (changing % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
}
if (changing !== count) throw new Error(`${changing} plans of ${count}.`)
process.send({
  milliseconds: performance.now() - started,
  megabytes: Math.max(peak, process.memoryUsage.rss()) / 1e6,
})
process.disconnect()
