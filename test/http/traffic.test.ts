import { describe, expect, test } from 'vitest'
import { ConnectionError, InvalidInputError } from '../../src/errors.ts'
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

  test('calls in line for a sign-in take no room from others of the host', async () => {
    const traffic = new Traffic({ perHost: 2, clock: manualClock() })
    const mine = { ...routeOf('a'), mailbox: 'm' }
    const gates = gate()
    const calls = Array.from({ length: 4 }, (_, index) => {
      const route = { ...mine, mailbox: `m${index}` }
      return traffic.enter(route, never(), undefined, (aside) =>
        traffic.signIn(route, 'password', undefined, gates.task, aside),
      )
    })
    await settle()
    const other = { ...routeOf('b'), identity: 'mail.contoso.com other' }
    expect(await traffic.enter(other, never(), undefined, async () => 'sent')).toBe('sent')
    expect(gates.running).toBe(1)
    while (gates.running > 0) await gates.endAll()
    await Promise.all(calls)
  })

  test('who was in line waits with the others when the server asked for it meanwhile', async () => {
    const clock = manualClock()
    const traffic = new Traffic({ clock })
    const route = routeOf('a')
    const gates = gate()
    const call = () =>
      traffic.enter(route, patience(), undefined, (aside) =>
        traffic.signIn(route, 'password', undefined, gates.task, aside),
      )
    const calls = [call(), call()]
    await settle()
    traffic.pause('host', route, 7000)
    while (gates.running > 0) await gates.endAll()
    await Promise.all(calls)
    expect(clock.slept).toEqual([7000])
  })

  test('a sign-in counts as good until it was refused five times in a row', () => {
    const traffic = new Traffic()
    const route = routeOf('allan')
    expect(traffic.hasSignedIn(route)).toBe(false)
    traffic.signInRefused(route, 'a')
    traffic.signInAccepted(route, 'a')
    for (let refused = 0; refused < 4; refused++) traffic.signInRefused(route, 'a')
    expect(traffic.hasSignedIn(route)).toBe(true)
    traffic.signInRefused(route, 'a')
    expect(traffic.hasSignedIn(route)).toBe(false)
    traffic.signInAccepted(route, 'a')
    expect(traffic.hasSignedIn(route)).toBe(true)
  })

  describe('of a sign-in that the server has not taken yet', () => {
    const route = routeOf('admin')
    const answered = (of: Traffic, answer: 'taken' | 'refused' | 'busy', credential = 'a') => {
      if (answer === 'taken') of.signInAccepted(route, credential)
      if (answer === 'refused') of.signInRefused(route, credential)
      return answer
    }
    /** Calls side by side of which the first is answered as told, and how many were sent before and after that. */
    async function side(answer: 'taken' | 'refused' | 'busy') {
      const clock = manualClock()
      const traffic = new Traffic({ clock })
      let sent = 0
      let running = 0
      let most = 0
      let reply = () => {}
      const first = new Promise<void>((resolve) => {
        reply = resolve
      })
      const calls = Array.from({ length: 5 }, () =>
        traffic.signIn(route, 'a', undefined, async () => {
          if (++sent > 1) {
            most = Math.max(most, ++running)
            await settle()
            running--
            return 'sent'
          }
          await first
          return answered(traffic, answer)
        }),
      )
      const outcomes = Promise.allSettled(calls)
      await settle()
      const before = sent
      reply()
      const results = await outcomes
      return { traffic, clock, before, after: sent, most, results }
    }

    test('the first call goes alone, and the others when it was taken', async () => {
      expect(await side('taken')).toMatchObject({ before: 1, after: 5 })
    })

    test('the others are not sent when it was refused', async () => {
      const { before, after, results } = await side('refused')
      expect([before, after]).toEqual([1, 1])
      for (const result of results.slice(1))
        expect(result).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'ERR_AUTHENTICATION',
            mayHaveHappened: false,
            message: 'mail.contoso.com refused this sign-in a moment ago. Nothing was sent.',
          },
        })
    })

    test('after an answer that says nothing of it the next goes alone', async () => {
      expect(await side('busy')).toMatchObject({ before: 1, after: 5, most: 1 })
      const traffic = new Traffic({ clock: manualClock() })
      let sent = 0
      const calls = Array.from({ length: 5 }, () =>
        traffic.signIn(route, 'a', undefined, async () => {
          const answer = ++sent === 1 ? 'busy' : 'refused'
          await settle()
          return answered(traffic, answer)
        }),
      )
      await Promise.allSettled(calls)
      expect(sent).toBe(2)
    })

    test('a server that is silent does not make them wait one after the other', async () => {
      const traffic = new Traffic({ clock: manualClock() })
      let running = 0
      let most = 0
      const calls = Array.from({ length: 5 }, () =>
        traffic.signIn(route, 'a', undefined, async () => {
          most = Math.max(most, ++running)
          await settle()
          running--
          throw new ConnectionError('ERR_TIMEOUT', 'silent')
        }),
      )
      await Promise.allSettled(calls)
      expect(most).toBe(4)
    })

    test('a password that was changed meanwhile is held back after five refusals', async () => {
      const traffic = new Traffic({ clock: manualClock() })
      answered(traffic, 'taken')
      let sent = 0
      for (let number = 0; number < 100; number++)
        await traffic
          .signIn(route, 'a', undefined, async () => {
            sent++
            return answered(traffic, 'refused')
          })
          .catch(() => undefined)
      expect(sent).toBe(5)
      const right = () => traffic.signIn(route, 'b', undefined, async () => answered(traffic, 'taken', 'b'))
      expect(await right()).toBe('taken')
    })

    test('one that the server knows is not given up for many refusals at the same moment', async () => {
      const traffic = new Traffic({ clock: manualClock() })
      answered(traffic, 'taken')
      const calls = Array.from({ length: 10 }, () =>
        traffic.signIn(route, 'a', undefined, async (began) => {
          await settle()
          traffic.signInRefused(route, 'a', began)
        }),
      )
      await Promise.all(calls)
      expect(traffic.hasSignedIn(route)).toBe(true)
      expect(await traffic.signIn(route, 'a', undefined, async () => answered(traffic, 'taken'))).toBe(
        'taken',
      )
    })

    test('one that was refused is tried again after five minutes; another password at once', async () => {
      const { traffic, clock } = await side('refused')
      const call = (credential: string) =>
        traffic.signIn(route, credential, undefined, async () => answered(traffic, 'refused', credential))
      expect(await call('b')).toBe('refused')
      await expect(call('a')).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION' })
      clock.advance(300_000)
      expect(await call('a')).toBe('refused')
      await expect(call('a')).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION' })
      answered(traffic, 'taken', 'a')
      expect(await call('a')).toBe('refused')
      // Taken once, it is a server under load that refuses it.
      expect(await call('a')).toBe('refused')
    })

    test('a renewed token of somebody the server knows is not given up for one refusal', async () => {
      const { traffic } = await side('taken')
      const call = () => traffic.signIn(route, 'b', undefined, async () => answered(traffic, 'refused', 'b'))
      for (let number = 1; number <= 5; number++) expect(await call()).toBe('refused')
      await expect(call()).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION' })
    })

    test('who waits for the first can be stopped, and a first that fails lets the others go', async () => {
      const traffic = new Traffic({ clock: manualClock() })
      const stop = new AbortController()
      let fail = () => {}
      const first = traffic.signIn(
        route,
        'a',
        undefined,
        () =>
          new Promise<string>((_, reject) => {
            fail = () => reject(new Error('lost'))
          }),
      )
      const stopped = traffic.signIn(route, 'a', stop.signal, async () => 'sent')
      const other = traffic.signIn(route, 'a', undefined, async () => 'sent')
      stop.abort()
      await expect(stopped).rejects.toMatchObject({ code: 'ERR_ABORTED' })
      fail()
      await expect(first).rejects.toThrow('lost')
      expect(await other).toBe('sent')
    })
  })

  test('sessions that are given no traffic share one', () => {
    expect(sharedTraffic()).toBe(sharedTraffic())
    expect(sharedTraffic(manualClock())).not.toBe(sharedTraffic())
  })

  test.each([{ perHost: 0 }, { perMailbox: 1.5 }])('%j is refused', (options) => {
    expect(() => new Traffic(options)).toThrow(InvalidInputError)
  })
})
