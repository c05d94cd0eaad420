import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { failFast, Patience, patient } from '../../src/http/retry-policy.ts'
import { type Route, sharedTraffic, Traffic } from '../../src/http/traffic.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const routeOf = (account: string, mailbox = account): Route => ({
  host: 'mail.contoso.com',
  identity: 'mail.contoso.com admin',
  account,
  mailbox,
})
const never = () => new Patience(failFast())
const patience = (maxWait = 600_000) => new Patience(patient({ maxWait }))
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Tasks that end when told to, and how many were in flight at most. */
function gate() {
  const open: (() => void)[] = []
  let running = 0
  let most = 0
  return {
    task: () => {
      running++
      most = Math.max(most, running)
      return new Promise<void>((resolve) =>
        open.push(() => {
          running--
          resolve()
        }),
      )
    },
    get running() {
      return running
    },
    get most() {
      return most
    },
    async endAll() {
      while (open.length > 0) {
        for (const end of open.splice(0)) end()
        await settle()
      }
    },
  }
}

describe('Traffic', () => {
  test('a host never sees more calls at a time than it is granted, over all accounts', async () => {
    const traffic = new Traffic({ perHost: 3, clock: manualClock() })
    const gates = gate()
    const calls = Array.from({ length: 12 }, (_, index) =>
      traffic.enter(routeOf(`account ${index}`), never(), undefined, gates.task),
    )
    await settle()
    await gates.endAll()
    await Promise.all(calls)
    expect(gates.most).toBe(3)
  })

  test('by default ten per host and four per mailbox, far from the 27 of Exchange', async () => {
    const traffic = new Traffic({ clock: manualClock() })
    const hosts = gate()
    const mailbox = gate()
    const calls = [
      ...Array.from({ length: 9 }, () =>
        traffic.enter(routeOf('a', 'allan'), never(), undefined, mailbox.task),
      ),
      ...Array.from({ length: 30 }, (_, index) =>
        traffic.enter(routeOf(`b${index}`), never(), undefined, hosts.task),
      ),
    ]
    await settle()
    expect(mailbox.running).toBe(4)
    expect(mailbox.running + hosts.running).toBe(10)
    while (mailbox.running + hosts.running > 0) {
      await mailbox.endAll()
      await hosts.endAll()
    }
    await Promise.all(calls)
    expect(mailbox.most).toBe(4)
  })

  test('a pause of an account holds back all its calls and nobody else’s', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock })
    traffic.pause('account', routeOf('allan'), 5000)
    await traffic.enter(routeOf('megan'), patience(), undefined, async () => undefined)
    expect(clock.slept).toEqual([])
    await traffic.enter(routeOf('allan', 'some mailbox'), patience(), undefined, async () => undefined)
    expect(clock.slept).toEqual([5000])
  })

  test('a pause of a host holds back everybody', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock })
    traffic.pause('host', routeOf('allan'), 700)
    await traffic.enter(routeOf('megan'), patience(), undefined, async () => undefined)
    expect(clock.slept).toEqual([700])
  })

  test('a pause that is longer than a call may wait ends it before anything is sent', async () => {
    const traffic = new Traffic({ clock: manualClock() })
    traffic.pause('account', routeOf('allan'), 297_749)
    let sent = false
    const call = traffic.enter(routeOf('allan'), patience(60_000), undefined, async () => {
      sent = true
    })
    await expect(call).rejects.toMatchObject({
      code: 'ERR_CONNECTION',
      mayHaveHappened: false,
      backOffMilliseconds: 297_749,
    })
    expect(sent).toBe(false)
  })

  test('who never waits is not held back by pauses', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock })
    traffic.pause('host', routeOf('allan'), 5000)
    expect(await traffic.enter(routeOf('allan'), never(), undefined, async () => 'sent')).toBe('sent')
    expect(clock.slept).toEqual([])
  })

  test('a call that waits for its turn is stopped by its signal and gives its places back', async () => {
    const traffic = new Traffic({ perHost: 1, clock: manualClock() })
    const gates = gate()
    const first = traffic.enter(routeOf('a'), never(), undefined, gates.task)
    const stop = new AbortController()
    const second = traffic.enter(routeOf('b'), never(), stop.signal, gates.task)
    await settle()
    stop.abort()
    await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED', mayHaveHappened: false })
    await gates.endAll()
    await first
    expect(await traffic.enter(routeOf('b'), never(), undefined, async () => 'free')).toBe('free')
  })

  test('too many connections halve what an account may have, once per burst, and one comes back per half minute', () => {
    const clock = manualClock()
    const traffic = new Traffic({ perHost: 10, clock })
    const route = routeOf('allan')
    for (let refused = 0; refused < 10; refused++) traffic.narrow(route)
    expect(traffic.placesOf(route)).toBe(5)
    clock.advance(2000)
    traffic.narrow(route)
    expect(traffic.placesOf(route)).toBe(2)
    clock.advance(2000)
    traffic.narrow(route)
    traffic.narrow(route)
    clock.advance(2000)
    traffic.narrow(route)
    expect(traffic.placesOf(route)).toBe(1)
    clock.advance(30_000)
    expect(traffic.placesOf(route)).toBe(2)
    clock.advance(600_000)
    expect(traffic.placesOf(route)).toBe(10)
    expect(traffic.placesOf(routeOf('megan'))).toBe(10)
  })

  test('a narrowed account has fewer calls in flight', async () => {
    const traffic = new Traffic({ perHost: 8, perMailbox: 8, clock: manualClock() })
    const route = routeOf('allan')
    traffic.narrow(route)
    const gates = gate()
    const calls = Array.from({ length: 9 }, () => traffic.enter(route, never(), undefined, gates.task))
    await settle()
    expect(gates.running).toBe(4)
    await gates.endAll()
    await Promise.all(calls)
    expect(gates.most).toBe(4)
  })

  test('a sign-in counts as good until it was refused five times in a row', () => {
    const traffic = new Traffic()
    const route = routeOf('allan')
    expect(traffic.hasSignedIn(route)).toBe(false)
    traffic.signInRefused(route)
    traffic.signInAccepted(route)
    for (let refused = 0; refused < 4; refused++) traffic.signInRefused(route)
    expect(traffic.hasSignedIn(route)).toBe(true)
    traffic.signInRefused(route)
    expect(traffic.hasSignedIn(route)).toBe(false)
    traffic.signInAccepted(route)
    expect(traffic.hasSignedIn(route)).toBe(true)
  })

  test('sessions that are given no traffic share one', () => {
    expect(sharedTraffic()).toBe(sharedTraffic())
    expect(sharedTraffic(manualClock())).not.toBe(sharedTraffic())
  })

  test.each([{ perHost: 0 }, { perMailbox: 1.5 }])('%j is refused', (options) => {
    expect(() => new Traffic(options)).toThrow(InvalidInputError)
  })
})
