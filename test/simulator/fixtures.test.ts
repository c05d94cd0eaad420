import { beforeEach, describe, expect, test } from 'vitest'
import { asTree, listFixtures, readFixture } from '../helpers/fixtures.ts'
import * as d from './ews-driver.ts'

const ALLAN = 'allan@contoso.com'
const people = ['allan', 'adele', 'megan', 'alex', 'stranger', "o'neil&sons", 'admin']

const ews = d.useEws(() => ({
  tenant: {
    domain: 'contoso.com',
    mailboxes: people.map((name) => ({ address: `${name}@contoso.com` })),
    administrators: ['admin@contoso.com'],
  },
}))

/** The one element in the body, as an ordered tree; versions and prefixes left aside. */
function bodyTree(xml: string): unknown {
  const envelope = asTree(xml) as { children: { name: string; children?: unknown[] }[] }
  return envelope.children.find((child) => child.name.endsWith('}Body'))?.children
}

function send(fixture: string, as: string = ALLAN) {
  return ews.post(readFixture(fixture), { as })
}

beforeEach(async () => {
  await ews.call(d.removeDelegate(d.smtp('adele@contoso.com'), ALLAN), { as: ALLAN })
})

describe('every request fixture is understood', () => {
  const requests = listFixtures().filter((path) => /(^|\/)request[^/]*\.xml$/.test(path))

  test('there are some for every operation of the client', () => {
    expect(new Set(requests.map((path) => path.split('/')[0])).size).toBeGreaterThanOrEqual(18)
  })

  test.each(requests)('%s', async (path) => {
    const answer = await send(
      path,
      readFixture(path).includes('ExchangeImpersonation') ? 'admin@contoso.com' : ALLAN,
    )
    expect(d.faultCode(answer)).toBeUndefined()
    expect(answer.status).toBe(200)
  })
})

describe('what the fixtures say Exchange answers is what is answered', () => {
  test('GetDelegate of a mailbox without delegates', async () => {
    const answer = await ews.call(d.getDelegate(undefined, 'megan@contoso.com'), { as: 'megan@contoso.com' })
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('get-delegate/response.none.xml')))
  })

  test('GetDelegate by somebody who may not', async () => {
    const answer = await send('get-delegate/request.xml', 'stranger@contoso.com')
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('get-delegate/response.denied.xml')))
  })

  test('RemoveDelegate of one delegate and one who is none', async () => {
    await ews.call(d.addDelegate(d.delegateUser(d.smtp('adele@contoso.com')), undefined, ALLAN), {
      as: ALLAN,
    })
    const both = d.smtp('adele@contoso.com') + d.smtp('megan@contoso.com')
    const answer = await ews.call(d.removeDelegate(both, ALLAN), { as: ALLAN })
    expect(bodyTree(answer.text)).toEqual(
      bodyTree(readFixture('remove-delegate/response.partial-failure.xml')),
    )
  })

  test('UpdateDelegate of the delivery alone', async () => {
    const answer = await send('update-delegate/request.delivery-only.xml')
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('update-delegate/response.delivery-only.xml')))
  })

  test('UpdateDelegate of somebody who is no delegate', async () => {
    const answer = await send('update-delegate/request.one-folder.xml')
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('update-delegate/response.not-delegate.xml')))
  })

  test('GetFolder of a folder that may not be seen', async () => {
    const answer = await send('get-folder/request.explicit.xml', 'stranger@contoso.com')
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('get-folder/response.not-found.xml')))
  })

  test('FindItem of an empty folder', async () => {
    const view = '<m:IndexedPageItemView MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"/>'
    const answer = await ews.call(d.findItem(d.distinguished('notes'), { view }), { as: 'megan@contoso.com' })
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('find-item/response.empty.xml')))
  })

  test('CreateItem of a message that is sent', async () => {
    const message = `<t:Message><t:ToRecipients>${d.mailbox('megan@contoso.com')}</t:ToRecipients></t:Message>`
    const answer = await ews.call(d.createItem(message, 'MessageDisposition="SendOnly"'), { as: ALLAN })
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('create-item/response.sent.xml')))
  })

  test('SendItem of a draft in a mailbox that the caller may not send for', async () => {
    const directory = ews.simulator.exchange.directory
    directory.grant(ews.recipient(ALLAN), ews.recipient('megan@contoso.com'), 'FullAccess')
    const message = `<t:Message><t:ToRecipients>${d.mailbox('alex@contoso.com')}</t:ToRecipients></t:Message>`
    const made = await ews.call(d.createItem(message, undefined, d.distinguished('drafts', ALLAN)), {
      as: 'megan@contoso.com',
    })
    const answer = await ews.call(d.sendItem(d.itemId(d.items(made)[0] as never)), {
      as: 'megan@contoso.com',
    })
    directory.revoke(ews.recipient(ALLAN), ews.recipient('megan@contoso.com'), 'FullAccess')
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('send-item/response.send-as-denied.xml')))
  })

  test('ResolveNames of nobody', async () => {
    const answer = await ews.call(
      '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>nobody</m:UnresolvedEntry></m:ResolveNames>',
      { as: ALLAN },
    )
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('resolve-names/response.none.xml')))
  })

  test('ExpandDL of somebody who is no group', async () => {
    const answer = await send('expand-dl/request.xml')
    expect(bodyTree(answer.text)).toEqual(bodyTree(readFixture('expand-dl/response.none.xml')))
  })

  test('impersonation by somebody who may not', async () => {
    const answer = await ews.call(d.getDelegate(undefined, ALLAN), {
      as: 'stranger@contoso.com',
      header: d.impersonate(ALLAN),
    })
    expect(asTree(answer.text)).toEqual(asTree(readFixture('faults/impersonate-user-denied.xml')))
  })
})

d.testThatEverythingWasValid(ews)
