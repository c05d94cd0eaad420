import { afterAll, beforeAll } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts'
import type { Recipient, SendRight } from '../../src/simulator/store/directory.ts'
import type { Mailbox } from '../../src/simulator/store/mailbox.ts'

/** Requests here are written by hand: the simulator is not to be tested with the client's own code. */

export const ADELE = 'AdeleV@contoso.com'
export const ALLAN = 'AllanD@contoso.com'
export const MEGAN = 'MeganB@contoso.com'
export const PATTI = 'PattiF@contoso.com'

const ALL_MAIL =
  'Mail.Send Mail.Send.Shared Mail.ReadWrite Mail.ReadWrite.Shared MailboxSettings.ReadWrite Calendars.Read User.Read'

export interface GraphCall {
  /** Who signs in; Adele unless given. */
  readonly as?: string
  /** Delegated permissions; everything about mail unless given. */
  readonly scope?: string
  /** The default tenant's application instead of a user. */
  readonly app?: boolean
  readonly authorization?: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface GraphAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any
}

export interface GraphDriver {
  readonly simulator: Simulator
  call(method: string, pathOrUrl: string, options?: GraphCall): Promise<GraphAnswer>
  userToken(user: string, scope: string): Promise<string>
  appToken(scope?: string, credentials?: { id: string; secret: string }): Promise<string>
  recipient(address: string): Recipient
  mailbox(address: string): Mailbox
  grant(target: string, user: string, right: SendRight): void
  revoke(target: string, user: string, right: SendRight): void
  /** Empties every folder of every mailbox. */
  empty(): void
}

export function useGraph(options: () => SimulatorOptions = () => ({})): GraphDriver {
  let simulator: Simulator | undefined
  const tokens = new Map<string, Promise<string>>()
  const running = (): Simulator => {
    if (!simulator) throw new Error('The simulator is not running.')
    return simulator
  }
  beforeAll(async () => {
    simulator = await startSimulator(options())
  })
  afterAll(() => running().close())

  const requestToken = (form: Record<string, string>): Promise<string> => {
    const key = JSON.stringify(form)
    const known = tokens.get(key)
    if (known) return known
    const token = fetch(running().token, { method: 'POST', body: new URLSearchParams(form) }).then(
      async (response) => {
        const json = (await response.json()) as { access_token?: string }
        if (!json.access_token) throw new Error(JSON.stringify(json))
        return json.access_token
      },
    )
    tokens.set(key, token)
    return token
  }

  return {
    get simulator() {
      return running()
    },
    userToken: (username, scope) =>
      requestToken({ grant_type: 'password', username, password: DEFAULT_PASSWORD, scope }),
    appToken: (scope = 'https://graph.microsoft.com/.default', credentials = DEFAULT_APP) =>
      requestToken({
        grant_type: 'client_credentials',
        client_id: credentials.id,
        client_secret: credentials.secret,
        scope,
      }),
    async call(method, pathOrUrl, options = {}) {
      const token = options.app
        ? await this.appToken()
        : await this.userToken(options.as ?? ADELE, options.scope ?? ALL_MAIL)
      const url = pathOrUrl.startsWith('http') ? pathOrUrl : `${running().graph}${pathOrUrl}`
      const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body))
      const response = await fetch(url, {
        method,
        headers: {
          ...(options.authorization === ''
            ? {}
            : { authorization: options.authorization ?? `Bearer ${token}` }),
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        body,
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '')
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text !== '' ? JSON.parse(text) : undefined,
      }
    },
    recipient(address) {
      const found = running().exchange.directory.find(address)
      if (!found) throw new Error(`There is no ${address}.`)
      return found
    },
    mailbox(address) {
      const found = running().exchange.mailboxOf(this.recipient(address))
      if (!found) throw new Error(`${address} has no mailbox.`)
      return found
    },
    grant(target, user, right) {
      running().exchange.directory.grant(this.recipient(target), this.recipient(user), right)
    },
    revoke(target, user, right) {
      running().exchange.directory.revoke(this.recipient(target), this.recipient(user), right)
    },
    empty() {
      for (const recipient of running().exchange.directory.recipients()) {
        for (const folder of running().exchange.mailboxOf(recipient)?.folders() ?? []) {
          for (const item of folder.items()) folder.removeItem(item)
        }
      }
    },
  }
}

/** A message to Megan, from somebody when given. */
export function message(from?: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    subject: 'Expense reports',
    body: { contentType: 'text', content: 'Have you submitted your expense reports yet?' },
    toRecipients: [{ emailAddress: { address: MEGAN } }],
    ...(from === undefined ? {} : { from: { emailAddress: { address: from } } }),
    ...more,
  }
}

/** Subjects of what lies in a folder. */
export function subjects(mailbox: Mailbox, folder: string): string[] {
  return (mailbox.distinguished(folder)?.items() ?? []).map((item) => item.subject)
}
