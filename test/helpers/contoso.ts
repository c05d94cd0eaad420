import { basic } from '../../src/auth/basic.ts'
import { bearer } from '../../src/auth/bearer.ts'
import { EwsClient } from '../../src/ews/client.ts'
import { GraphClient, type GraphClientOptions } from '../../src/graph/client.ts'
import {
  DEFAULT_APP,
  DEFAULT_PASSWORD,
  type Recipient,
  type SendRight,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'

export const ADELE = 'AdeleV@contoso.com'
export const ALLAN = 'AllanD@contoso.com'
export const MEGAN = 'MeganB@contoso.com'
export const PATTI = 'PattiF@contoso.com'
export const SALES = 'sales@contoso.com'
export const SUPPORT = 'support@contoso.com'

/** What a delegate's application should be consented to, for proofs. */
export const PROOF_SCOPES = 'Mail.Send.Shared Mail.ReadWrite User.Read'

/** The embedded Exchange, and the library's own clients against it, all on one clock. */
export interface Contoso {
  readonly simulator: Simulator
  readonly clock: ManualClock
  /** Signed in with Basic. */
  ews(user: string): EwsClient
  /** Signed in with a user's token. */
  graph(user: string, scopes?: string, options?: Partial<GraphClientOptions>): GraphClient
  /** Signed in with the application's own token. */
  app(options?: Partial<GraphClientOptions>): GraphClient
  recipient(address: string): Recipient
  grant(owner: string, delegate: string, right: SendRight): void
  revoke(owner: string, delegate: string, right: SendRight): void
  /** Subjects in a folder. */
  subjects(mailbox: string, folder: string): string[]
}

export async function startContoso(options: SimulatorOptions = {}): Promise<Contoso> {
  const clock = manualClock()
  const simulator = await startSimulator({ ...options, now: () => new Date(clock.now()) })
  const { directory } = simulator.exchange
  const recipient = (address: string): Recipient => {
    const found = directory.find(address)
    if (!found) throw new Error(`${address} is nobody.`)
    return found
  }
  const client = (form: Record<string, string>, more: Partial<GraphClientOptions> = {}) => {
    let token: Promise<string> | undefined
    const provider = () => {
      token ??= requestToken(form)
      return token
    }
    return new GraphClient({ url: simulator.graph, auth: bearer(provider), clock, ...more })
  }
  return {
    simulator,
    clock,
    ews: (user) => new EwsClient({ url: simulator.ews, auth: basic({ user, password: DEFAULT_PASSWORD }) }),
    graph: (username, scope = PROOF_SCOPES, more) =>
      client({ grant_type: 'password', username, password: DEFAULT_PASSWORD, scope }, more),
    app: (more) =>
      client(
        {
          grant_type: 'client_credentials',
          client_id: DEFAULT_APP.id,
          client_secret: DEFAULT_APP.secret,
          scope: 'https://graph.microsoft.com/.default',
        },
        more,
      ),
    recipient,
    grant: (owner, delegate, right) => {
      directory.grant(recipient(owner), recipient(delegate), right)
    },
    revoke: (owner, delegate, right) => {
      directory.revoke(recipient(owner), recipient(delegate), right)
    },
    subjects: (mailbox, folder) =>
      simulator.exchange
        .mailboxOf(recipient(mailbox))
        ?.distinguished(folder)
        ?.items()
        .map(({ subject }) => subject) ?? [],
  }

  async function requestToken(form: Record<string, string>): Promise<string> {
    const response = await fetch(simulator.token, { method: 'POST', body: new URLSearchParams(form) })
    const json = (await response.json()) as { access_token?: string; error_description?: string }
    if (!json.access_token) throw new Error(json.error_description ?? 'No token.')
    return json.access_token
  }
}
