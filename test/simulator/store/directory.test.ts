import { describe, expect, test } from 'vitest'
import { Directory, type Recipient } from '../../../src/simulator/store/directory.ts'
import { completeTenant, type TenantDescription } from '../../../src/simulator/tenant-file.ts'

const TENANT: TenantDescription = {
  domain: 'contoso.com',
  password: 'default-password',
  mailboxes: [
    { address: 'Adele@contoso.com', name: 'Adele Vance', aliases: ['adele.vance@contoso.com'] },
    { address: 'allan@contoso.com', password: 'own-password' },
    { address: 'room@contoso.com', kind: 'room' },
  ],
  groups: [
    {
      address: 'inner@contoso.com',
      kind: 'security',
      members: ['adele.vance@contoso.com', 'outer@contoso.com'],
    },
    { address: 'outer@contoso.com', kind: 'security', members: ['inner@contoso.com', 'allan@contoso.com'] },
    { address: 'list@contoso.com', kind: 'distribution', members: ['Adele@contoso.com'] },
    { address: 'wrapped@contoso.com', kind: 'security', members: ['list@contoso.com'] },
  ],
  sendRights: [{ mailbox: 'room@contoso.com', user: 'outer@contoso.com', right: 'FullAccess' }],
  administrators: ['allan@contoso.com'],
}

function directory(now?: () => Date) {
  const made = new Directory(completeTenant(TENANT), now)
  const find = (key: string): Recipient => {
    const found = made.find(key)
    if (!found) throw new Error(`There is no ${key}.`)
    return found
  }
  return { directory: made, find }
}

describe('finding recipients', () => {
  test('a primary address, an alias and an id are found in any case', () => {
    const { directory: tenant, find } = directory()
    const adele = find('adele@CONTOSO.com')
    expect(tenant.find('ADELE.vance@contoso.com')).toBe(adele)
    expect(tenant.find(adele.id.toUpperCase())).toBe(adele)
    expect(tenant.findBySid(adele.sid.toLowerCase())).toBe(adele)
    expect(adele.address).toBe('Adele@contoso.com')
    expect(tenant.find('nobody@contoso.com')).toBeUndefined()
  })

  test('ids and SIDs are of their shapes and the same on every run', () => {
    const [first, second] = [directory().find('Adele@contoso.com'), directory().find('Adele@contoso.com')]
    expect([first.id, first.sid]).toEqual([second.id, second.sid])
    expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(first.sid).toMatch(/^S-1-5-21-\d+-\d+-\d+-\d{4,}$/)
  })

  test('everybody has an id and a SID of their own', () => {
    const all = [...directory().directory.recipients()]
    expect(new Set(all.map(({ id }) => id)).size).toBe(7)
    expect(new Set(all.map(({ sid }) => sid)).size).toBe(7)
  })

  test('only the primary address is the primary address', () => {
    const { directory: tenant, find } = directory()
    const adele = find('Adele@contoso.com')
    expect(tenant.isPrimaryAddress(adele, 'ADELE@contoso.com')).toBe(true)
    expect(tenant.isPrimaryAddress(adele, 'adele.vance@contoso.com')).toBe(false)
  })
})

describe('groups', () => {
  test('nested groups are found through each other, circles included, each once', () => {
    const { directory: tenant, find } = directory()
    const groups = tenant.groupsOf(find('Adele@contoso.com')).map(({ address }) => address)
    expect(groups.sort()).toEqual([
      'inner@contoso.com',
      'list@contoso.com',
      'outer@contoso.com',
      'wrapped@contoso.com',
    ])
  })

  test('mail to a group reaches the mailboxes in it and in its groups, each once', () => {
    const { directory: tenant, find } = directory()
    const reached = tenant.expand(find('outer@contoso.com')).map(({ address }) => address)
    expect(reached.sort()).toEqual(['Adele@contoso.com', 'allan@contoso.com'])
  })

  test('a right of a security group reaches members of security groups inside it', () => {
    const { directory: tenant, find } = directory()
    expect(tenant.has(find('room@contoso.com'), find('Adele@contoso.com'), 'FullAccess')).toBe(true)
  })

  test('a distribution group inside a security group passes no right on', () => {
    const { directory: tenant, find } = directory()
    tenant.grant(find('allan@contoso.com'), find('wrapped@contoso.com'), 'SendAs')
    expect(tenant.has(find('allan@contoso.com'), find('Adele@contoso.com'), 'SendAs')).toBe(false)
  })

  test('groups have no mailbox', () => {
    const { directory: tenant, find } = directory()
    expect(tenant.hasMailbox(find('room@contoso.com'))).toBe(true)
    expect(tenant.hasMailbox(find('list@contoso.com'))).toBe(false)
  })
})

describe('passwords and administrators', () => {
  test('an own password replaces the default one', () => {
    const { directory: tenant, find } = directory()
    expect(tenant.verifyPassword(find('Adele@contoso.com'), 'default-password')).toBe(true)
    expect(tenant.verifyPassword(find('allan@contoso.com'), 'default-password')).toBe(false)
    expect(tenant.verifyPassword(find('allan@contoso.com'), 'own-password')).toBe(true)
    expect(tenant.verifyPassword(find('Adele@contoso.com'), '')).toBe(false)
  })

  test('nobody signs in as a group', () => {
    const { directory: tenant, find } = directory()
    expect(tenant.verifyPassword(find('list@contoso.com'), '')).toBe(false)
    expect(tenant.verifyPassword(find('list@contoso.com'), 'default-password')).toBe(false)
  })

  test('administrators are those the tenant names', () => {
    const { directory: tenant, find } = directory()
    expect(tenant.isAdministrator(find('allan@contoso.com'))).toBe(true)
    expect(tenant.isAdministrator(find('Adele@contoso.com'))).toBe(false)
  })
})

describe('send rights', () => {
  test('granting and revoking say whether anything changed', () => {
    const { directory: tenant, find } = directory()
    const [room, adele] = [find('room@contoso.com'), find('Adele@contoso.com')]
    expect(tenant.grant(room, adele, 'SendOnBehalf')).toBe(true)
    expect(tenant.grant(room, adele, 'SendOnBehalf')).toBe(false)
    expect(tenant.trustees(room, 'SendOnBehalf')).toEqual([adele])
    expect(tenant.revoke(room, adele, 'SendOnBehalf')).toBe(true)
    expect(tenant.revoke(room, adele, 'SendOnBehalf')).toBe(false)
    expect(tenant.has(room, adele, 'SendOnBehalf')).toBe(false)
    expect(tenant.trustees(room, 'SendOnBehalf')).toEqual([])
  })

  test('what the tenant starts with is not delayed', () => {
    const { directory: tenant, find } = directory()
    tenant.propagationDelay = 3_600_000
    expect(tenant.hasPropagated(find('room@contoso.com'), find('allan@contoso.com'), 'FullAccess')).toBe(true)
  })

  test('a right that comes and goes within the delay was never seen', () => {
    let now = 1_000_000
    const { directory: tenant, find } = directory(() => new Date(now))
    const [room, adele] = [find('room@contoso.com'), find('Adele@contoso.com')]
    tenant.propagationDelay = 1000
    tenant.grant(room, adele, 'SendAs')
    tenant.revoke(room, adele, 'SendAs')
    now += 2000
    expect(tenant.hasPropagated(room, adele, 'SendAs')).toBe(false)
  })

  test('a delay that is no number of milliseconds is refused', () => {
    const { directory: tenant } = directory()
    expect(() => {
      tenant.propagationDelay = -1
    }).toThrow(RangeError)
    expect(() => {
      tenant.propagationDelay = Number.NaN
    }).toThrow(RangeError)
  })
})

test('a deleted account is gone from everywhere: addresses, SID, groups, rights, administrators', () => {
  const { directory: tenant, find } = directory()
  const [allan, adele, room] = [
    find('allan@contoso.com'),
    find('Adele@contoso.com'),
    find('room@contoso.com'),
  ]
  tenant.grant(room, allan, 'SendAs')
  tenant.grant(allan, adele, 'SendOnBehalf')
  tenant.delete(allan)
  expect(tenant.find('allan@contoso.com')).toBeUndefined()
  expect(tenant.findBySid(allan.sid)).toBeUndefined()
  expect(tenant.trustees(room, 'SendAs')).toEqual([])
  expect(find('outer@contoso.com').members).toEqual(['inner@contoso.com'])
  expect(tenant.isAdministrator(allan)).toBe(false)
  expect(tenant.verifyPassword(allan, 'own-password')).toBe(false)
  // Deleting twice changes nothing.
  tenant.delete(allan)
})
