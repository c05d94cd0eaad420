import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { lstat, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'
import * as d from './ews-driver.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ews-state-'))
  path = join(folder, 'state.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function post(simulator: Simulator, body: string, as: string = d.OWNER): Promise<string> {
  const response = await fetch(simulator.ews, {
    method: 'POST',
    headers: { authorization: d.basic(as, DEFAULT_PASSWORD), 'content-type': 'text/xml' },
    body: d.envelope(body),
  })
  expect(response.status).toBe(200)
  return response.text()
}

const MESSAGE = `<t:Message><t:Subject>Kept ü</t:Subject><t:Attachments><t:FileAttachment><t:Name>a</t:Name><t:Content>AAECAw==</t:Content></t:FileAttachment></t:Attachments><t:ToRecipients>${d.mailbox(d.OTHER)}</t:ToRecipients></t:Message>`

/** Everything the store holds, without what differs from run to run. */
const everything = (simulator: Simulator) => JSON.parse(JSON.stringify(simulator.exchange.save()))

test('a restart finds everything: items, folders, permissions, delegates, rights, ids and change keys', async () => {
  const first = await startSimulator({ state: path })
  await post(first, d.createItem(MESSAGE, 'MessageDisposition="SendAndSaveCopy"'))
  await post(
    first,
    d.createItem(
      `<t:CalendarItem><t:Subject>Series</t:Subject><t:Start>2026-11-23T09:00:00Z</t:Start><t:End>2026-11-23T10:00:00Z</t:End>
       <t:RequiredAttendees><t:Attendee>${d.mailbox(d.OTHER)}</t:Attendee></t:RequiredAttendees>
       <t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NumberedRecurrence><t:StartDate>2026-11-23</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence></t:CalendarItem>`,
      'SendMeetingInvitations="SendToAllAndSaveCopy"',
    ),
  )
  await post(
    first,
    d.addDelegate(
      d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor' }, { copies: true, privateItems: true }),
      'DelegatesAndMe',
    ),
  )
  await post(
    first,
    `<m:CreateFolder><m:ParentFolderId>${d.distinguished('inbox')}</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>Sub</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`,
  )
  const { directory } = first.exchange
  const stranger = directory.find(d.STRANGER)
  if (stranger) directory.delete(stranger)
  const before = everything(first)
  await first.close()

  const second = await startSimulator({ state: path })
  expect(everything(second)).toEqual(before)
  // It is the same to clients, too: the ids that were given out are good.
  const [kept] =
    second.exchange
      .mailboxOf(second.exchange.directory.find(d.OTHER) as never)
      ?.distinguished('inbox')
      ?.items() ?? []
  expect(await post(second, d.getItem(d.itemId(kept as never)), d.OTHER)).toContain('NoError')
  expect(kept?.attachments[0]?.content).toEqual(Buffer.from([0, 1, 2, 3]))
  expect(kept?.received).toBeInstanceOf(Date)
  expect(await post(second, d.getDelegate(), d.OWNER)).toContain('DelegatesAndMe')
  expect(second.exchange.directory.find(d.STRANGER)).toBeUndefined()
  // New change keys go on from where the old ones stopped.
  expect(second.exchange.revision).toBe(before.issued)
  await second.close()
})

test('what was answered is in the file, before the simulator is closed', async () => {
  const simulator = await startSimulator({ state: path })
  await post(simulator, d.createItem(MESSAGE))
  expect(await readFile(path, 'utf8')).toContain('Kept ü')
  // Reading writes nothing.
  const { mtimeMs } = await stat(path)
  await post(simulator, d.findItem(d.distinguished('drafts')))
  expect((await stat(path)).mtimeMs).toBe(mtimeMs)
  await simulator.close()
})

test('requests that come together leave one whole file, with all of them in it, and nothing beside it', async () => {
  const simulator = await startSimulator({ state: path })
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      post(simulator, d.createItem(`<t:Message><t:Subject>Number ${index}.</t:Subject></t:Message>`)),
    ),
  )
  const text = await readFile(path, 'utf8')
  for (let index = 0; index < 20; index++) expect(text).toContain(`Number ${index}.`)
  expect(await readdir(folder)).toEqual(['state.json'])
  expect((await stat(path)).mode & 0o077).toBe(0)
  await simulator.close()
})

test('a leftover of a run that ended in the middle of a write does no harm', async () => {
  const first = await startSimulator({ state: path })
  await post(first, d.createItem(MESSAGE))
  await first.close()
  await writeFile(`${path}.${process.pid}.tmp`, '{"version":1,"domain":"con')
  const second = await startSimulator({ state: path })
  expect(await post(second, d.findItem(d.distinguished('drafts'), { fields: ['item:Subject'] }))).toContain(
    'Kept ü',
  )
  await second.close()
})

test('what a killed run left in the middle of a write goes away with the next write', async () => {
  // A process that has ended: its number is free.
  const gone = spawnSync(process.execPath, ['-e', '']).pid
  await writeFile(`${path}.${gone}.tmp`, '{"version":1,"domain":"con')
  await writeFile(`${path}.notes.tmp`, 'not ours')
  const simulator = await startSimulator({ state: path })
  await simulator.close()
  expect((await readdir(folder)).sort()).toEqual(['state.json', 'state.json.notes.tmp'])
})

test('a write puts a whole new file in the place of the old one, which is never written into', async () => {
  const simulator = await startSimulator({ state: path })
  const before = await open(path)
  try {
    const { size } = await before.stat()
    await post(simulator, d.createItem(MESSAGE))
    // Whoever has the old file open still has all of it, as a crash would find it.
    expect((await before.stat()).size).toBe(size)
    expect((await before.stat()).nlink).toBe(0)
    expect(() => JSON.parse(readFileSync(path, 'utf8'))).not.toThrow()
  } finally {
    await before.close()
    await simulator.close()
  }
})

test('a link to the file stays a link', async () => {
  const link = join(folder, 'link.json')
  await (await startSimulator({ state: path })).close()
  await symlink(path, link)
  const simulator = await startSimulator({ state: link })
  await post(simulator, d.createItem(MESSAGE))
  await simulator.close()
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect(await readFile(path, 'utf8')).toContain('Kept ü')
})

test('one that is merely started writes nothing, and the other goes on', async () => {
  const one = await startSimulator({ state: path })
  await post(one, d.createItem(MESSAGE))
  const { ino, mtimeMs } = await stat(path)
  const two = await startSimulator({ state: path })
  await two.close()
  expect(await stat(path)).toMatchObject({ ino, mtimeMs })
  await post(one, d.createItem('<t:Message><t:Subject>Later</t:Subject></t:Message>'))
  await one.close()
  expect(await readFile(path, 'utf8')).toContain('Later')
})

test('of two at one file the later writer is told, and nothing that was answered is lost', async () => {
  const told: Error[] = []
  const one = await startSimulator({ state: path, onUnsaved: (error) => told.push(error) })
  await post(one, d.createItem(MESSAGE))
  const two = await startSimulator({ state: path })
  await post(two, d.createItem('<t:Message><t:Subject>Later</t:Subject></t:Message>'))
  for (let time = 1; time <= 2; time++) {
    const response = await fetch(one.ews, {
      method: 'POST',
      headers: { authorization: d.basic(d.OWNER) },
      body: d.envelope(d.createItem('<t:Message><t:Subject>Too late</t:Subject></t:Message>')),
    })
    expect(response.status).toBe(500)
  }
  // Once, and not only when it is closed.
  expect(told.map(String)).toEqual([expect.stringMatching(/Another program has written/)])
  expect(String(one.requests.entries().at(-1)?.error)).toMatch(/Another program has written/)
  await expect(one.close()).rejects.toThrow(/Another program has written/)
  await two.close()
  const text = await readFile(path, 'utf8')
  expect(text).toContain('Kept ü')
  expect(text).toContain('Later')
  expect(text).not.toContain('Too late')
})

describe('a file that cannot be', () => {
  test.each([
    ['{"version":1,"domain":"contoso.com","mail', /is not a state file of the embedded Exchange/],
    ['[]', /is not a state file/],
    ['{"version":2,"mailboxes":[]}', /is not a state file/],
    [
      '{"version":1,"domain":"fabrikam.com","mailboxes":[]}',
      /holds the mailboxes of fabrikam.com, not of contoso.com/,
    ],
    ['{"version":1,"domain":"contoso.com","issued":0,"mailboxes":[{}]}', /is not a state file/],
  ])('%s is refused', async (text, message) => {
    await writeFile(path, text)
    await expect(startSimulator({ state: path })).rejects.toThrow(message)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  test('in a folder that is not there, it is known at the start', async () => {
    await expect(startSimulator({ state: join(folder, 'no', 'state.json') })).rejects.toThrow(
      /cannot be written/,
    )
  })

  test('that can no longer be written: the answer is an error, not a promise', async () => {
    const simulator = await startSimulator({ state: path })
    await rm(folder, { recursive: true })
    const response = await fetch(simulator.ews, {
      method: 'POST',
      headers: { authorization: d.basic(d.OWNER) },
      body: d.envelope(d.createItem(MESSAGE)),
    })
    expect(response.status).toBe(500)
    expect(String(simulator.requests.entries().at(-1)?.error)).toMatch(/cannot be written/)
    await expect(simulator.close()).rejects.toThrow(/cannot be written/)
  })
})

test('a tenant file’s items are put into a mailbox once', async () => {
  const tenant = {
    domain: 'contoso.com',
    mailboxes: [
      { address: d.OWNER, items: [{ folder: 'inbox' as const, subject: 'Seeded' }] },
      { address: d.DELEGATE },
    ],
  }
  const count = async () => {
    const simulator = await startSimulator({ state: path, tenant })
    const text = await post(simulator, d.findItem(d.distinguished('inbox')))
    await simulator.close()
    return text.match(/TotalItemsInView="(\d+)"/)?.[1]
  }
  expect([await count(), await count()]).toEqual(['1', '1'])
})
