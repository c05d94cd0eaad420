import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { SERVER_FLAGS } from '../setting-flags.ts'
import { formatTable } from '../table.ts'

export const login = defineCommand({
  name: 'login',
  summary: 'Signs in at Microsoft, for Exchange Online and Graph, and says who that is and until when',
  details:
    'With --token-cache file or system the sign-in is kept for later commands; otherwise it only shows that it works. Passwords of an Exchange Server are never kept.',
  operands: [],
  flags: SERVER_FLAGS,
  examples: [
    [
      'login --tenant contoso.com --client-id 3b5f… --token-cache file',
      'with a code on another device; kept encrypted',
    ],
    ['login --profile cloud --auth browser', 'in a browser'],
    ['login --profile cloud --auth certificate --certificate app.pem', 'does the certificate work?'],
  ],

  async run(context) {
    const connection = context.server
    if (!connection.isMicrosoft) {
      throw new InvalidInputError(
        connection.method === undefined
          ? 'It is not said how to sign in.'
          : `There is nothing to keep for ${connection.method}: it signs in with each command.`,
        {
          hint: 'Give --tenant and --client-id of an app registration, and --auth device-code, browser, certificate or client-secret.',
        },
      )
    }
    const signIn = await connection.microsoft()
    const services = ['ews', 'graph'] as const
    const rows: (string | undefined)[][] = []
    const tokens = []
    for (const service of services) {
      const token = await signIn.token(service)
      tokens.push({
        service,
        account: token.account ?? null,
        scopes: token.scopes,
        validUntil: token.validUntil?.toISOString() ?? null,
      })
      rows.push([
        service,
        token.account ?? signIn.describe,
        token.scopes.join(' '),
        token.validUntil?.toISOString(),
      ])
    }
    const kept = connection.value('token-cache') ?? 'memory'
    if (kept === 'memory') {
      context.talk(
        'It works, and is not kept: give --token-cache file (or system) to keep it for later commands.',
      )
    }
    const columns = ['service', 'account', 'scopes', 'valid until'] as const
    return {
      report: {
        text: (terminal) => formatTable(columns, rows, terminal),
        json: { appOnly: signIn.appOnly, tokenCache: kept, tokens },
        csv: { columns, rows },
      },
    }
  },
})
