// Requests per second of the embedded Exchange, for GetDelegate and FindItem, against a bare node:http server that
// answers the same bytes. Both run in one child process, and are asked in turn over kept-alive connections.
import { fork } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { basic, EwsClient, explicitFolder } from '../dist/index.js'
import { DEFAULT_PASSWORD, startSimulator } from '../dist/simulator/index.js'
import { median, printRow } from './measure.mjs'

const OWNER = 'AllanD@contoso.com'
const CONCURRENCY = 8
const REQUESTS = 400
const ROUNDS = 7
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })

if (process.argv[2] === 'serve') await serve()
else await measure()

/** The child: an embedded Exchange, and a server that answers whatever it is told to. */
async function serve() {
  const exchange = await startSimulator()
  const answers = new Map()
  const bare = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      const body = answers.get(incoming.url) ?? ''
      response.writeHead(200, {
        'content-type': 'text/xml; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })
  })
  await new Promise((resolve) => bare.listen(0, '127.0.0.1', resolve))
  process.on('message', ({ path, body }) => {
    answers.set(path, body)
    process.send({ ready: path })
  })
  process.on('disconnect', () => process.exit(0))
  process.send({ ews: exchange.ews, bare: `http://127.0.0.1:${bare.address().port}` })
}

async function measure() {
  const child = fork(fileURLToPath(import.meta.url), ['serve'])
  const once = () => new Promise((resolve) => child.once('message', resolve))
  const { ews, bare } = await once()
  const auth = basic({ user: OWNER, password: DEFAULT_PASSWORD })
  const sent = []
  const client = new EwsClient({
    url: ews,
    auth,
    transport: async (message) => {
      const body = await ask(message.url, message.headers, message.body)
      sent.push({ headers: message.headers, body: message.body, answer: body })
      return { status: 200, statusText: 'OK', headers: {}, body }
    },
  })
  await client.addDelegates(OWNER, [{ user: 'AdeleV@contoso.com', permissions: { calendar: 'Editor' } }])
  await client.items.create(
    Array.from({ length: 50 }, (_, n) => ({ type: 'Message', subject: `Message ${n}` })),
    { folder: explicitFolder('inbox', OWNER), messageDisposition: 'SaveOnly' },
  )
  const cases = {
    GetDelegate: () => client.getDelegates(OWNER),
    'FindItem, 50 items': async () => {
      for await (const _ of client.items.find(explicitFolder('inbox', OWNER))) break
    },
  }
  printRow('requests per second', 'embedded', 'bare node:http', 'ratio')
  for (const [name, call] of Object.entries(cases)) {
    sent.length = 0
    await call()
    const { headers, body, answer } = sent[0]
    const path = `/${name.split(',')[0]}`
    child.send({ path, body: answer })
    await once()
    const rates = { embedded: [], bare: [] }
    for (let round = 0; round <= ROUNDS; round++) {
      const embedded = await load(ews, headers, body)
      const floor = await load(`${bare}${path}`, headers, body)
      // The first round warms up.
      if (round > 0) rates.embedded.push(embedded) && rates.bare.push(floor)
    }
    const [own, floor] = [median(rates.embedded), median(rates.bare)]
    printRow(name, own.toFixed(0), floor.toFixed(0), `${(own / floor).toFixed(2)}×`)
  }
  child.disconnect()
  agent.destroy()
}

async function load(url, headers, body) {
  const start = performance.now()
  let left = REQUESTS
  const worker = async () => {
    while (left-- > 0) await ask(url, headers, body)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return REQUESTS / ((performance.now() - start) / 1000)
}

function ask(url, headers, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (response) => {
        const chunks = []
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => resolve(Buffer.concat(chunks).toString()))
      },
    )
    outgoing.on('error', reject).end(body)
  })
}
