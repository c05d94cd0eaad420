// Applying grants to mailboxes of an embedded Exchange in its own process. The floor is the same requests as
// ready-made bytes, through the same HTTP client at the same concurrency, answers thrown away. CPU time is told beside
// the time that passes, because that depends on what else the machine does.
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
/** Each of these is applied to once; the last takes some minutes. */
const SIZES = (process.env.BENCH_SIZES ?? '1000,10000,100000').split(',').map(Number)
const WARM = 1000
const CONCURRENCY = 8
const LATENCY = 50
const ROUNDS = 3
const directory = await mkdtemp(join(tmpdir(), 'bench-apply-'))
const here = (name) => new URL(name, import.meta.url).pathname

const auth = basic({ user: 'admin@contoso.com', password: 'Delegate-123' })

/** An embedded Exchange with so many mailboxes, and what is done to it. */
async function startExchange(count) {
  const child = fork(here('apply-exchange.mjs'), [String(count)])
  const ask = () => {
    child.send('cpu')
    return once(child, 'message').then(([answer]) => answer)
  }
  const [url] = await once(child, 'message')
  const backendWith = (transport) =>
    ewsBackend({ clientFor: (mailbox) => new EwsClient({ url, auth, impersonate: mailbox, transport }) })
  return { url, backendWith, cpu: ask, stop: () => child.disconnect() }
}

/** Milliseconds that pass, and of CPU time here and in the embedded Exchange. */
async function timed(exchange, task) {
  const before = await exchange.cpu()
  const [started, used] = [performance.now(), process.cpuUsage()]
  await task()
  const passed = performance.now() - started
  const { user, system } = process.cpuUsage(used)
  return { passed, cpu: (user + system) / 1000, exchangeCpu: (await exchange.cpu()) - before }
}

// Every second mailbox gets a delegate, every other one a folder permission.
const desiredOf = (index) => ({
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
})
function* desiredFor(count, from = 0) {
  for (let index = from; index < from + count; index++) yield desiredOf(index)
}

/** Plans tables of these sizes in a process of their own. */
async function planTables(sizes) {
  const child = fork(here('apply-memory.mjs'), sizes.map(String))
  const answers = []
  child.on('message', (answer) => answers.push(answer))
  await once(child, 'exit')
  return answers
}

let runs = 0
/** Applies with a journal, and puts back; only applying is timed. */
async function apply(exchange, count, transport = httpTransport, from = 0) {
  const path = join(directory, `${runs++}.jsonl`)
  const journal = await Journal.create(path)
  const times = await timed(exchange, async () => {
    let changed = 0
    for await (const { status, reasons } of applyGrants(desiredFor(count, from), {
      backend: exchange.backendWith(transport),
      journal,
      concurrency: CONCURRENCY,
    })) {
      if (status !== 'changed') throw new Error(`${status}: ${reasons.join(' ')}`)
      changed++
    }
    if (changed !== count) throw new Error(`${changed} of ${count} changed.`)
  })
  await journal.close()
  return { ...times, back: () => putBack(exchange, path) }
}

async function putBack(exchange, path) {
  for await (const { status, reasons } of applyPlans(planRevert(path), {
    backend: exchange.backendWith(httpTransport),
    concurrency: CONCURRENCY,
  }))
    if (status !== 'changed') throw new Error(`${status}: ${reasons.join(' ')}`)
}

const exchange = await startExchange(MAILBOXES)
const { url } = exchange
// The requests of each mailbox, in order; change keys are of the moment, and may be left out.
const recorded = new Map()
const recording = async (request) => {
  const owner = /<t:ConnectingSID><t:\w+>([^<]+)</.exec(request.body)?.[1]
  const list = recorded.get(owner) ?? []
  list.push({ ...request, body: request.body.replaceAll(/ ChangeKey="[^"]*"/g, '') })
  recorded.set(owner, list)
  return httpTransport(request)
}
await (await apply(exchange, MAILBOXES, recording)).back()
const lists = [...recorded.values()]
const requests = lists.flat().length

const floor = (some, transport = httpTransport) =>
  timed(exchange, async () => {
    const queue = [...some]
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (let list = queue.pop(); list; list = queue.pop())
          for (const request of list) await transport(request)
      }),
    )
  })

const rounds = []
for (let round = 0; round < ROUNDS; round++) {
  const ours = await apply(exchange, MAILBOXES)
  await ours.back()
  const least = await floor(lists)
  // The floor has changed every mailbox too: what it did is known from any run.
  await ours.back()
  rounds.push({ ours, least })
}
console.log(`apply: ${MAILBOXES} mailboxes, ${CONCURRENCY} at a time, median of ${ROUNDS} rounds`)
printRow('', 'mailboxes/s', 'of the floor', 'CPU ms each', 'Exchange CPU')
const middle = (which, what) => median(rounds.map((round) => round[which][what]))
for (const [name, which] of [
  ['the requests alone', 'least'],
  ['ews-delegates', 'ours'],
]) {
  const share = median(rounds.map(({ ours, least }) => least.passed / { ours, least }[which].passed))
  printRow(
    name,
    (MAILBOXES / (middle(which, 'passed') / 1000)).toFixed(0),
    `${(share * 100).toFixed(0)} %`,
    (middle(which, 'cpu') / MAILBOXES).toFixed(2),
    (middle(which, 'exchangeCpu') / MAILBOXES).toFixed(2),
  )
}
console.log(`requests per changed mailbox: ${(requests / MAILBOXES).toFixed(2)}`)

// With latency, the bound is what the slots can do: each mailbox's requests one after another. The requests alone
// show how much of it a server can be asked for at all.
const slow = async (request) => {
  await new Promise((resolve) => setTimeout(resolve, LATENCY))
  return httpTransport(request)
}
// Enough of them that the last ones, which leave slots empty, do not count.
const FEW = Math.min(1600, MAILBOXES)
const late = await apply(exchange, FEW, slow)
await late.back()
const few = Array.from({ length: FEW }, (_, index) => recorded.get(`owner${index}@contoso.com`))
const lateFloor = await floor(few, slow)
await late.back()
const bound = (few.flat().length * LATENCY) / CONCURRENCY
const ofBound = (milliseconds) => `${((bound / milliseconds) * 100).toFixed(0)} % of the latency bound`
console.log(
  `with ${LATENCY} ms latency, ${FEW} mailboxes: ${ofBound(late.passed)}; the requests alone: ${ofBound(lateFloor.passed)}`,
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
const plain = [...desiredFor(MAILBOXES)].filter(({ delegates }) => delegates).slice(0, 400)
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
exchange.stop()

console.log('\napplying to more mailboxes')
printRow('mailboxes', 'ms each', 'CPU ms each', 'Exchange CPU')
for (const size of SIZES) {
  const larger = await startExchange(size + WARM)
  // An Exchange that has just started is slow at first. Mailboxes that were never asked for are slower than others, so
  // that of every size all are new.
  await (await apply(larger, WARM, httpTransport, size)).back()
  const { passed, cpu, exchangeCpu } = await apply(larger, size)
  larger.stop()
  printRow(size, ...[passed, cpu, exchangeCpu].map((milliseconds) => (milliseconds / size).toFixed(3)))
}
await rm(directory, { recursive: true })

console.log('\nplanning a table, with a server that answers at once')
printRow('mailboxes', 'ms each')
// The first ones are for the compiler; small tables take the median of some.
const tables = [20_000, ...Array(5).fill(1000), ...Array(3).fill(10_000), 100_000]
const planned = await planTables(tables)
for (const count of [1000, 10_000, 100_000]) {
  const times = planned.slice(1).filter((one) => one.count === count)
  printRow(count, (median(times.map(({ milliseconds }) => milliseconds)) / count).toFixed(4))
}
const [{ megabytes }] = await planTables([100_000])
console.log(`100000 in a process of their own: ${megabytes.toFixed(0)} MB at most`)
