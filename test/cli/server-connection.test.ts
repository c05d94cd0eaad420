import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD, type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { ntlmServer } from '../helpers/ntlm-server.ts'
import { selfSigned } from '../helpers/self-signed.ts'
import { runCli } from './run-cli.ts'

// Connections of NTLM and through proxies are what is looked at; nock would put sockets of its own in between.
beforeAll(() => nock.restore())
afterAll(() => nock.activate())

let exchange: Simulator
beforeAll(async () => {
  exchange = await startSimulator()
})
afterAll(() => exchange.close())
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
})
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  await rm(home, { recursive: true })
})
const listen = async (server: Server) => {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
const cli = (line: string, env: Record<string, string> = {}) =>
  runCli(line.split(' '), { env: { HOME: home, ...env }, cwd: home })

const ANSWER = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:GetDelegateResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:GetDelegateResponse></s:Body></s:Envelope>`
const answer: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/xml' })
  response.end(ANSWER)
}
const LIST = 'delegate list allan@contoso.com'

describe('a command', () => {
  test('signs in with NTLM as its profile says, over TLS of a private authority', async () => {
    const { cert, key } = selfSigned()
    await writeFile(join(home, 'authority.pem'), cert)
    const { listener, seen } = ntlmServer({ users: { allan: 'geheimnis' } }, (request, response) =>
      answer(request, response as never),
    )
    const port = await listen(createServer({ cert, key }, listener) as unknown as Server)
    await cli(
      `profile add work --url https://localhost:${port}/EWS/Exchange.asmx --auth ntlm --user CONTOSO\\allan --ca authority.pem`,
    )
    expect(await cli(LIST, { EWS_PASSWORD: 'geheimnis' })).toMatchObject({ code: 0 })
    expect(seen[0]).toMatchObject({ user: 'allan', domain: 'CONTOSO' })
    // A flag goes before the profile.
    expect(await cli(`${LIST} --user CONTOSO\\nobody`, { EWS_PASSWORD: 'geheimnis' })).toMatchObject({
      code: 5,
    })
  })

  test('does not take a certificate nobody vouches for, unless --insecure says so, with a warning', async () => {
    const { cert, key } = selfSigned()
    const port = await listen(createServer({ cert, key }, answer) as unknown as Server)
    const env = {
      EWS_URL: `https://localhost:${port}/EWS/Exchange.asmx`,
      EWS_USER: 'allan',
      EWS_PASSWORD: 'geheimnis',
    }
    expect(await cli(LIST, env)).toMatchObject({ code: 5, stderr: expect.stringContaining('not trusted') })
    expect(await cli(`${LIST} --insecure`, env)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the server’s certificate is not checked'),
    })
  })

  test('shows a client certificate', async () => {
    const [server, client] = [selfSigned(), selfSigned({ commonName: 'svc' })]
    await writeFile(join(home, 'ca.pem'), server.cert)
    await writeFile(join(home, 'svc.pem'), client.cert + client.key)
    let shown = ''
    let authorization: string | undefined
    const port = await listen(
      createServer(
        { cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false },
        (request, response) => {
          shown = String(
            (
              request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }
            ).getPeerCertificate().subject?.CN,
          )
          authorization = request.headers.authorization
          answer(request, response as never)
        },
      ) as unknown as Server,
    )
    expect(
      await cli(LIST, {
        EWS_URL: `https://localhost:${port}/EWS/Exchange.asmx`,
        EWS_USER: 'allan',
        EWS_PASSWORD: 'geheimnis',
        EWS_CA: 'ca.pem',
        EWS_CLIENT_CERTIFICATE: 'svc.pem',
      }),
    ).toMatchObject({ code: 0 })
    expect(shown).toBe('svc')
    shown = ''
    authorization = 'none yet'
    const alone = `${LIST} --url https://localhost:${port}/EWS/Exchange.asmx --ca ca.pem --client-certificate svc.pem`
    expect(await cli(alone)).toMatchObject({ code: 0 })
    expect([shown, authorization]).toEqual(['svc', undefined])
    expect(await cli(`${LIST} --auth client-certificate --url ${exchange.ews}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--client-certificate'),
    })
    shown = ''
    const typed = `${LIST} --url https://localhost:${port}/EWS/Exchange.asmx --user allan --ca ca.pem --client-certificate svc.pem --client-key svc.pem`
    expect(await cli(typed, { EWS_PASSWORD: 'geheimnis' })).toMatchObject({ code: 0 })
    expect(shown).toBe('svc')
  })

  test.each(['discover', 'doctor'])('%s reaches each host by the proxy that is its own', async (command) => {
    const through: (string | undefined)[] = []
    const proxy = createHttpServer()
    proxy.on('connect', (request, socket) => {
      through.push(request.url)
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    const run = await cli(`${command} adele@contoso.invalid --timeout 5`, {
      HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}`,
      NO_PROXY: 'contoso.invalid',
    })
    expect(run.code).toBe(5)
    expect(through).toEqual(['outlook.office365.com:443'])
  })

  test('goes through the proxy of a flag or of HTTPS_PROXY', async () => {
    const { cert, key } = selfSigned()
    await writeFile(join(home, 'ca.pem'), cert)
    const port = await listen(createServer({ cert, key }, answer) as unknown as Server)
    const through: (string | undefined)[] = []
    const proxy = createHttpServer()
    proxy.on('connect', (request, socket) => {
      through.push(request.url)
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(connect(port, '127.0.0.1')).pipe(socket)
    })
    const proxyPort = await listen(proxy)
    const env = {
      EWS_URL: 'https://mail.contoso.com/EWS/Exchange.asmx',
      EWS_USER: 'allan',
      EWS_PASSWORD: 'geheimnis',
      EWS_CA: 'ca.pem',
    }
    expect(await cli(`${LIST} --proxy http://127.0.0.1:${proxyPort}`, env)).toMatchObject({ code: 0 })
    expect(await cli(LIST, { ...env, HTTPS_PROXY: `http://127.0.0.1:${proxyPort}` })).toMatchObject({
      code: 0,
    })
    expect(through).toEqual(['mail.contoso.com:443', 'mail.contoso.com:443'])
    const around = await cli(`${LIST} --proxy none --no-wait`, {
      ...env,
      EWS_URL: 'https://mail.invalid/EWS/Exchange.asmx',
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
    })
    expect(around).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/mail\.invalid cannot be reached/),
    })
    expect(through).toHaveLength(2)
  })

  test('signs in at the token endpoint as an application, for EWS and Graph by one profile', async () => {
    const authority = new URL(exchange.token).origin
    await cli(
      `profile add cloud --auth client-secret --tenant contoso.com --client-id ${DEFAULT_APP.id} --authority ${authority} --url ${exchange.ews} --graph-url ${exchange.graph} --impersonate AllanD@contoso.com`,
    )
    const env = { AZURE_CLIENT_SECRET: DEFAULT_APP.secret }
    expect(await cli('delegate list AllanD@contoso.com', env)).toMatchObject({ code: 0, stderr: '' })
    expect(
      await cli(
        'mail send --as AdeleV@contoso.com --to MeganB@contoso.com --subject Lunch --body Today',
        env,
      ),
    ).toMatchObject({ code: 0 })
    expect(await cli('doctor AllanD@contoso.com', env)).toMatchObject({ code: 0 })
    const wrong = await cli('delegate list AllanD@contoso.com', { AZURE_CLIENT_SECRET: 'another-secret' })
    expect(wrong).toMatchObject({ code: 5, stderr: expect.stringContaining('AADSTS7000215') })
    expect(wrong.stderr).not.toContain('another-secret')
  })

  test('as an application without a mailbox to act as is refused before anything is sent', async () => {
    const before = exchange.requests.entries().length
    const run = await cli(`delegate list AllanD@contoso.com --auth client-secret --url ${exchange.ews}`, {
      AZURE_TENANT_ID: 'contoso.com',
      AZURE_CLIENT_ID: DEFAULT_APP.id,
      AZURE_CLIENT_SECRET: DEFAULT_APP.secret,
      AZURE_AUTHORITY_HOST: new URL(exchange.token).origin,
    })
    expect(run).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Name the mailbox with --impersonate.'),
    })
    expect(exchange.requests.entries().length).toBe(before)
  })

  test('shows no sign-in of Microsoft’s to a server that is not Microsoft’s', async () => {
    const run = await cli(`${LIST} --url https://mail.contoso.com/EWS/Exchange.asmx --auth client-secret`, {
      AZURE_TENANT_ID: 'contoso.com',
      AZURE_CLIENT_ID: DEFAULT_APP.id,
      AZURE_CLIENT_SECRET: DEFAULT_APP.secret,
    })
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('not shown to mail.contoso.com') })
  })

  test('is not led to Microsoft by variables that are meant for other programs', async () => {
    const run = await cli(LIST, {
      EWS_URL: exchange.ews,
      AZURE_TENANT_ID: 'contoso.com',
      AZURE_CLIENT_ID: DEFAULT_APP.id,
    })
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('Nobody is named to sign in.') })
  })

  test('shows in a dry run the address of the profile, and needs no sign-in for it', async () => {
    await cli(`profile add here --url ${exchange.ews}`)
    const run = await cli('delegate add AllanD@contoso.com AdeleV@contoso.com --dry-run -o json')
    expect(run.code).toBe(0)
    expect(JSON.stringify(run.json())).toContain(exchange.ews)
  })

  test('works without a home, and without profiles', async () => {
    const run = await runCli(['delegate', 'list', 'AllanD@contoso.com'], {
      env: { EWS_URL: exchange.ews, EWS_USER: 'AllanD@contoso.com', EWS_PASSWORD: DEFAULT_PASSWORD },
    })
    expect(run.code).toBe(0)
  })

  test('refuses a profile that is not there', async () => {
    expect(await cli(`${LIST} --profile nowhere`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no profile "nowhere"'),
    })
  })
})
