import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { createItem } from '../../../src/simulator/store/item.ts'
import { ALLAN, MEGAN } from '../../helpers/contoso.ts'
import { runCli, signedIn } from '../run-cli.ts'

let simulator: Simulator
let cwd: string
beforeEach(async () => {
  simulator = await startSimulator()
  cwd = mkdtempSync(join(tmpdir(), 'attachments-'))
})
afterEach(async () => {
  rmSync(cwd, { recursive: true })
  await simulator.close()
})

const run = (argv: readonly string[], stdin?: string) =>
  runCli(argv, { env: signedIn(simulator, ALLAN), cwd, ...(stdin === undefined ? {} : { stdin }) })
const files = () => readdirSync(cwd).sort()

/** A message in Allan's Inbox with files of these names, whoever thought them up. */
function receive(...names: readonly (string | { name: string; isInline: boolean })[]): string {
  const { exchange } = simulator
  const owner = exchange.directory.find(ALLAN)
  const mailbox = owner && exchange.mailboxOf(owner)
  if (!mailbox) throw new Error('Allan has no mailbox.')
  const item = createItem(exchange, {
    mailbox,
    subject: 'Files',
    attachments: names.map((each, number) => {
      const { name, isInline } = typeof each === 'string' ? { name: each, isInline: false } : each
      return {
        id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
        name,
        contentType: 'text/plain',
        content: Buffer.from(`content ${number}\u0000\u00ff`, 'latin1'),
        isInline,
        modified: exchange.now(),
      }
    }),
  })
  mailbox.distinguished('inbox')?.addItem(item)
  return item.entryId
}

describe('attachment save', () => {
  it('writes the bytes into files, and tells which', async () => {
    const id = receive('plan.txt', { name: 'logo.png', isInline: true })
    const saved = await run(['attachment', 'save', '--id', id])
    expect(saved).toMatchObject({ code: 0, stdout: 'Saved plan.txt\n' })
    expect(readFileSync(join(cwd, 'plan.txt'), 'latin1')).toBe('content 0\u0000\u00ff')
    expect(files()).toEqual(['plan.txt'])

    const picture = await run([
      'attachment',
      'save',
      '--id',
      id,
      '--inline',
      '--name',
      'LOGO.PNG',
      '-o',
      'json',
    ])
    expect(picture.json()).toEqual({
      results: [{ id: expect.any(String), ok: true, name: 'logo.png', file: 'logo.png', size: 11 }],
    })
  })

  it('takes the items through a pipe', async () => {
    receive('a.txt')
    receive('b.txt')
    const listed = await run(['item', 'list', '--mailbox', ALLAN, '--folder', 'inbox', '-o', 'json'])
    expect((await run(['attachment', 'save', '--to', '.'], listed.stdout)).code).toBe(0)
    expect(files()).toEqual(['a.txt', 'b.txt'])
  })

  it('overwrites nothing', async () => {
    writeFileSync(join(cwd, 'plan.txt'), 'mine')
    const id = receive('plan.txt', 'plan.txt', 'Makefile')
    writeFileSync(join(cwd, 'Makefile'), 'mine')
    await run(['attachment', 'save', '--id', id])
    expect(files()).toEqual(['Makefile', 'Makefile (2)', 'plan (2).txt', 'plan (3).txt', 'plan.txt'])
    expect(readFileSync(join(cwd, 'plan.txt'), 'utf8')).toBe('mine')
  })

  it('stays in its folder, whatever the attachments are called', async () => {
    const id = receive(
      ...[
        '../../evil.sh',
        '/etc/passwd',
        'C:\\x.bat',
        '.bashrc',
        '...',
        '',
        'con.txt',
        'a\u009b2J\u202Etxt.exe',
      ],
      `${'x'.repeat(300)}.pdf`,
      `${'文'.repeat(110)}.pdf`,
    )
    const saved = await run(['attachment', 'save', '--id', id])
    expect(saved.code).toBe(0)
    expect(files()).toEqual(
      [
        ...['_.._evil.sh', '_etc_passwd', 'C__x.bat', 'bashrc', 'attachment', 'attachment (2)', '_con.txt'],
        ...['a_2J_txt.exe', `${'x'.repeat(200)}.pdf`, `${'文'.repeat(66)}.pdf`],
      ].sort(),
    )
  })

  it('says that no attachment has a name, and which names there are', async () => {
    const id = receive('plan.txt', 'budget.xlsx', { name: 'logo.png', isInline: true })
    const none = await run(['attachment', 'save', '--id', id, '--name', 'invoice.pdf'])
    expect(none).toMatchObject({ code: 3, stdout: '' })
    expect(none.stderr).toContain(
      'No attachment is called "invoice.pdf"; there are "plan.txt", "budget.xlsx", "logo.png" (ERR_NO_ATTACHMENT).',
    )
    const words = [
      'attachment',
      'save',
      '--id',
      id,
      '--name',
      'Plan.TXT',
      '--name',
      'invoice.pdf',
      '-o',
      'json',
    ]
    const some = await run(words)
    expect(some.code).toBe(4)
    expect(some.json().results).toMatchObject([
      { ok: true, name: 'plan.txt' },
      { id: null, ok: false, code: 'ERR_NO_ATTACHMENT' },
    ])
    const bare = await run(['attachment', 'save', '--id', receive(), '--name', 'invoice.pdf'])
    expect(bare.stderr).toContain('No attachment is called "invoice.pdf"; nothing is attached (')
    expect(files()).toEqual(['plan.txt'])
  })

  it('of many names tells ten', async () => {
    const id = receive(...Array.from({ length: 12 }, (_, number) => `${number}.txt`))
    const none = await run(['attachment', 'save', '--id', id, '--name', 'x'])
    expect(none.stderr).toContain('"9.txt" and 2 others (')
  })

  it('says nothing of a name that may be in an item it could not read', async () => {
    const id = receive('plan.txt')
    const some = await run(['attachment', 'save', '--id', 'nonsense', '--id', id, '--name', 'invoice.pdf'])
    expect(some.stderr).toContain('ErrorInvalidIdMalformed')
    expect(some.stderr).not.toContain('is called')
  })

  it('goes on after what it cannot save, and ends with 4', async () => {
    const id = receive('plan.txt')
    const some = await run(['attachment', 'save', '--id', 'nonsense', '--id', id])
    expect(some.code).toBe(4)
    expect(some.stderr).toContain(
      'Could not save 1 of 2 attachments. Id is malformed (ErrorInvalidIdMalformed).',
    )
    expect(files()).toEqual(['plan.txt'])
  })

  it('makes the folder when there is something to save', async () => {
    const to = ['--to', join('2026', 'invoices')]
    await run(['attachment', 'save', '--id', receive(), ...to])
    expect(files()).toEqual([])
    const saved = await run(['attachment', 'save', '--id', receive('plan.txt'), ...to])
    expect(saved.stdout).toBe(`Saved ${join('2026', 'invoices', 'plan.txt')}\n`)
    expect(readdirSync(join(cwd, '2026', 'invoices'))).toEqual(['plan.txt'])
  })

  it('says that a file is in the way before it signs in', async () => {
    writeFileSync(join(cwd, 'plan'), '')
    const refused = await run(['attachment', 'save', '--id', 'A', '--to', 'plan'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('"plan" is not a folder.')
    expect(simulator.requests.entries()).toEqual([])
  })

  it('of somebody else’s item is refused', async () => {
    const id = receive('plan.txt')
    const other = await runCli(['attachment', 'save', '--id', id], { env: signedIn(simulator, MEGAN), cwd })
    expect(other.code).toBe(3)
    expect(files()).toEqual([])
  })
})
