import type { Authenticator } from '../auth/authenticator.ts'
import { bearer } from '../auth/bearer.ts'
import { readTokenClaims } from '../auth/token-claims.ts'
import { InvalidInputError } from '../errors.ts'
import { GraphClient } from '../graph/client.ts'
import { systemClock } from '../http/clock.ts'
import { httpTransport } from '../http/http-transport.ts'
import { requireSafeUrl } from '../http/safe-url.ts'
import { CLOUDS } from '../model/clouds.ts'
import type { Context } from './context.ts'
import type { GraphFlagValues } from './flags.ts'
import { passwordToken } from './password-token.ts'
import { ask, canAsk, readSecret } from './prompt.ts'
import type { SignInFlagValues, Through } from './verify-flags.ts'

/** Graph as the delegates see it. */
export interface DelegateSignIn {
  /** Through whose endpoint their mails go. */
  readonly through: Through
  /**
   * The client of one delegate.
   * @throws InvalidInputError when one person's token would have to serve several.
   */
  readonly clientsOf: (delegates: readonly string[]) => (delegate: string) => GraphClient
}

type Flags = GraphFlagValues & SignInFlagValues

/**
 * Reads who signs in; sends nothing yet.
 *
 * One token is one delegate's, or an application's, which acts in the mailbox of each. With a token endpoint every
 * delegate signs in with the password that they all have.
 *
 * @throws InvalidInputError
 */
export async function signInDelegates(
  context: Context,
  flags: Flags,
  through: Through | undefined,
): Promise<DelegateSignIn> {
  // Without the signal: when a run is stopped, what it sent is still deleted.
  const { signal: _stopsWaitingOnly, ...options } = context.graphOptions(flags)
  await context.graphForDryRun(flags)
  const client = (auth: Authenticator) => new GraphClient({ ...options, auth })

  const endpoint = tokenEndpoint(context, flags)
  if (endpoint === undefined) {
    const auth = await context.graphSignIn(flags)
    const ours = through ?? (auth.appOnly ? 'delegate' : 'me')
    if (auth.appOnly && ours !== 'delegate') throw appProvesNothing(ours)
    const graph = client(auth)
    return {
      through: ours,
      clientsOf: (delegates) => {
        if (ours !== 'delegate') requireOne(delegates)
        return () => graph
      },
    }
  }

  const url = requireSafeUrl(endpoint, flags['allow-plain-http'] ?? false)
  const password = await readPassword(context, flags, url)
  const clients = new Map<string, GraphClient>()
  const clientOf = (delegate: string) => {
    const key = delegate.toLowerCase()
    const known = clients.get(key)
    if (known) return known
    const token = passwordToken({
      endpoint: url,
      user: delegate,
      password,
      clientId: flags['client-id'] ?? context.environment('GRAPH_CLIENT_ID'),
      scope: `${resourceOf(options.url)}/.default`,
      timeoutMs: options.timeoutMs ?? 100_000,
      transport: options.transport ?? httpTransport,
      clock: options.clock ?? systemClock,
      userAgent: options.userAgent ?? 'ews-delegates',
      trace: options.trace,
    })
    const made = client(bearer(token))
    clients.set(key, made)
    return made
  }
  return { through: through ?? 'me', clientsOf: () => clientOf }
}

/** Is what signs in an application? As far as can be said without asking for a token, for a dry run. */
export function seemsApplication(context: Context, flags: Flags): boolean {
  const token = context.environment('GRAPH_TOKEN')
  return (
    flags['token-endpoint'] === undefined && token !== undefined && readTokenClaims(token)?.appOnly === true
  )
}

function tokenEndpoint(context: Context, flags: Flags): string | undefined {
  const flag = flags['token-endpoint']
  if (flag !== undefined && flags['token-stdin']) {
    throw new InvalidInputError('--token-endpoint and --token-stdin are both given.', {
      hint: 'Give one of them: a place where tokens come from, or a token.',
    })
  }
  const endpoint = flags['token-stdin'] ? undefined : context.environment('GRAPH_TOKEN_ENDPOINT')
  if (flag === undefined && endpoint !== undefined && context.environment('GRAPH_TOKEN') !== undefined) {
    throw new InvalidInputError('GRAPH_TOKEN and GRAPH_TOKEN_ENDPOINT are both set.', {
      hint: 'Unset one of them.',
    })
  }
  const chosen = flag ?? endpoint
  for (const name of ['password-stdin', 'client-id'] as const) {
    if (chosen === undefined && flags[name] !== undefined) {
      throw new InvalidInputError(`--${name} goes together with --token-endpoint.`, {
        hint: 'Give --token-endpoint too, or a token in GRAPH_TOKEN.',
      })
    }
  }
  return chosen
}

async function readPassword(context: Context, flags: Flags, endpoint: URL): Promise<string> {
  const { io } = context
  if (flags['password-stdin']) return readSecret(io, 'Password')
  const password = context.environment('GRAPH_PASSWORD', { keepSpaces: true })
  if (password !== undefined) return password
  if (canAsk(io)) return ask(io, `Password of the delegates at ${endpoint.host}: `, { hidden: true })
  throw new InvalidInputError('There is no password for the delegates.', {
    hint: 'Set GRAPH_PASSWORD, or write it to standard input with --password-stdin.',
  })
}

/** What a token is asked for: the Graph of the cloud, which other addresses (the embedded Exchange) answer to too. */
function resourceOf(graphUrl: string | undefined): string {
  const { origin } = new URL(graphUrl ?? CLOUDS.global.graph)
  const cloud = Object.values(CLOUDS).find(({ graph }) => graph === origin)
  return (cloud ?? CLOUDS.global).graph
}

function requireOne(delegates: readonly string[]): void {
  const different = new Set(delegates.map((delegate) => delegate.toLowerCase())).size
  if (different <= 1) return
  throw new InvalidInputError(
    `The token is one person’s, and the grants of ${different} delegates are to be proved.`,
    {
      hint: 'Give an application’s token (Mail.Send and Mail.ReadWrite), which acts in the mailbox of each; on a test tenant also --token-endpoint. If the token is an application’s and does not look like one: --through delegate.',
    },
  )
}

function appProvesNothing(through: Through): InvalidInputError {
  return through === 'me'
    ? new InvalidInputError('An application’s token has no mailbox of its own, so there is no /me.', {
        hint: 'Leave --through out: its mails go through the mailbox of each delegate.',
      })
    : new InvalidInputError(
        'An application’s token may send as anybody through their own mailbox, which proves nothing about a delegate.',
        { hint: 'Leave --through out: its mails go through the mailbox of each delegate.' },
      )
}
