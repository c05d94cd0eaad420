import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { readArguments } from '../../../src/cli/read-arguments.ts'
import { parseCommandLine } from '../../../src/cli/yargs.ts'
import { runCli } from '../run-cli.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterEach(() => rm(home, { recursive: true }))
const env = (more: Record<string, string> = {}) => ({
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  ...more,
})
const cli = (line: string, more: Record<string, string> = {}, options: object = {}) =>
  runCli(line.split(' '), { env: env(more), cwd: home, ...options })

const url = 'https://mail.contoso.com/EWS/Exchange.asmx'

describe('profile', () => {
  test('add, list, show and remove', async () => {
    expect((await cli('profile list')).stdout).toMatch(/^There are no profiles in /)
    const added = await cli(`profile add work --url ${url} --auth ntlm --user CONTOSO\\adele`)
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('It is the default.') })
    await cli('profile add cloud --tenant contoso.com --client-id x --auth certificate --certificate app.pem')
    const list = (await cli('profile list -o json')).json()
    expect(list).toMatchObject({
      profiles: [
        {
          name: 'cloud',
          default: false,
          // Commands run in other folders later.
          settings: { auth: 'certificate', certificate: join(home, 'app.pem') },
        },
        { name: 'work', default: true, settings: { url, auth: 'ntlm', user: 'CONTOSO\\adele' } },
      ],
    })
    expect((await cli('profile list')).stdout).toContain('mail.contoso.com')
    expect(await cli('profile remove cloud --yes')).toMatchObject({ code: 0 })
    expect(await cli('profile remove cloud --yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The profiles are work.'),
    })
  })

  test('show says where each value comes from, and of a secret only that it is set', async () => {
    await cli(`profile add work --url ${url} --user profile --timeout 30`)
    const run = await cli('profile show --timeout 60 -o json', {
      EWS_USER: 'environment',
      EWS_PASSWORD: 'geheimnis',
      EWS_PROXY: 'http://someone:geheimnis@proxy:8080',
      EWS_MAX_WAIT: '15m',
    })
    expect(run.json()).toEqual({
      profile: 'work',
      signIn: 'basic',
      settings: {
        url: { value: url, from: 'profile', name: 'profile work' },
        user: { value: 'environment', from: 'environment', name: 'EWS_USER' },
        timeout: { value: '60', from: 'flag', name: '--timeout' },
        'max-wait': { value: '15m', from: 'environment', name: 'EWS_MAX_WAIT' },
        proxy: { value: 'http://someone:…@proxy:8080', from: 'environment', name: 'EWS_PROXY' },
      },
      secrets: ['EWS_PASSWORD'],
    })
    const text = await cli('profile show')
    expect(text.stdout).toMatch(/url\s+https:\/\/mail\.contoso\.com\/EWS\/Exchange\.asmx\s+profile work/)
  })

  test('a secret is not kept, however it is given', async () => {
    for (const line of [
      'profile add work --password geheim',
      'profile add work --url https://adele:geheim@mail.contoso.com/',
      'profile add work --proxy adele:geheim@proxy:8080',
      'profile add work --user eyJhbGciOiJub25l.eyJzdWIiOiJh.c2ln',
    ]) {
      expect(await cli(line)).toMatchObject({ code: 2, stdout: '' })
    }
    expect((await cli('profile list -o json')).json()).toMatchObject({ profiles: [] })
  })

  test('one that somebody wrote a password into is refused', async () => {
    await cli(`profile add work --url ${url}`)
    const path = join(home, 'config', 'ews-delegates', 'profiles.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"url"', '"password": "geheim", "url"'))
    const run = await cli('profile show')
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('secrets are not kept in profiles'),
    })
    expect(run.stderr).not.toContain('geheim')
  })

  test('with nothing in it is not kept', async () => {
    expect(await cli('profile add work')).toMatchObject({ code: 2 })
  })

  test('is chosen by flag, by environment, or is the default', async () => {
    await cli('profile add one --user one')
    await cli('profile add two --user two')
    await cli('profile add three --user three')
    const user = async (line: string, more: Record<string, string> = {}) =>
      ((await cli(`${line} -o json`, more)).json() as { settings: { user: { value: string } } }).settings.user
        .value
    expect(await user('profile show')).toBe('one')
    expect(await user('profile show', { EWS_PROFILE: 'two' })).toBe('two')
    expect(await user('profile show --profile three', { EWS_PROFILE: 'two' })).toBe('three')
    expect(await user('profile show THREE')).toBe('three')
  })
})

test('the examples of the commands around signing in are such as the commands understand', () => {
  const own = COMMANDS.commands.filter(({ name }) => /^(?:discover|doctor|login|logout|profile)\b/.test(name))
  expect(own).toHaveLength(8)
  for (const { examples } of own) {
    for (const [line] of examples) {
      const words = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''))
      const parsed = parseCommandLine(words, COMMANDS, undefined)
      if (parsed.kind !== 'command') throw new Error(`${line} is no command`)
      readArguments(parsed.command, parsed.flags, parsed.parsed, parsed.argv)
    }
  }
})
