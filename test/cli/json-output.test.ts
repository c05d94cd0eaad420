import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { ADELE, ALLAN, MEGAN } from '../helpers/contoso.ts'
import { graphToken, runCli, signedIn } from './run-cli.ts'

// docs/json-output.md promises shapes; here they are held against what the commands print.
const page = readFileSync(new URL('../../docs/json-output.md', import.meta.url), 'utf8')

let simulator: Simulator
let env: Record<string, string>
const json = async (...argv: string[]) => (await runCli([...argv, '--output', 'json'], { env })).json()

beforeAll(async () => {
  simulator = await startSimulator()
  env = {
    ...signedIn(simulator, ALLAN),
    GRAPH_URL: simulator.graph,
    GRAPH_TOKEN: await graphToken(simulator, ADELE, 'Mail.Send'),
  }
})
afterAll(() => simulator.close())

function documented(heading: string): Record<string, unknown> {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`))
  const block = /```json\n([\s\S]*?)```/.exec(section ?? '')?.[1]
  return JSON.parse(block ?? '')
}

/** Every path of members, e.g. `delegates[].user`; what is inside `user` differs from user to user. */
function members(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => members(each, `${path}[]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    `${path}.${name}`,
    ...(name === 'user' ? [] : members(inner, `${path}.${name}`)),
  ])
}

function expectDocumented(heading: string, printed: unknown): void {
  const promised = new Set(members(documented(heading)))
  const found = new Set(members(printed))
  for (const path of found) {
    // "rights has all eight members", and the page does not repeat them.
    if (!path.includes('.rights.') && !path.startsWith('.permissions.entries[]')) {
      expect(promised, `${heading}${path} is printed and not documented`).toContain(path)
    }
  }
  for (const path of promised) {
    expect(found, `${heading}${path} is documented and not printed`).toContain(path)
  }
}

it('the delegate commands print what docs/json-output.md says', async () => {
  await runCli(['delegate', 'add', ALLAN, MEGAN], { env })
  const argv = ['delegate', 'add', ALLAN, ADELE, MEGAN, '--deliver-meeting-requests', 'DelegatesOnly']
  expectDocumented('delegate add, delegate update, delegate remove', await json(...argv))
  const { directory } = simulator.exchange
  const orphan = directory.find('PattiF@contoso.com')
  await runCli(['delegate', 'add', ALLAN, 'PattiF@contoso.com'], { env })
  if (orphan) directory.delete(orphan)
  expectDocumented('delegate list', await json('delegate', 'list', ALLAN))
})

it('the folder commands print what docs/json-output.md says', async () => {
  expectDocumented('folder-permission list', await json('folder-permission', 'list', ALLAN, 'calendar'))
  expectDocumented(
    'folder-permission set, folder-permission remove',
    await json('folder-permission', 'set', ALLAN, 'tasks', 'AlexW@contoso.com', 'Reviewer'),
  )
  expectDocumented('folder show', await json('folder', 'show', ALLAN, 'calendar'))
})

it('the item commands print what docs/json-output.md says', async () => {
  const calendar = ['--mailbox', ALLAN, '--folder', 'calendar']
  const made = await json(
    'item',
    'create',
    'appointment',
    ...calendar,
    ...['--subject', 'Lunch', '--start', '2026-12-24T12:00', '--duration', '1h'],
  )
  expectDocumented('item create', made)
  const [{ id }] = made.results as [{ id: string }]
  // Of an item there is as much as the server tells; what the page shows of it is there.
  for (const argv of [
    ['item', 'list', ...calendar, '--from', '2026-12-24', '--to', '2026-12-25'],
    ['item', 'show', '--id', id],
  ]) {
    const [item] = (await json(...argv)) as unknown as [object]
    const [promised] = documented('item list, item show') as unknown as [object]
    const { location: _, ...always } = promised as { location: string }
    for (const path of members(always)) expect(members(item)).toContain(path)
  }
  expectDocumented('item update', await json('item', 'update', '--id', id, '--set', 'location=Cafeteria'))
  expectDocumented(
    'item copy, item move',
    await json('item', 'copy', '--id', id, '--to-mailbox', ALLAN, '--to-folder', 'calendar'),
  )
  const invitation = ['item', 'create', 'appointment', '--mailbox', MEGAN, '--subject', 'Review']
  const times = ['--start', '2026-12-28T12:00', '--duration', '1h', '--attendee', ALLAN, '--notify', 'all']
  await runCli([...invitation, ...times], { env: signedIn(simulator, MEGAN) })
  const inbox = ['item', 'list', '--mailbox', ALLAN, '--folder', 'inbox', '--ids']
  const [request = ''] = (await json(...inbox)) as unknown as string[]
  expectDocumented('item respond', await json('item', 'respond', 'accept', '--id', request))
  const [draft] = (await json('item', 'create', 'message', '--mailbox', ALLAN, '--attach', 'package.json'))
    .results as [{ id: string }]
  const into = mkdtempSync(join(tmpdir(), 'json-output-'))
  expectDocumented('attachment save', await json('attachment', 'save', '--id', draft.id, '--to', into))
  rmSync(into, { recursive: true })
  expectDocumented('folder delete, item delete', await json('item', 'delete', '--id', id, '--yes'))
  expectDocumented('folder create', await json('folder', 'create', 'Projects', '--mailbox', ALLAN))
  const [folder] = (await json('folder', 'list', '--mailbox', ALLAN)) as unknown as [object]
  expect(members(folder).sort()).toEqual(members(documented('folder show')).sort())
  expectDocumented('resolve', await json('resolve', 'Adele'))
})

it('the other commands print what docs/json-output.md says', async () => {
  expectDocumented('mail send', await json('mail', 'send', '--to', MEGAN))
  expectDocumented('--dry-run', await json('delegate', 'add', ALLAN, ADELE, '--dry-run'))
  expectDocumented('demo', await json('demo'))
})

it('verify prints what docs/json-output.md says', async () => {
  const all = {
    ...env,
    GRAPH_TOKEN: undefined,
    GRAPH_TOKEN_ENDPOINT: simulator.token,
    GRAPH_PASSWORD: DEFAULT_PASSWORD,
  }
  const { directory } = simulator.exchange
  const [allan, adele] = [directory.find(ALLAN), directory.find(ADELE)]
  if (allan && adele) directory.grant(allan, adele, 'SendAs')
  const verify = async (...argv: string[]) =>
    (await runCli(['verify', ...argv, '-o', 'json'], { env: all })).json()
  const named = await verify('PattiF@contoso.com', ADELE, 'nobody@contoso.com')
  // The delegates that the first test left: one is an orphan.
  const shown = await verify(ALLAN)
  expectDocumented('verify', {
    proofs: [...(named.proofs as unknown[]), ...(shown.proofs as unknown[])],
    skipped: shown.skipped,
  })
})

it('errors are what docs/json-output.md says', async () => {
  const promised = members(documented('Errors'))
  const run = await runCli(['delegate', 'lst', '-o', 'json'])
  for (const path of members(JSON.parse(run.stderr))) expect(promised).toContain(path)
})

it('docs/commands.md names every command and every exit code', () => {
  const commands = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8')
  for (const { name } of COMMANDS.commands) expect(commands).toContain(`| \`${name}`)
  for (const code of Object.values(EXIT)) expect(commands).toContain(`| ${code} |`)
})
