import { beforeEach, describe, expect, test } from 'vitest'
import { ADELE, MEGAN, message, useGraph } from '../graph-driver.ts'

let now = new Date('2026-11-21T12:00:00Z')
const graph = useGraph(() => ({ now: () => now }))
beforeEach(() => graph.empty())

const MEGABYTE = 1024 * 1024
const IMMUTABLE = { prefer: 'IdType="ImmutableId"' }
const draft = async (): Promise<string> =>
  (await graph.call('POST', '/v1.0/me/messages', { body: message(), headers: IMMUTABLE })).json.id
const file = (name: string, content: string) => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name,
  contentBytes: Buffer.from(content).toString('base64'),
})

describe('attachments of a draft', () => {
  test('are added, listed, read, and taken away', async () => {
    const id = await draft()
    const added = await graph.call('POST', `/v1.0/me/messages/${id}/attachments`, {
      body: { ...file('a.txt', 'Hello'), contentType: 'text/plain', isInline: true, contentId: 'cid1' },
    })
    expect(added.status).toBe(201)
    expect(added.json).toMatchObject({
      name: 'a.txt',
      size: 5,
      isInline: true,
      contentId: 'cid1',
      contentBytes: 'SGVsbG8=',
    })
    const listed = await graph.call('GET', `/v1.0/me/messages/${id}/attachments?$select=name,size`)
    expect(listed.json.value).toEqual([
      expect.objectContaining({ id: added.json.id, name: 'a.txt', size: 5 }),
    ])
    expect(listed.json.value[0].contentBytes).toBeUndefined()
    const value = await graph.call('GET', `/v1.0/me/messages/${id}/attachments/${added.json.id}/$value`)
    expect([value.text, value.headers.get('content-type')]).toEqual(['Hello', 'text/plain'])
    expect((await graph.call('DELETE', `/v1.0/me/messages/${id}/attachments/${added.json.id}`)).status).toBe(
      204,
    )
    expect((await graph.call('GET', `/v1.0/me/messages/${id}/attachments`)).json.value).toEqual([])
  })

  test('go along when it is sent', async () => {
    const id = await draft()
    await graph.call('POST', `/v1.0/me/messages/${id}/attachments`, { body: file('a.txt', 'Hello') })
    await graph.call('POST', `/v1.0/me/messages/${id}/send`)
    const received = graph.mailbox(MEGAN).distinguished('inbox')?.items()[0]
    expect(received?.attachments.map(({ name, content }) => [name, content.toString()])).toEqual([
      ['a.txt', 'Hello'],
    ])
    const late = await graph.call('POST', `/v1.0/me/messages/${id}/attachments`, { body: file('b', 'b') })
    expect(late.status).toBe(403)
  })

  test.each<[string, Record<string, unknown>, number, string]>([
    ['without a type', { name: 'a' }, 400, 'RequestBodyRead'],
    ['of an unknown type', { '@odata.type': '#microsoft.graph.thing' }, 400, 'RequestBodyRead'],
    ['of an item', { '@odata.type': '#microsoft.graph.itemAttachment' }, 501, 'NotImplemented'],
    ['of broken base64', { ...file('a', ''), contentBytes: '***' }, 400, 'RequestBodyRead'],
    ['with a property it has not', { ...file('a', 'a'), colour: 'red' }, 400, 'RequestBodyRead'],
  ])('%s are refused', async (_name, body, status, code) => {
    const answer = await graph.call('POST', `/v1.0/me/messages/${await draft()}/attachments`, { body })
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })

  test('a media type that would break a header is not repeated', async () => {
    const id = await draft()
    const { json } = await graph.call('POST', `/v1.0/me/messages/${id}/attachments`, {
      body: { ...file('a', 'a'), contentType: 'text/plain\r\nx-evil: 1' },
    })
    const value = await graph.call('GET', `/v1.0/me/messages/${id}/attachments/${json.id}/$value`)
    expect([value.status, value.headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
  })
})

describe('an upload session', () => {
  const open = async (size: number, id?: string) =>
    graph.call('POST', `/v1.0/me/messages/${id ?? (await draft())}/attachments/createUploadSession`, {
      body: { AttachmentItem: { attachmentType: 'file', name: 'big.bin', size } },
    })
  const put = (url: string, bytes: Buffer, from: number, total: number) =>
    graph.call('PUT', url, {
      authorization: '',
      raw: bytes,
      headers: { 'content-range': `bytes ${from}-${from + bytes.length - 1}/${total}` },
    })

  test('takes ranges in order and ends with the attachment', async () => {
    const id = await draft()
    const content = Buffer.alloc(3 * MEGABYTE + 10, 'ab')
    const opened = await open(content.length, id)
    expect(opened.status).toBe(201)
    expect(opened.json).toMatchObject({
      uploadUrl: expect.stringContaining('authtoken='),
      expirationDateTime: '2026-11-21T13:00:00.000Z',
      nextExpectedRanges: ['0-'],
    })
    const url = opened.json.uploadUrl
    const first = await put(url, content.subarray(0, 2 * MEGABYTE), 0, content.length)
    expect([first.status, first.json.nextExpectedRanges]).toEqual([200, [String(2 * MEGABYTE)]])
    const asked = await graph.call('GET', url, { authorization: '' })
    expect(asked.json.nextExpectedRanges).toEqual([String(2 * MEGABYTE)])
    const last = await put(url, content.subarray(2 * MEGABYTE), 2 * MEGABYTE, content.length)
    expect([last.status, last.text]).toEqual([201, ''])
    const attachment = await graph.call('GET', String(last.headers.get('location')))
    expect(attachment.json).toMatchObject({ name: 'big.bin', size: content.length })
    const [item] = graph.mailbox(ADELE).distinguished('drafts')?.items() ?? []
    expect(item?.attachments[0]?.content.equals(content)).toBe(true)
    expect((await put(url, Buffer.from('x'), 0, content.length)).status).toBe(404)
  })

  test('is for 3 to 150 MB', async () => {
    const small = await open(3 * MEGABYTE - 1)
    expect([small.status, small.json.error.code]).toEqual([
      400,
      'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize',
    ])
    const large = await open(150 * MEGABYTE + 1)
    expect([large.status, large.json.error.code]).toEqual([400, 'ErrorAttachmentSizeLimitExceeded'])
  })

  test('refuses a token, a wrong link, gaps, and ranges that are not what they say', async () => {
    const total = 3 * MEGABYTE
    const url = (await open(total)).json.uploadUrl
    const withToken = await graph.call('PUT', url, { raw: Buffer.from('x') })
    expect(withToken.status).toBe(401)
    expect((await put(url.replace(/authtoken=.*/, 'authtoken=x'), Buffer.from('x'), 0, total)).status).toBe(
      404,
    )
    expect((await put(url, Buffer.from('x'), 5, total)).status).toBe(416)
    expect((await put(url, Buffer.from('x'), 0, total + 1)).status).toBe(400)
    const lying = await graph.call('PUT', url, {
      authorization: '',
      raw: Buffer.from('xyz'),
      headers: { 'content-range': `bytes 0-9/${total}` },
    })
    expect(lying.status).toBe(400)
    expect((await graph.call('PUT', url, { authorization: '', raw: Buffer.from('x') })).status).toBe(400)
    expect((await graph.call('POST', url, { authorization: '' })).status).toBe(405)
  })

  test('can be given up, and runs out after an hour', async () => {
    const url = (await open(3 * MEGABYTE)).json.uploadUrl
    expect((await graph.call('DELETE', url, { authorization: '' })).status).toBe(204)
    expect((await graph.call('GET', url, { authorization: '' })).status).toBe(404)
    const late = (await open(3 * MEGABYTE)).json.uploadUrl
    const before = now
    now = new Date(now.getTime() + 3_600_001)
    expect((await graph.call('GET', late, { authorization: '' })).status).toBe(404)
    now = before
  })

  test('ends with the draft', async () => {
    const id = await draft()
    const content = Buffer.alloc(3 * MEGABYTE)
    const url = (await open(content.length, id)).json.uploadUrl
    await graph.call('POST', `/v1.0/me/messages/${id}/send`)
    expect((await put(url, content, 0, content.length)).status).toBe(404)
  })
})
