import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { selfSigned } from '../../helpers/self-signed.ts'
import { type TokenServer, type TokenServerOptions, tokenServer } from '../../helpers/token-server.ts'
import { runCli } from '../run-cli.ts'

const CLIENT = '99999999-aaaa-bbbb-cccc-dddddddddddd'
const PASSPHRASE = 'a long passphrase'
let home = ''
let server: TokenServer | undefined
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
afterEach(async () => {
  server?.close()
  await rm(home, { recursive: true })
})
const start = async (options: Partial<TokenServerOptions> = {}) => {
  server = await tokenServer({ clientId: CLIENT, ...options })
  return `--tenant contoso.com --client-id ${CLIENT} --authority ${server.url}`
}
const cli = (line: string, env: Record<string, string> = {}, options: object = {}) =>
  runCli(line.split(' '), { env: { HOME: home, ...env }, cwd: home, ...options })

describe('login', () => {
  test('with a client secret shows the tokens’ scopes and not the tokens', async () => {
    const flags = await start({ secret: 'very~secret.value' })
    const run = await cli(`login ${flags} -o json`, { AZURE_CLIENT_SECRET: 'very~secret.value' })
    expect(run.code).toBe(0)
    expect(run.json()).toMatchObject({
      appOnly: true,
      tokenCache: 'memory',
      tokens: [
        { service: 'ews', scopes: ['https://outlook.office365.com/.default'] },
        { service: 'graph', scopes: ['https://graph.microsoft.com/.default'] },
      ],
    })
    expect(run.stdout + run.stderr).not.toMatch(/eyJ|very~secret/)
  })

  test('with a certificate of a file', async () => {
    const { cert, key } = selfSigned()
    const flags = await start({ certificate: cert })
    const { writeFile } = await import('node:fs/promises')
    await writeFile(join(home, 'app.pem'), key + cert)
    expect(await cli(`login ${flags} --certificate app.pem`)).toMatchObject({ code: 0 })
  })

  test('with a device code is kept encrypted for later commands, until logout', async () => {
    const flags = await start()
    await cli(`profile add cloud ${flags} --auth device-code --token-cache file`)
    const env = { EWS_TOKEN_CACHE_PASSPHRASE: PASSPHRASE }
    const first = await cli('login', env, { columns: 200 })
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('AdeleV@contoso.com') })
    expect(first.stderr).toContain('enter ABCD-EFGH')
    const path = join(home, '.cache', 'ews-delegates', 'tokens.cloud')
    expect(await readFile(path, 'utf8')).not.toMatch(/AdeleV|refresh/)

    // Without a terminal nobody could type a code.
    expect(await cli('login', env)).toMatchObject({ code: 0, stderr: '' })
    expect((await cli('logout')).stdout).toBe('The sign-in of profile cloud is forgotten.\n')
    expect((await cli('logout')).stdout).toBe('Nothing of profile cloud was kept.\n')
    expect(await cli('login', env)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('Sign in: ews-delegates login'),
    })
  })

  test('that is refused says why', async () => {
    const flags = await start({ secret: 'another' })
    expect(await cli(`login ${flags}`, { AZURE_CLIENT_SECRET: 'very~secret.value' })).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/AADSTS7000215[\s\S]*give its value, not its id/),
    })
  })

  test.each([
    ['login', 'It is not said how to sign in.'],
    ['login --user adele', 'There is nothing to keep for basic'],
    ['login --auth browser --tenant contoso.com --client-id x', 'needs a person at a terminal'],
    ['login --auth client-secret --tenant contoso.com', '--client-id'],
    ['login --tenant contoso.com --client-id nonsense', 'is not a client id'],
    [
      `login --auth device-code --tenant contoso.com --client-id ${CLIENT} --token-cache file`,
      'EWS_TOKEN_CACHE_PASSPHRASE',
    ],
  ])('%s is a mistake of the command line', async (line, text) => {
    expect(await cli(line)).toMatchObject({ code: 2, stderr: expect.stringContaining(text) })
  })
})
