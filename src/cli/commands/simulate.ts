import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidInputError } from '../../errors.ts'
import type { SignInScheme, Simulator, Tenant } from '../../simulator/index.ts'
import { type CommandResult, defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { formatProblem, toProblem } from '../failure.ts'
import { formatReport, type Report } from '../output.ts'
import { printable, printableJson } from '../printable.ts'
import { shellCommand, shellQuote } from '../shell.ts'
import { formatProperties } from '../table.ts'

export const simulate = defineCommand({
  name: 'simulate',
  summary: 'Runs the embedded Exchange until it is stopped: EWS, Graph and a token endpoint over one store',
  details:
    'Everything it holds is gone when it ends, unless --state keeps it. Without --tenant it is Contoso with the people of Microsoft’s examples.',
  expendable: true,
  operands: [],
  flags: {
    port: { type: 'text', value: 'N', description: 'port to listen on; 0, the default, takes a free one' },
    host: {
      type: 'text',
      value: 'ADDRESS',
      description: 'address to listen on (default 127.0.0.1, which only this machine reaches)',
    },
    tenant: { type: 'text', value: 'FILE', description: 'YAML file with mailboxes, groups, rights and apps' },
    state: {
      type: 'text',
      value: 'FILE',
      description: 'keep everything in this file over a restart; made if it is not there',
    },
    auth: {
      type: 'text',
      value: 'METHODS',
      description:
        'how to sign in to EWS and Autodiscover: any of basic, ntlm, bearer (default basic,bearer)',
    },
    tls: {
      type: 'switch',
      description: 'serve HTTPS, with a certificate from an authority made for this run',
    },
    'ca-out': {
      type: 'text',
      value: 'FILE',
      description: 'where to write the certificate of that authority, for --ca of other commands',
    },
    faults: { type: 'text', value: 'FILE', description: 'YAML file with what goes wrong' },
    seed: {
      type: 'text',
      value: 'TEXT',
      description: 'decides which requests a share of the faults strikes',
    },
    'propagation-delay': {
      type: 'text',
      value: 'SECONDS',
      description: 'how long a new send right takes until mail can be sent with it (default 0)',
    },
    control: {
      type: 'text',
      value: 'PORT',
      description:
        'look at requests and change faults while it runs, at this port of 127.0.0.1; 0 takes a free one',
    },
  },
  examples: [
    ['simulate --port 8080', ''],
    ['simulate --tenant fabrikam.yaml', 'with people of one’s own'],
    ['simulate --auth ntlm --tls --ca-out ca.pem', 'like an Exchange Server'],
    ['simulate --faults faults.yaml --control 0', 'on a bad day, which can be made worse while it runs'],
    ['simulate --output json', 'for a script: one line with ews, graph, token, url, user and password'],
  ],

  async run(context, { flags }) {
    const port = readPort(flags.port)
    const control = flags.control === undefined ? undefined : readPort(flags.control)
    const propagationDelay = readDelay(flags['propagation-delay'])
    if (flags['ca-out'] !== undefined && !flags.tls) {
      throw new InvalidInputError('--ca-out is for --tls: without it there is no authority.')
    }
    const { DEFAULT_TENANT, readTenantFile, startSimulator } = await import('../../simulator/index.ts')
    const { signal } = context.io
    const tenant: Tenant =
      flags.tenant === undefined
        ? DEFAULT_TENANT
        : await readTenantFile(resolve(context.io.cwd, flags.tenant))
    const simulator = await startSimulator({
      tenant,
      port,
      ...(flags.host ? { host: flags.host } : {}),
      ...(flags.state === undefined ? {} : { state: resolve(context.io.cwd, flags.state) }),
      onUnsaved: (error) => context.io.stderr.write(formatProblem(toProblem(error), context.format)),
      ...(flags.auth === undefined ? {} : { auth: readSchemes(flags.auth) }),
      tls: flags.tls ?? false,
      ...(flags.faults === undefined ? {} : { faults: resolve(context.io.cwd, flags.faults) }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      propagationDelay,
      // Port 0 is a free one; the option's own way to say so is true.
      ...(control === undefined ? {} : { control: control === 0 ? true : control }),
    })
    try {
      if (flags['ca-out'] !== undefined) {
        await writeAuthority(resolve(context.io.cwd, flags['ca-out']), simulator.authority ?? '')
      }
      announce(context, simulator, tenant, flags['ca-out'])
      if (flags.host !== undefined && !isLoopback(flags.host)) {
        // In JSON too: what it is about is nobody's wish, and standard output stays whole.
        context.io.stderr.write('Others on the network can reach it, and its passwords are no secret.\n')
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

/** What is no method, the simulator says. */
function readSchemes(text: string): SignInScheme[] {
  return text.split(',').map((name) => name.trim().toLowerCase() as SignInScheme)
}

function readDelay(text: string | undefined): number {
  if (text === undefined) return 0
  const seconds = /^\d{1,7}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(seconds)) {
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a number of seconds.`)
  }
  return seconds * 1000
}

async function writeAuthority(path: string, pem: string): Promise<void> {
  try {
    await writeFile(path, pem)
  } catch (cause) {
    throw new InvalidInputError(
      `The authority's certificate cannot be written to ${path}: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
}

function announce(
  context: Context,
  simulator: Simulator,
  tenant: Tenant,
  authorityFile: string | undefined,
): void {
  const user = tenant.administrators[0] ?? tenant.mailboxes[0]?.address ?? ''
  const { url, ews, graph, token, control, plainUrl, authority } = simulator
  const facts: Facts = {
    ews,
    graph,
    token,
    url,
    user,
    password: tenant.password,
    ...(control === undefined ? {} : { control }),
    ...(plainUrl === undefined ? {} : { plainUrl }),
    ...(authority === undefined ? {} : { authority }),
  }
  const report: Report = {
    text: () => welcome(facts, tenant, context.program, authorityFile),
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

interface Facts {
  readonly ews: string
  readonly graph: string
  readonly token: string
  readonly url: string
  readonly user: string
  readonly password: string
  readonly control?: string
  readonly plainUrl?: string
  readonly authority?: string
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function welcome(facts: Facts, tenant: Tenant, program: string, authorityFile: string | undefined): string {
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
      ['Control', facts.control],
      ['Authority', facts.authority && (authorityFile ?? 'its certificate goes where --ca-out says')],
      ['People', tenant.mailboxes.map(({ address }) => address).join(', ')],
      ['Administrators', tenant.administrators.join(', ') || undefined],
      ['Password', `${password}  (of everybody who has none of their own)`],
    ]),
    [
      'In another terminal:',
      `  ${set('EWS_URL', ews)}`,
      `  ${set('EWS_USER', user)}`,
      ...(authorityFile === undefined ? [] : [`  ${set('EWS_CA', authorityFile)}`]),
      `  ${set('EWS_PASSWORD', password)}`,
      `  ${printable(shellCommand(program, 'delegate', 'list', owner, '--impersonate', owner))}\n`,
    ].join('\n'),
  ].join('\n')
}
