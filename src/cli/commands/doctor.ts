import type { DoctorStep } from '../../doctor/step.ts'
import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Problem } from '../failure.ts'
import type { Report } from '../output.ts'
import { printable } from '../printable.ts'
import { SERVER_FLAGS } from '../setting-flags.ts'
import type { Terminal } from '../table.ts'

/** Failures of these mean that nothing can be done at all. */
const GROUND = ['address', 'name', 'tls', 'endpoint', 'calendar', 'token', 'sign-in']

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Looks at a connection from end to end: what was found, why, and what to do next',
  details:
    'Name, certificate, endpoint, sign-in, token, server version, impersonation, delegates, folder permissions, Graph and throttling. Changes nothing. For Exchange Online it says what Microsoft’s calendar says, with the commands for an administrator.',
  operands: [
    {
      name: 'MAILBOX',
      description: 'whose delegates and permissions are looked at; without --url, whose endpoint is found',
      optional: true,
    },
  ],
  flags: {
    'allow-redirect': {
      type: 'switch',
      description: 'let Autodiscover go on at hosts outside the mailbox’s domain',
    },
    ...SERVER_FLAGS,
  },
  examples: [
    ['doctor --url https://mail.contoso.com/EWS/Exchange.asmx', 'what can be seen from outside'],
    ["doctor allan@contoso.com --user 'CONTOSO\\svc' --auth ntlm", 'everything, for this mailbox'],
    ['doctor allan@contoso.com --profile cloud --output json', 'for monitoring'],
  ],

  async run(context, { flags, operands }) {
    const { doctor: examine } = await import('../../doctor/doctor.ts')
    const { readImpersonation } = await import('../context.ts')
    const connection = context.server
    const mailbox = operands.MAILBOX ?? connection.value('address')
    const url = connection.url
    if (url === undefined && mailbox === undefined) {
      throw new InvalidInputError('Neither a server nor a mailbox is given.', {
        hint: 'Give --url https://mail.contoso.com/EWS/Exchange.asmx, or a mailbox whose server is to be found.',
      })
    }
    const endpoint = url !== undefined && URL.canParse(url) ? url : undefined
    const impersonate = connection.value('impersonate')
    const version = connection.value('server-version')
    const graph = await connection.graphAuth()
    const options = context.connection({ ...flags, timeout: connection.value('timeout') ?? '30' })
    const { discoveryOptions } = await import('../discover-endpoint.ts')
    // What is missing to sign in is said before anything is looked at, where the server is known.
    const auth =
      connection.method === undefined || (url !== undefined && endpoint === undefined)
        ? {}
        : { auth: endpoint ? await connection.ewsAuth(endpoint) : (found: URL) => connection.ewsAuth(found) }
    const steps: DoctorStep[] = []
    for await (const step of examine({
      url,
      mailbox,
      ...auth,
      ...(impersonate === undefined ? {} : { impersonate: readImpersonation(impersonate) }),
      ...(version === undefined ? {} : { version: version as never }),
      ...(graph ? { graph: { url: connection.graphUrl, auth: graph } } : {}),
      transport: connection.transportByHost(),
      connection: (host) => connection.connection(host),
      ...(url === undefined && mailbox !== undefined
        ? { discovery: await discoveryOptions(context, connection, mailbox, flags) }
        : {}),
      ...options,
    })) {
      steps.push(step)
      // A person sees each as it is known; some take seconds.
      if (context.format === 'text') context.print(formatStep(step, context.terminal))
    }
    const problem = problemOf(steps)
    return {
      ...(context.format === 'text' ? {} : { report: reportOf(steps) }),
      ...(problem ? { problem } : {}),
    }
  },
})

const MARKS = { ok: 'ok  ', warning: 'warn', failed: 'FAIL', skipped: 'skip' } as const
const COLORS = { ok: 32, warning: 33, failed: 31, skipped: 2 } as const

function formatStep({ status, title, finding, reason, next }: DoctorStep, terminal: Terminal): string {
  const mark = terminal.color ? `\u001b[${COLORS[status]}m${MARKS[status]}\u001b[0m` : MARKS[status]
  return [
    `${mark}  ${title}: ${printable(finding)}`,
    ...(reason === undefined || status === 'ok' ? [] : [`      ${printable(reason)}`]),
    ...(next ?? []).map((line) => `      > ${printable(line)}`),
    '',
  ].join('\n')
}

function problemOf(steps: readonly DoctorStep[]): Problem | undefined {
  const failed = steps.filter(({ status }) => status === 'failed')
  if (failed.length === 0) return undefined
  const ground = failed.some(({ id }) => GROUND.includes(id))
  return {
    exitCode: ground ? EXIT.unreachable : EXIT.partial,
    code: ground ? 'ERR_CONNECTION' : 'ERR_PARTIAL',
    message: `${failed.length} of ${steps.length} steps failed: ${failed.map(({ id }) => id).join(', ')}.`,
  }
}

function reportOf(steps: readonly DoctorStep[]): Report {
  const columns = ['step', 'status', 'finding', 'reason', 'next'] as const
  return {
    text: () => '',
    json: {
      ok: steps.every(({ status }) => status !== 'failed'),
      steps: steps.map(({ id, title, status, finding, reason, next, facts }) => ({
        id,
        title,
        status,
        finding,
        reason: reason ?? null,
        next: next ?? [],
        facts: facts ?? {},
      })),
    },
    csv: {
      columns,
      rows: steps.map(({ id, status, finding, reason, next }) => [
        id,
        status,
        finding,
        reason,
        next?.join(' ; '),
      ]),
    },
  }
}
