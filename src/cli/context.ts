import type { Authenticator } from '../auth/authenticator.ts'
import { ConnectionError, InvalidInputError } from '../errors.ts'
import type { EwsClient, EwsClientOptions } from '../ews/client.ts'
import type { Impersonation } from '../ews/envelope.ts'
import type { GraphClient } from '../graph/client.ts'
import type { Trace } from '../http/transport.ts'
import type { EwsFlagValues, GraphFlagValues } from './flags.ts'
import type { Io } from './io.ts'
import type { OutputFormat } from './output.ts'
import { printable, printableLines } from './printable.ts'
import { ask, canAsk, readSecret } from './prompt.ts'
import { programName } from './shell.ts'
import type { Terminal } from './table.ts'
import { version } from './version.ts'

/** What a command works with. Clients are made when they are asked for, so that nothing is loaded in vain. */
export class Context {
  readonly io: Io
  readonly format: OutputFormat
  readonly terminal: Terminal
  /** What a person types to run this program. */
  readonly program: string

  constructor(io: Io, format: OutputFormat, terminal: Terminal) {
    this.io = io
    this.format = format
    this.terminal = terminal
    this.program = programName(io.env)
  }

  /** A remark for people, beside the result; programs that asked for JSON are spared it. */
  talk(line: string): void {
    if (this.format !== 'json') this.io.stderr.write(`${printableLines(line)}\n`)
  }

  /** Says something on standard output before the command is done. */
  print(text: string): void {
    this.io.stdout.write(text)
  }

  /** @throws InvalidInputError without a server or credentials. */
  async ews(flags: EwsFlagValues): Promise<EwsClient> {
    const url = flags.url ?? this.#environment('EWS_URL')
    if (url === undefined) {
      throw new InvalidInputError('No server is given.', {
        hint: 'Give --url https://mail.contoso.com/EWS/Exchange.asmx or set EWS_URL. To try things out without one: ews-delegates simulate',
      })
    }
    const [{ EwsClient }, options] = [await import('../ews/client.ts'), this.#ewsOptions(flags, url)]
    // Impersonation, version and address are judged first: nobody types a password for a mistake elsewhere.
    new EwsClient({ ...options, auth: NOBODY })
    return new EwsClient({ ...options, auth: await this.#ewsSignIn(flags, url) })
  }

  /** A client that shows what it would send. Needs neither a server nor credentials, and sends nothing. */
  async ewsForDryRun(flags: EwsFlagValues): Promise<EwsClient> {
    const url = flags.url ?? this.#environment('EWS_URL') ?? 'https://no-server.invalid/EWS/Exchange.asmx'
    const { EwsClient } = await import('../ews/client.ts')
    return new EwsClient({
      ...this.#ewsOptions(flags, url),
      auth: NOBODY,
      transport: () => Promise.reject(new Error('A dry run sends nothing.')),
    })
  }

  /** The address that requests go to, for a dry run; undefined when none is given. */
  ewsUrl(flags: EwsFlagValues): string | undefined {
    return flags.url ?? this.#environment('EWS_URL')
  }

  graphUrl(flags: GraphFlagValues): string {
    return flags['graph-url'] ?? this.#environment('GRAPH_URL') ?? 'https://graph.microsoft.com'
  }

  /** @throws InvalidInputError without a token. */
  async graph(flags: GraphFlagValues): Promise<GraphClient> {
    const { GraphClient } = await import('../graph/client.ts')
    const { bearer } = await import('../auth/bearer.ts')
    const options = { url: this.graphUrl(flags), ...this.#connection(flags) }
    new GraphClient({ ...options, auth: NOBODY })
    const token = flags['token-stdin']
      ? await readSecret(this.io, 'Access token')
      : this.#environment('GRAPH_TOKEN')
    if (token === undefined) {
      throw new InvalidInputError('There is no access token for Graph.', {
        hint: 'Set GRAPH_TOKEN, or write the token to standard input with --token-stdin.',
      })
    }
    return new GraphClient({ ...options, auth: bearer(token) })
  }

  /**
   * Asks before something is taken away.
   * @throws InvalidInputError when nobody can be asked and `yes` was not given; ConnectionError `ERR_ABORTED` for no.
   */
  async confirm(question: string, yes: boolean | undefined): Promise<void> {
    if (yes) return
    if (!canAsk(this.io)) {
      throw new InvalidInputError(`${printable(question)} Nobody is there to answer.`, {
        hint: 'Repeat the command with --yes. Nothing was sent.',
      })
    }
    const answer = await ask(this.io, `${printable(question)} [y/N] `, { hidden: false })
    if (!/^\s*y(?:es)?\s*$/i.test(answer)) {
      throw new ConnectionError('ERR_ABORTED', 'Nothing was removed.')
    }
  }

  #ewsOptions(flags: EwsFlagValues, url: string): Omit<EwsClientOptions, 'auth'> {
    const { impersonate } = flags
    const serverVersion = flags['server-version']
    return {
      url,
      ...this.#connection(flags),
      ...(impersonate === undefined ? {} : { impersonate: readImpersonation(impersonate) }),
      // The client checks it, in any case of letters.
      ...(serverVersion === undefined
        ? {}
        : { version: serverVersion as NonNullable<EwsClientOptions['version']> }),
    }
  }

  #connection(flags: {
    readonly timeout: string | undefined
    readonly trace: boolean | undefined
    readonly 'allow-plain-http': boolean | undefined
  }) {
    return {
      timeoutMs: readTimeout(flags.timeout),
      signal: this.io.signal,
      userAgent: `ews-delegates/${version()}`,
      allowPlainHttp: flags['allow-plain-http'] ?? false,
      ...(flags.trace ? { trace: this.#trace } : {}),
    }
  }

  readonly #trace: Trace = ({ direction, text }) => {
    const mark = direction === 'request' ? '>' : '<'
    const lines = printableLines(text).split('\n')
    this.io.stderr.write(`${lines.map((line) => `${mark} ${line}`.trimEnd()).join('\n')}\n`)
  }

  async #ewsSignIn(flags: EwsFlagValues, url: string): Promise<Authenticator> {
    const wantsToken = flags['token-stdin'] ?? false
    const wantsPassword = flags['password-stdin'] ?? false
    if (wantsToken && (wantsPassword || flags.user !== undefined)) {
      throw new InvalidInputError('Both a token and a user with a password are given.', {
        hint: 'Give --token-stdin alone, or --user with a password.',
      })
    }
    const user = flags.user ?? this.#environment('EWS_USER')
    const token = this.#environment('EWS_TOKEN')
    const password = this.#environment('EWS_PASSWORD', { keepSpaces: true })
    const basicByFlag = flags.user !== undefined || wantsPassword
    if (!wantsToken && !basicByFlag && token !== undefined && password !== undefined) {
      throw new InvalidInputError('EWS_TOKEN and EWS_PASSWORD are both set.', {
        hint: 'Unset one of them, or say --user NAME for the password or --token-stdin for a token.',
      })
    }
    if (wantsToken || (!basicByFlag && token !== undefined)) {
      const { bearer } = await import('../auth/bearer.ts')
      return bearer(wantsToken ? await readSecret(this.io, 'Access token') : (token as string))
    }
    if (user === undefined) {
      throw new InvalidInputError('Nobody is named to sign in.', {
        hint: 'Give --user NAME (or EWS_USER) with a password from EWS_PASSWORD, --password-stdin or a prompt; or a token in EWS_TOKEN.',
      })
    }
    const { basic } = await import('../auth/basic.ts')
    return basic({ user, password: await this.#password(user, url, wantsPassword, password) })
  }

  async #password(user: string, url: string, fromInput: boolean, fromEnvironment: string | undefined) {
    if (fromInput) return readSecret(this.io, 'Password')
    if (fromEnvironment !== undefined) return fromEnvironment
    if (canAsk(this.io)) {
      return ask(this.io, `Password of ${printable(user)} at ${new URL(url).host}: `, { hidden: true })
    }
    throw new InvalidInputError(`There is no password for ${user}.`, {
      hint: 'Set EWS_PASSWORD, or write the password to standard input with --password-stdin.',
    })
  }

  /** A variable that is set to nothing counts as not set, as scripts unset things that way. */
  #environment(name: string, options: { keepSpaces?: boolean } = {}): string | undefined {
    const value = this.io.env[name]
    if (value === undefined || value.trim() === '') return undefined
    return options.keepSpaces ? value : value.trim()
  }
}

const NOBODY: Authenticator = {
  describe: 'nobody',
  authorization: () => {
    throw new Error('This client is not to send anything.')
  },
}

const IMPERSONATION_PREFIXES = {
  sid: 'sid',
  upn: 'principalName',
  smtp: 'smtpAddress',
  primary: 'primarySmtpAddress',
} as const

/** `adele@contoso.com`, `sid:S-1-5-…`, `upn:…`, `smtp:…` or `primary:…`: the four identifiers of a ConnectingSID. */
function readImpersonation(text: string): string | Impersonation {
  const [, prefix = '', value = ''] = /^([a-z]+):(.*)$/i.exec(text) ?? []
  const name = Object.hasOwn(IMPERSONATION_PREFIXES, prefix.toLowerCase())
    ? IMPERSONATION_PREFIXES[prefix.toLowerCase() as keyof typeof IMPERSONATION_PREFIXES]
    : undefined
  if (name) return { [name]: value.trim() } as unknown as Impersonation
  return /^S-1-/i.test(text) ? { sid: text } : text
}

function readTimeout(text: string | undefined): number {
  if (text === undefined) return 100_000
  const seconds = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0
  // setTimeout, which is behind it, counts no further than 24 days.
  if (seconds <= 0 || seconds > 86_400) {
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a time-out.`, {
      hint: 'Give seconds, from 0.001 to 86400, such as --timeout 30.',
    })
  }
  return seconds * 1000
}
