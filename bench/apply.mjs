// Applying grants to mailboxes of an embedded Exchange in its own process. The floor is the same requests as
// ready-made bytes, through the same HTTP client at the same concurrency, answers thrown away.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ewsJavascriptApi from 'ews-javascript-api'
import {
  applyGrants,
  applyPlans,
  basic,
  EwsClient,
  ewsBackend,
  httpTransport,
  Journal,
  planRevert,
} from '../dist/index.js'
import { median, printRow } from './measure.mjs'

const MAILBOXES = Number(process.env.BENCH_MAILBOXES ?? 5000)
const CONCURRENCY = 8
const LATENCY = 50
const ROUNDS = 3
const directory = await mkdtemp(join(tmpdir(), 'bench-apply-'))
const here = (name) => new URL(name, import.meta.url).pathname

const exchange = fork(here('apply-exchange.mjs'), [String(MAILBOXES)])
const [url] = await once(exchange, 'message')

// Every second mailbox gets a delegate, every other one a folder permission.
const desired = Array.from({ length: MAILBOXES }, (_, index) => ({
  mailbox: `owner${index}@contoso.com`,
  mode: 'additive',
  ...(index % 2 === 0
    ? {
        delegates: [
          {
            user: { smtpAddress: 'assistant@contoso.com' },
            levels: { calendar: 'Editor', inbox: 'Reviewer' },
            viewPrivateItems: true,
          },
        ],
        folders: [],
      }
    : {
        folders: [
          {
            folder: 'calendar',
            permissions: [{ user: { smtpAddress: 'assistant@contoso.com' }, grant: 'Author' }],
          },
        ],
      }),
}))

const auth = basic({ user: 'admin@contoso.com', password: 'Delegate-123' })
const backendWith = (transport) =>
  ewsBackend({ clientFor: (mailbox) => new EwsClient({ url, auth, impersonate: mailbox, transport }) })

let runs = 0
/** Applies and puts back; only applying is timed. */
async function apply(mailboxes, transport = httpTransport) {
  const path = join(directory, `${runs++}.jsonl`)
  const journal = await Journal.create(path)
  const started = performance.now()
  let changed = 0
  for await (const { status, reasons } of applyGrants(mailboxes, {
    backend: backendWith(transport),
    journal,
    concurrency: CONCURRENCY,
  })) {
    if (status !== 'changed') throw new Error(`${status}: ${reasons.join(' ')}`)
    changed++
  }
  const milliseconds = performance.now() - started
  if (changed !== mailboxes.length) throw new Error(`${changed} of ${mailboxes.length} changed.`)
  await journal.close()
  return { milliseconds, back: () => putBack(path) }
}

async function putBack(path) {
  for await (const { status, reasons } of applyPlans(planRevert(path), {
    backend: backendWith(httpTransport),
    concurrency: CONCURRENCY,
  }))
    if (status !== 'changed') throw new Error(`${status}: ${reasons.join(' ')}`)
}

// The requests of each mailbox, in order; change keys are of the moment, and may be left out.
const recorded = new Map()
const recording = async (request) => {
  const owner = /<t:ConnectingSID><t:\w+>([^<]+)</.exec(request.body)?.[1]
  const list = recorded.get(owner) ?? []
  list.push({ ...request, body: request.body.replaceAll(/ ChangeKey="[^"]*"/g, '') })
  recorded.set(owner, list)
  return httpTransport(request)
}
await (await apply(desired, recording)).back()
const requests = [...recorded.values()].flat().length

async function floor(lists, transport = httpTransport) {
  const queue = [...lists]
  const started = performance.now()
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let list = queue.pop(); list; list = queue.pop())
        for (const request of list) await transport(request)
    }),
  )
  return performance.now() - started
}

const times = { apply: [], floor: [] }
for (let round = 0; round < ROUNDS; round++) {
  const { milliseconds, back } = await apply(desired)
  times.apply.push(milliseconds)
  await back()
  times.floor.push(await floor(recorded.values()))
  // The floor has changed every mailbox too: what it did is known from any run.
  await back()
}
console.log(`apply: ${MAILBOXES} mailboxes, ${CONCURRENCY} at a time, median of ${ROUNDS} rounds`)
printRow('', 'mailboxes/s', 'of the floor')
const [ours, least] = [median(times.apply), median(times.floor)]
printRow('the requests alone', (MAILBOXES / (least / 1000)).toFixed(0), '100 %')
printRow('ews-delegates', (MAILBOXES / (ours / 1000)).toFixed(0), `${((least / ours) * 100).toFixed(0)} %`)
console.log(`requests per changed mailbox: ${(requests / MAILBOXES).toFixed(2)}`)

// With latency, the bound is what the slots can do: each mailbox's requests one after another.
const slow = async (request) => {
  await new Promise((resolve) => setTimeout(resolve, LATENCY))
  return httpTransport(request)
}
const some = desired.slice(0, 400)
const late = await apply(some, slow)
await late.back()
const bound = ((requests / MAILBOXES) * some.length * LATENCY) / CONCURRENCY
console.log(
  `with ${LATENCY} ms latency: ${((bound / late.milliseconds) * 100).toFixed(0)} % of the latency bound (${some.length} mailboxes)`,
)

// The same delegates by ews-javascript-api: it adds them, and neither looks before nor checks after.
const {
  DelegateFolderPermissionLevel,
  DelegateUser,
  ExchangeService,
  ExchangeVersion,
  Mailbox,
  Uri,
  WebCredentials,
} = ewsJavascriptApi
const plain = desired.filter(({ delegates }) => delegates).slice(0, 400)
const addByThem = async ({ mailbox }) => {
  const service = new ExchangeService(ExchangeVersion.Exchange2013_SP1)
  service.Url = new Uri(url)
  service.Credentials = new WebCredentials('admin@contoso.com', 'Delegate-123')
  service.ImpersonatedUserId = new ewsJavascriptApi.ImpersonatedUserId(
    ewsJavascriptApi.ConnectingIdType.SmtpAddress,
    mailbox,
  )
  const user = new DelegateUser('assistant@contoso.com')
  user.Permissions.CalendarFolderPermissionLevel = DelegateFolderPermissionLevel.Editor
  user.Permissions.InboxFolderPermissionLevel = DelegateFolderPermissionLevel.Reviewer
  await service.AddDelegates(new Mailbox(mailbox), null, [user])
}
const theirs = async (width) => {
  const queue = [...plain]
  const started = performance.now()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let one = queue.pop(); one; one = queue.pop()) await addByThem(one)
    }),
  )
  return plain.length / ((performance.now() - started) / 1000)
}
try {
  printRow('ews-javascript-api, one by one', (await theirs(1)).toFixed(0), 'no check')
  printRow(`ews-javascript-api, ${CONCURRENCY} at a time`, (await theirs(CONCURRENCY)).toFixed(0), 'no check')
} catch (error) {
  console.log(`ews-javascript-api: ${error.message ?? error}`)
}
exchange.disconnect()
await rm(directory, { recursive: true })

console.log('\nplanning a table, with a server that answers at once')
printRow('mailboxes', 'ms per mailbox', 'MB at most')
for (const count of [1000, 10_000, 100_000]) {
  const child = fork(here('apply-memory.mjs'), [String(count)])
  const [{ milliseconds, megabytes }] = await once(child, 'message')
  printRow(count, (milliseconds / count).toFixed(4), megabytes.toFixed(0))
}
