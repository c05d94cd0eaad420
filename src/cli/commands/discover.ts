import type { DiscoveryResult } from '../../discovery/discover.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Report } from '../output.ts'
import { SERVER_FLAGS } from '../setting-flags.ts'
import { formatTable } from '../table.ts'

const { url: _url, address: _address, ...FLAGS } = SERVER_FLAGS

export const discover = defineCommand({
  name: 'discover',
  summary: 'Finds the EWS endpoint of a mailbox (Autodiscover), and shows what was asked and answered',
  details:
    'Asks the domain, autodiscover. of it, the redirect of its unencrypted address and an SRV record; JSON, SOAP and POX at each; Exchange Online at the end. Credentials go over https alone, to who asks for them.',
  operands: [{ name: 'ADDRESS', description: 'address of a mailbox' }],
  flags: {
    'allow-redirect': {
      type: 'switch',
      description: 'go on at hosts outside the address’s domain without asking',
    },
    refresh: { type: 'switch', description: 'do not take what was found before' },
    ...FLAGS,
  },
  examples: [
    ['discover adele@contoso.com', 'what can be found without signing in'],
    [
      "discover adele@contoso.com --auth ntlm --user 'CONTOSO\\adele'",
      'with what a server of your own asks for',
    ],
    ['discover adele@contoso.com --allow-redirect --output json', 'in a script'],
  ],

  async run(context, { flags, operands }) {
    const { discoverEndpoint } = await import('../discover-endpoint.ts')
    const connection = context.server
    const found = await discoverEndpoint(context, connection, operands.ADDRESS, flags)
    return {
      report: reportOf(found),
      ...(found.ewsUrl === undefined
        ? {
            problem: {
              exitCode: EXIT.unreachable,
              code: 'ERR_CONNECTION',
              message: `No EWS address was found for ${found.address}.`,
              hint: found.steps.some(({ outcome }) => outcome === 'sign-in')
                ? 'Somebody asks to sign in: give --user and a password, or --auth.'
                : found.steps.some(({ detail }) => detail.includes('not agreed to'))
                  ? 'A redirect was not agreed to: repeat it with --allow-redirect if that host is right.'
                  : 'Check the address; or give the endpoint itself with --url.',
            },
          }
        : {}),
    }
  },
})

function reportOf(found: DiscoveryResult): Report {
  const columns = ['step', 'where', 'outcome', 'detail'] as const
  const rows = found.steps.map(({ method, url, outcome, detail }) => [method, url, outcome, detail])
  return {
    text: (terminal) =>
      `${formatTable(columns, rows, terminal)}${found.ewsUrl === undefined ? '' : `\n${found.ewsUrl}\n`}`,
    json: {
      address: found.address,
      ewsUrl: found.ewsUrl ?? null,
      exchangeOnline: found.exchangeOnline,
      foundAt: found.foundAt?.toISOString() ?? null,
      steps: found.steps.map(({ method, url, outcome, detail, httpStatus }) => ({
        method,
        url,
        outcome,
        detail,
        httpStatus: httpStatus ?? null,
      })),
    },
    csv: { columns, rows },
  }
}
