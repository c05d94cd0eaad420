import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Exchange } from '../../../src/simulator/store/exchange.ts'
import { createItem } from '../../../src/simulator/store/item.ts'
import { isChangeKey, parseObjectId } from '../../../src/simulator/store/object-ids.ts'
import { completeTenant } from '../../../src/simulator/tenant-file.ts'

const exchange = new Exchange({
  tenant: completeTenant({
    domain: 'contoso.com',
    mailboxes: [{ address: 'a@contoso.com' }, { address: 'b@contoso.com' }],
  }),
})

function mailbox(name: string) {
  const recipient = exchange.directory.find(`${name}@contoso.com`)
  const found = recipient && exchange.mailboxOf(recipient)
  if (!found) throw new Error(`There is no ${name}.`)
  return found
}

describe('ids', () => {
  test('look like Exchange’s and tell the mailbox and the kind', () => {
    const { id } = mailbox('a').root
    expect(id).toMatch(/^AAMk[A-Za-z0-9+/]+=*$/)
    expect(parseObjectId(id)).toEqual({ mailboxId: mailbox('a').owner.id, kind: 'folder' })
    const item = createItem(exchange, { mailbox: mailbox('a') })
    expect(parseObjectId(item.id)).toEqual({ mailboxId: mailbox('a').owner.id, kind: 'item' })
  })

  test('are all different and stay the same', () => {
    const ids = [...mailbox('a').folders(), ...mailbox('b').folders()].map((folder) => folder.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect([...mailbox('a').folders()].map((folder) => folder.id)).toEqual(ids.slice(0, ids.length / 2))
  })

  test('find their folder and their item, and nothing once the item is gone', () => {
    const inbox = mailbox('a').distinguished('inbox')
    if (!inbox) throw new Error('There is no inbox.')
    expect(exchange.findFolder(inbox.id)?.folder).toBe(inbox)
    const item = createItem(exchange, { mailbox: mailbox('a'), subject: 'x' })
    expect(exchange.findItem(item.id)).toBeUndefined()
    inbox.addItem(item)
    expect(exchange.findItem(item.id)).toEqual({ mailbox: mailbox('a'), folder: inbox, item })
    expect(exchange.findFolder(item.id)).toBeUndefined()
    inbox.removeItem(item)
    expect(exchange.findItem(item.id)).toBeUndefined()
  })

  test('any text is read without throwing, and hardly ever as an id', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.constant(mailbox('a').root.id)), (text) => {
        const parsed = parseObjectId(text)
        expect(parsed === undefined || text === mailbox('a').root.id).toBe(true)
        expect(isChangeKey(text)).toBe(false)
      }),
    )
  })

  test('one changed byte names nothing', () => {
    const { id } = mailbox('a').root
    const bytes = Buffer.from(id, 'base64')
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const forged = Buffer.from(bytes)
        forged[at] = (forged[at] ?? 0) ^ change
        const found = exchange.findFolder(forged.toString('base64'))
        // The GUID inside is text, and a letter in the other case is the same GUID; the id is still another one.
        expect(found).toBeUndefined()
      }),
    )
  })
})

describe('change keys', () => {
  test('look like Exchange’s, by the kind of folder', () => {
    const key = (name: string) => mailbox('a').distinguished(name)?.changeKey
    expect(key('inbox')).toMatch(/^AQAAABYAAA/)
    expect(key('calendar')).toMatch(/^AgAAABYAAA/)
    expect(key('contacts')).toMatch(/^AwAAABYAAA/)
    expect(key('tasks')).toMatch(/^BAAAABYAAA/)
    expect(createItem(exchange, { mailbox: mailbox('a') }).changeKey).toMatch(/^CQAAABYAAA/)
    expect(isChangeKey(key('inbox') ?? '')).toBe(true)
  })

  test('change with every write', () => {
    const inbox = mailbox('a').distinguished('inbox')
    if (!inbox) throw new Error('There is no inbox.')
    const keys = [inbox.changeKey]
    inbox.touch()
    keys.push(inbox.changeKey)
    inbox.addItem(createItem(exchange, { mailbox: mailbox('a') }))
    keys.push(inbox.changeKey)
    mailbox('a').createFolder(inbox, { displayName: 'x', folderClass: 'IPF.Note' })
    keys.push(inbox.changeKey)
    expect(new Set(keys).size).toBe(4)
  })
})
