import { describe, expect, test } from 'vitest'
import { DEFAULT_TENANT } from '../../../src/simulator/default-tenant.ts'
import type { Fault } from '../../../src/simulator/faults/fault.ts'
import { Faults } from '../../../src/simulator/faults/faults.ts'
import { type RequestFacts, requestFacts } from '../../../src/simulator/faults/request-facts.ts'
import { Exchange } from '../../../src/simulator/store/exchange.ts'
import {
  basic,
  distinguished,
  envelope,
  folderId,
  getDelegate,
  getFolder,
  impersonate,
} from '../ews-driver.ts'

const exchange = new Exchange({ tenant: DEFAULT_TENANT })
const ADELE = 'adelev@contoso.com'
const MEGAN = 'meganb@contoso.com'

function facts(more: Partial<RequestFacts> = {}): RequestFacts {
  return { face: 'ews', method: 'POST', operation: 'GetFolder', mailboxes: [ADELE], account: ADELE, ...more }
}

/** Which of so many requests are struck. */
function struck(faults: Faults, count: number, of: Partial<RequestFacts> = {}): number[] {
  return Array.from({ length: count }, (_, index) => {
    const strike = faults.strike(facts(of))
    strike.end()
    return strike.fault ? index : -1
  }).filter((index) => index >= 0)
}

function faultsOf(seed: number | string, ...faults: Fault[]): Faults {
  return new Faults(exchange, { seed, faults })
}

describe('which requests are struck', () => {
  test.each<[string, Fault, Partial<RequestFacts>, boolean]>([
    ['of any face', { kind: 'drop' }, { face: 'token' }, true],
    ['of one face', { kind: 'drop', face: 'graph' }, { face: 'graph' }, true],
    ['not of another face', { kind: 'drop', face: ['graph', 'token'] }, {}, false],
    ['of an operation in any case', { kind: 'drop', operation: 'getfolder' }, {}, true],
    ['of a list of operations', { kind: 'drop', operation: ['FindFolder', 'GetFolder'] }, {}, true],
    ['not of another operation', { kind: 'drop', operation: 'AddDelegate' }, {}, false],
    ['not of no operation', { kind: 'drop', operation: 'AddDelegate' }, { operation: undefined }, false],
    ['of a mailbox', { kind: 'drop', mailbox: 'AdeleV@contoso.com' }, {}, true],
    [
      'of a mailbox by its alias',
      { kind: 'drop', mailbox: 'allan.deyoung@contoso.com' },
      { mailboxes: ['alland@contoso.com'] },
      true,
    ],
    ['of one of several mailboxes', { kind: 'drop', mailbox: MEGAN }, { mailboxes: [ADELE, MEGAN] }, true],
    ['not of another mailbox', { kind: 'drop', mailbox: MEGAN }, {}, false],
    ['of a method', { kind: 'drop', method: 'post' }, {}, true],
    ['not of another method', { kind: 'drop', method: 'GET' }, {}, false],
  ])('%s', (_name, fault, of, expected) => {
    expect(struck(faultsOf(1, fault), 1, of)).toHaveLength(expected ? 1 : 0)
  })

  test('the first few pass, and only so many are struck', () => {
    expect(struck(faultsOf(1, { kind: 'drop', skip: 2, count: 3 }), 10)).toEqual([2, 3, 4])
  })

  test('the first fault that strikes decides; the next one comes when it is used up', () => {
    const faults = faultsOf(1, { kind: 'drop', count: 1 }, { kind: 'gzip', count: 1 })
    expect([1, 2, 3].map(() => faults.strike(facts()).fault?.kind)).toEqual(['drop', 'gzip', undefined])
  })

  test('every latency adds up, before and after, and does not keep another fault away', () => {
    const faults = faultsOf(
      1,
      { kind: 'latency', milliseconds: 100 },
      { kind: 'drop' },
      { kind: 'latency', milliseconds: 20 },
      { kind: 'latency', milliseconds: 3, when: 'after' },
    )
    expect(faults.strike(facts())).toMatchObject({ waitBefore: 120, waitAfter: 3, fault: { kind: 'drop' } })
  })

  test('jitter stays within its bounds', () => {
    const faults = faultsOf(1, { kind: 'latency', milliseconds: 100, jitter: 10 })
    const waits = Array.from({ length: 200 }, () => faults.strike(facts()).waitBefore)
    expect(Math.min(...waits)).toBe(100)
    expect(Math.max(...waits)).toBe(110)
  })
})

describe('a share', () => {
  test('is about that many', () => {
    const { length } = struck(faultsOf(1, { kind: 'drop', share: 0.3 }), 2000)
    expect(length).toBeGreaterThan(520)
    expect(length).toBeLessThan(680)
  })

  test('is the same ones with the same seed, and others with another', () => {
    const run = (seed: number | string) => struck(faultsOf(seed, { kind: 'drop', share: 0.5 }), 100)
    expect(run(1)).toEqual(run(1))
    expect(run('a')).toEqual(run('a'))
    expect(run(1)).not.toEqual(run(2))
  })

  test('is the same ones of each mailbox, however the mailboxes take turns', () => {
    const fault: Fault = { kind: 'drop', share: 0.5 }
    const together = faultsOf(1, fault)
    const alternating = Array.from({ length: 50 }, () => [
      together.strike(facts()).fault !== undefined,
      together.strike(facts({ mailboxes: [MEGAN] })).fault !== undefined,
    ])
    const apart = faultsOf(1, fault)
    const megan = struck(apart, 50, { mailboxes: [MEGAN] })
    const adele = struck(apart, 50)
    const indices = (column: 0 | 1) => alternating.flatMap((row, index) => (row[column] ? [index] : []))
    expect([indices(0), indices(1)]).toEqual([adele, megan])
    expect(adele).not.toEqual(megan)
  })

  test('none of nothing, all of everything', () => {
    expect(struck(faultsOf(1, { kind: 'drop', share: 0 }), 50)).toEqual([])
    expect(struck(faultsOf(1, { kind: 'drop', share: 1 }), 50)).toHaveLength(50)
  })
})

test('a limit of connections strikes what is beyond it, for each account', () => {
  const faults = faultsOf(1, { kind: 'exceededConnections', above: 2 })
  const [first, second, third] = [1, 2, 3].map(() => faults.strike(facts()))
  expect([first, second, third].map((strike) => strike?.fault?.kind)).toEqual([
    undefined,
    undefined,
    'exceededConnections',
  ])
  expect(faults.strike(facts({ account: MEGAN })).fault).toBeUndefined()
  third?.end()
  first?.end()
  expect(faults.strike(facts()).fault).toBeUndefined()
  expect(faults.strike(facts()).fault?.kind).toBe('exceededConnections')
})

describe('faults in force', () => {
  test('are listed with how often they struck, and can be ended one by one', () => {
    const faults = faultsOf(1, { kind: 'drop', count: 1 })
    const [id] = faults.add({ kind: 'gzip', operation: 'AddDelegate' })
    struck(faults, 3)
    expect(faults.list()).toEqual([
      { id: '1', fault: { kind: 'drop', count: 1 }, seen: 3, struck: 1 },
      { id, fault: { kind: 'gzip', operation: 'AddDelegate' }, seen: 0, struck: 0 },
    ])
    expect([faults.remove('1'), faults.remove('1')]).toEqual([true, false])
    expect(faults.list()).toHaveLength(1)
    faults.clear()
    expect(faults.any).toBe(false)
  })

  test('start over when they are replaced', () => {
    const faults = faultsOf(1, { kind: 'drop', share: 0.5 })
    const before = struck(faults, 50)
    faults.replace({ faults: [{ kind: 'drop', share: 0.5 }] })
    expect(struck(faults, 50)).toEqual(before)
    faults.replace({ seed: 2, faults: [{ kind: 'drop', share: 0.5 }] })
    expect(struck(faults, 50)).not.toEqual(before)
  })

  test('are added all or none', () => {
    const faults = faultsOf(1)
    expect(() => faults.add([{ kind: 'drop' }, { kind: 'drop', share: 3 }])).toThrow('[1].share')
    expect(faults.any).toBe(false)
  })
})

describe('what a request is about', () => {
  const of = (
    face: RequestFacts['face'],
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) =>
    requestFacts(exchange, face, {
      method: options.method ?? 'POST',
      url: new URL(path, 'http://localhost'),
      headers: { authorization: basic('AdeleV@contoso.com', 'whatever'), ...options.headers },
      body: Buffer.from(options.body ?? ''),
    })
  const ews = (body: string, header?: string, headers?: Record<string, string>) =>
    of('ews', '/EWS/Exchange.asmx', { body: envelope(body, header), ...(headers ? { headers } : {}) })

  test('EWS: the mailbox that is named, else the one that is impersonated, anchored, or signed in', () => {
    expect(ews(getDelegate())).toMatchObject({
      operation: 'GetDelegate',
      mailboxes: ['alland@contoso.com'],
      account: ADELE,
    })
    expect(ews(getFolder(distinguished('inbox', 'MeganB@contoso.com'))).mailboxes).toEqual([MEGAN])
    expect(
      ews(getFolder(distinguished('inbox')), impersonate('allan.deyoung@contoso.com')).mailboxes,
    ).toEqual(['alland@contoso.com'])
    expect(ews(getFolder(distinguished('inbox')), undefined, { 'x-anchormailbox': MEGAN }).mailboxes).toEqual(
      [MEGAN],
    )
    expect(ews(getFolder(distinguished('inbox'))).mailboxes).toEqual([ADELE])
  })

  test('EWS: whose an id is', () => {
    const megan = exchange.directory.find(MEGAN)
    const inbox = megan && exchange.mailboxOf(megan)?.distinguished('inbox')
    expect(ews(getFolder(folderId(inbox?.id ?? ''))).mailboxes).toEqual([MEGAN])
    expect(ews(getFolder(folderId('rubbish'))).mailboxes).toEqual([ADELE])
  })

  test('EWS: nothing of what cannot be read', () => {
    expect(of('ews', '/EWS/Exchange.asmx', { body: '<a' })).toMatchObject({
      operation: undefined,
      mailboxes: [ADELE],
    })
  })

  test.each([
    ['/v1.0/me/sendMail', 'sendMail', ADELE],
    ['/v1.0/users/MeganB@contoso.com/messages', 'messages', MEGAN],
    ['/v1.0/users/MeganB%40contoso.com/mailFolders/inbox/messages/AAMk=', 'messages', MEGAN],
    ['/beta/me/messages/AAMk=/send', 'send', ADELE],
    ['/v1.0/me/messages/AAMk=/attachments/createUploadSession', 'createUploadSession', ADELE],
    ['/v1.0/$batch', '$batch', ADELE],
    ['/v1.0/me', 'me', ADELE],
  ])('Graph: %s is %s', (path, operation, mailbox) => {
    expect(of('graph', path)).toMatchObject({ operation, mailboxes: [mailbox] })
  })

  test('tokens: the grant and the person, or the endpoint', () => {
    const form = 'grant_type=password&username=MeganB%40contoso.com'
    expect(of('token', '/contoso.com/oauth2/v2.0/token', { body: form })).toMatchObject({
      operation: 'password',
      mailboxes: [MEGAN],
    })
    expect(of('token', '/contoso.com/oauth2/v2.0/devicecode', { body: 'client_id=x' })).toMatchObject({
      operation: 'devicecode',
      mailboxes: ['x'],
    })
  })

  test('Autodiscover: the form and the address', () => {
    expect(
      of('autodiscover', '/autodiscover/autodiscover.json/v1.0/MeganB@contoso.com?Protocol=EWS', {
        method: 'GET',
      }),
    ).toMatchObject({ operation: 'json', mailboxes: [MEGAN] })
    expect(
      of('autodiscover', '/autodiscover/autodiscover.xml', {
        body: '<A><R><EMailAddress>MeganB@contoso.com</EMailAddress></R></A>',
      }),
    ).toMatchObject({ operation: 'pox', mailboxes: [MEGAN] })
  })

  test('the account is the one the credentials name, in each of their forms', () => {
    const token = `Bearer x.${Buffer.from(JSON.stringify({ upn: 'MeganB@contoso.com' })).toString('base64url')}.y`
    for (const authorization of [basic('CONTOSO\\meganb'), basic('MeganB@contoso.com'), token]) {
      expect(of('ews', '/', { headers: { authorization } }).account).toBe(MEGAN)
    }
  })
})
