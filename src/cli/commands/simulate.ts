import { resolve } from 'node:path'
import { InvalidInputError } from '../../errors.ts'
import type { Simulator, Tenant } from '../../simulator/index.ts'
import { type CommandResult, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { formatReport, type Report } from '../output.ts'
import { printable, printableJson } from '../printable.ts'
import { shellCommand, shellQuote } from '../shell.ts'
import { formatProperties } from '../table.ts'

export const simulate = defineCommand({
  name: 'simulate',
  summary: 'Runs the embedded Exchange until it is stopped: EWS, Graph and a token endpoint over one store',
  details:
    'Everything it holds is gone when it ends. Without --tenant it is Contoso with the people of Microsoft’s examples.',
  operands: [],
  flags: {
    port: { type: 'text', value: 'N', description: 'port to listen on; 0, the default, takes a free one' },
    host: {
      type: 'text',
      value: 'ADDRESS',
      description: 'address to listen on (default 127.0.0.1, which only this machine reaches)',
    },
    tenant: { type: 'text', value: 'FILE', description: 'YAML file with mailboxes, groups, rights and apps' },
  },
  examples: [
    ['simulate --port 8080', ''],
    ['simulate --tenant fabrikam.yaml', 'with people of one’s own'],
    ['simulate --output json', 'for a script: one line with ews, graph, token, url, user and password'],
  ],

  async run(context, { flags }) {
    const port = readPort(flags.port)
    const { DEFAULT_TENANT, readTenantFile, startSimulator } = await import('../../simulator/index.ts')
    const { signal } = context.io
    const tenant: Tenant =
      flags.tenant === undefined
        ? DEFAULT_TENANT
        : await readTenantFile(resolve(context.io.cwd, flags.tenant))
    const simulator = await startSimulator({ tenant, port, ...(flags.host ? { host: flags.host } : {}) })
    try {
      announce(context, simulator, tenant)
      if (flags.host !== undefined && !isLoopback(flags.host)) {
        context.talk('Others on the network can reach it, and its passwords are no secret.')
      }
      await new Promise<void>((stop) => {
        if (signal.aborted) stop()
        else signal.addEventListener('abort', () => stop(), { once: true })
      })
    } finally {
      await simulator.close()
    }
    return {} satisfies CommandResult
  },
})

function readPort(text: string | undefined): number {
  if (text === undefined) return 0
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (port < 0 || port > 65535) {
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a port.`, {
      hint: 'Ports are 0 to 65535; 0 takes a free one.',
    })
  }
  return port
}

function announce(context: Context, simulator: Simulator, tenant: Tenant): void {
  const user = tenant.administrators[0] ?? tenant.mailboxes[0]?.address ?? ''
  const { url, ews, graph, token } = simulator
  const facts = { ews, graph, token, url, user, password: tenant.password }
  const report: Report = {
    text: () => welcome(facts, tenant, context.program),
    json: facts,
    csv: { columns: Object.keys(facts), rows: [Object.values(facts)] },
  }
  // One line, so that a script can read it and go on while this runs.
  context.print(
    context.format === 'json'
      ? `${printableJson(report.json)}\n`
      : formatReport(report, context.format, context.terminal),
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function welcome(
  facts: Readonly<Record<'ews' | 'graph' | 'token' | 'user' | 'password', string>>,
  tenant: Tenant,
  program: string,
): string {
  const { ews, graph, token, user, password } = facts
  const owner =
    tenant.mailboxes.find(({ address, kind }) => kind === 'user' && address !== user)?.address ?? user
  const set =
    process.platform === 'win32'
      ? (name: string, value: string) => `$env:${name} = '${value}'`
      : (name: string, value: string) => `export ${name}=${printable(shellQuote(value))}`
  return [
    `The embedded Exchange of ${printable(tenant.domain)} is running; Ctrl-C ends it.\n`,
    formatProperties([
      ['EWS', ews],
      ['Graph', graph],
      ['Tokens', token],
      ['People', tenant.mailboxes.map(({ address }) => address).join(', ')],
      ['Administrators', tenant.administrators.join(', ') || undefined],
      ['Password', `${password}  (of everybody who has none of their own)`],
    ]),
    [
      'In another terminal:',
      `  ${set('EWS_URL', ews)}`,
      `  ${set('EWS_USER', user)}`,
      `  ${set('EWS_PASSWORD', password)}`,
      `  ${printable(shellCommand(program, 'delegate', 'list', owner, '--impersonate', owner))}\n`,
    ].join('\n'),
  ].join('\n')
}
