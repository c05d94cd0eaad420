import { beforeEach, describe, expect, test } from 'vitest'
import {
  effectiveRights,
  mayAdminister,
  mayImpersonate,
  mayManageDelegates,
  mayOpen,
  mayOpenAnything,
  maySeePrivateItems,
  ownsMailbox,
  rightsOn,
} from '../../../src/simulator/store/access.ts'
import type { Recipient } from '../../../src/simulator/store/directory.ts'
import { Exchange } from '../../../src/simulator/store/exchange.ts'
import type { Folder } from '../../../src/simulator/store/folder.ts'
import type { Mailbox } from '../../../src/simulator/store/mailbox.ts'
import { ALL_RIGHTS, RIGHTS, rightsOfLevel } from '../../../src/simulator/store/rights.ts'
import { completeTenant } from '../../../src/simulator/tenant-file.ts'

let exchange: Exchange
let mailbox: Mailbox
let inbox: Folder
let user: Recipient

function find(name: string): Recipient {
  const found = exchange.directory.find(`${name}@contoso.com`)
  if (!found) throw new Error(`There is no ${name}.`)
  return found
}

function grant(name: string, level: Parameters<typeof rightsOfLevel>[0], folder = inbox): void {
  folder.permissions.set({ kind: 'account', sid: find(name).sid }, rightsOfLevel(level, folder.kind))
}

beforeEach(() => {
  exchange = new Exchange({
    tenant: completeTenant({
      domain: 'contoso.com',
      mailboxes: ['owner', 'user', 'other', 'admin'].map((name) => ({ address: `${name}@contoso.com` })),
      groups: [
        {
          address: 'inner@contoso.com',
          kind: 'security',
          members: ['user@contoso.com', 'outer@contoso.com'],
        },
        { address: 'outer@contoso.com', kind: 'security', members: ['inner@contoso.com'] },
        { address: 'second@contoso.com', kind: 'security', members: ['user@contoso.com'] },
      ],
      administrators: ['admin@contoso.com'],
    }),
  })
  user = find('user')
  const found = exchange.mailboxOf(find('owner'))
  const folder = found?.distinguished('inbox')
  if (!found || !folder) throw new Error('The mailbox is not complete.')
  mailbox = found
  inbox = folder
})

describe('the rights on a folder', () => {
  test('are all of them for the owner and for Full Access, whatever the list says', () => {
    grant('owner', 'None')
    grant('user', 'None')
    exchange.directory.grant(mailbox.owner, user, 'FullAccess')
    expect(rightsOn(exchange, mailbox.owner, inbox)).toBe(ALL_RIGHTS)
    expect(rightsOn(exchange, user, inbox)).toBe(ALL_RIGHTS)
  })

  test('come from the user’s own entry alone, even when groups and Default give more', () => {
    grant('user', 'Reviewer')
    grant('inner', 'Owner')
    inbox.permissions.set({ kind: 'default' }, rightsOfLevel('Editor', 'ordinary'))
    expect(rightsOn(exchange, user, inbox)).toBe(rightsOfLevel('Reviewer', 'ordinary'))
  })

  test('are nothing when the user’s own entry is None', () => {
    grant('user', 'None')
    inbox.permissions.set({ kind: 'default' }, rightsOfLevel('Editor', 'ordinary'))
    expect(rightsOn(exchange, user, inbox)).toBe(0)
  })

  test('are the union of the groups’ entries, nested ones too, without an entry of the user’s own', () => {
    grant('outer', 'Reviewer')
    grant('second', 'Contributor')
    inbox.permissions.set({ kind: 'default' }, rightsOfLevel('Owner', 'ordinary'))
    expect(rightsOn(exchange, user, inbox)).toBe(RIGHTS.readAny | RIGHTS.create | RIGHTS.visible)
  })

  test('are Default’s for everybody else, and Anonymous’ for nobody signed in', () => {
    inbox.permissions.set({ kind: 'default' }, rightsOfLevel('Author', 'ordinary'))
    inbox.permissions.set({ kind: 'anonymous' }, rightsOfLevel('Contributor', 'ordinary'))
    expect(rightsOn(exchange, find('other'), inbox)).toBe(rightsOfLevel('Author', 'ordinary'))
    expect(rightsOn(exchange, undefined, inbox)).toBe(rightsOfLevel('Contributor', 'ordinary'))
  })

  test('are nothing special for an administrator', () => {
    expect(rightsOn(exchange, find('admin'), inbox)).toBe(0)
    expect(mayManageDelegates(exchange, find('admin'), mailbox)).toBe(false)
    expect(mayImpersonate(exchange, find('admin'))).toBe(true)
    expect(mayImpersonate(exchange, user)).toBe(false)
    expect(mayImpersonate(exchange, undefined)).toBe(false)
  })
})

test.each([
  ['None', false, false],
  ['Contributor', true, false],
  ['Reviewer', true, false],
  ['Editor', true, false],
  ['PublishingEditor', true, false],
  ['Owner', true, true],
] as const)('%s opens: %s, administers: %s', (level, opens, administers) => {
  grant('user', level)
  expect(mayOpen(exchange, user, inbox)).toBe(opens)
  expect(mayOpenAnything(exchange, user, mailbox)).toBe(opens)
  expect(mayAdminister(exchange, user, inbox)).toBe(administers)
})

test('a new mailbox shows others when its owner is busy, and opens nothing', () => {
  expect(mailbox.distinguished('calendar')?.permissions.defaultRights()).toBe(RIGHTS.freeBusySimple)
  expect(inbox.permissions.defaultRights()).toBe(0)
  expect(mayOpenAnything(exchange, user, mailbox)).toBe(false)
})

describe('over Graph', () => {
  const see = (who: Recipient) => [
    rightsOn(exchange, who, inbox, 'graph') !== 0,
    mayOpenAnything(exchange, who, mailbox, 'graph'),
    ownsMailbox(exchange, who, mailbox, 'graph'),
    maySeePrivateItems(exchange, who, mailbox, 'graph'),
  ]

  test('Full Access is known when it has propagated, over EWS at once', () => {
    exchange.directory.propagationDelay = 60_000
    exchange.directory.grant(mailbox.owner, user, 'FullAccess')
    expect(ownsMailbox(exchange, user, mailbox)).toBe(true)
    expect(see(user)).toEqual([false, false, false, false])
    expect(see(mailbox.owner)).toEqual([true, true, true, true])
  })

  test('a mailbox hidden from address lists is its owner’s alone, whatever was granted', () => {
    exchange.directory.grant(mailbox.owner, user, 'FullAccess')
    grant('user', 'Owner')
    expect(see(user)).toEqual([true, true, true, true])
    exchange.directory.configure(mailbox.owner, { hiddenFromAddressLists: true })
    expect(see(user)).toEqual([false, false, false, false])
    expect(see(mailbox.owner)).toEqual([true, true, true, true])
    expect(rightsOn(exchange, undefined, inbox, 'graph')).toBe(0)
    expect(rightsOn(exchange, user, inbox)).toBe(ALL_RIGHTS)
  })
})

test('private items are for the owner and for delegates who were given them', () => {
  expect(maySeePrivateItems(exchange, mailbox.owner, mailbox)).toBe(true)
  expect(maySeePrivateItems(exchange, undefined, mailbox)).toBe(false)
  mailbox.delegates.add(user, { levels: { inbox: 'Editor' } })
  expect(maySeePrivateItems(exchange, user, mailbox)).toBe(false)
  mailbox.delegates.update(user, { levels: {}, viewPrivateItems: true })
  expect(maySeePrivateItems(exchange, user, mailbox)).toBe(true)
  expect(effectiveRights(exchange, user, inbox).viewPrivateItems).toBe(true)
})

test('a folder made later inherits its parent’s list; free/busy rights stay with calendars', () => {
  grant('user', 'Reviewer')
  const made = mailbox.createFolder(inbox, { displayName: 'Made', folderClass: 'IPF.Note' })
  expect(rightsOn(exchange, user, made)).toBe(rightsOfLevel('Reviewer', 'ordinary'))
  grant('user', 'Editor')
  expect(rightsOn(exchange, user, made)).toBe(rightsOfLevel('Reviewer', 'ordinary'))

  const calendar = mailbox.distinguished('calendar') as Folder
  const sub = mailbox.createFolder(calendar, { displayName: 'Team', folderClass: 'IPF.Appointment' })
  const notes = mailbox.createFolder(calendar, { displayName: 'Notes', folderClass: 'IPF.Note' })
  expect(sub.permissions.defaultRights()).toBe(RIGHTS.freeBusySimple)
  expect(notes.permissions.defaultRights()).toBe(0)
})
