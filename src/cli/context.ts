import type { Authenticator } from '../auth/authenticator.ts'
import { ConnectionError, InvalidInputError } from '../errors.ts'
import type { EwsClient, EwsClientOptions } from '../ews/client.ts'
import type { Impersonation } from '../ews/envelope.ts'
import type { GraphClient, GraphClientOptions } from '../graph/client.ts'
import { httpTransport } from '../http/http-transport.ts'
import type { Trace, Transport } from '../http/transport.ts'
import { CLOUDS, parseCloud } from '../model/clouds.ts'
import type { AnyArguments } from './command.ts'
import type { EwsFlagValues, GraphFlagValues } from './flags.ts'
import type { Io } from './io.ts'
import type { OutputFormat } from './output.ts'
import { printable, printableLines } from './printable.ts'
import { ask, canAsk, readSecret } from './prompt.ts'
import type { ServerConnection } from './server-connection.ts'
import { serverWords } from './server-words.ts'
import { programName, shellCommand } from './shell.ts'
import type { Terminal } from './table.ts'
import type { TraceFile } from './trace-file.ts'
import { traceText } from './trace-text.ts'
import type { Underway } from './underway.ts'
import { version } from './version.ts'

/** What a command works with. Clients are made when they are asked for, so that nothing is loaded in vain. */
export class Context {
  readonly io: Io
  readonly format: OutputFormat
  readonly terminal: Terminal
  /** What a person types to run this program. */
  readonly program: string
  readonly #flags: AnyArguments['flags']
  #server: ServerConnection | undefined
  #traceFile: TraceFile | undefined
  #tracesToStderr = false
  #waits = true

  /** @param flags as typed. */
  constructor(io: Io, format: OutputFormat, terminal: Terminal, flags: AnyArguments['flags'] = {}) {
    this.io = io
    this.format = format
    this.terminal = terminal
    this.program = programName(io.env)
    this.#flags = flags
  }

  /**
   * The command line that a person is told to type next, for the same server as this one.
   * @param words the command and what is typed behind it.
   */
  commandLine(...words: readonly string[]): string {
    return shellCommand(this.program, ...words, ...serverWords(this.#flags, words[0]))
  }

  /** Puts the settings of flags, environment and profile together; for commands that go to a server. */
  async open(flags: Readonly<Record<string, unknown>>): Promise<void> {
    const { ServerConnection } = await import('./server-connection.ts')
    this.#server = await ServerConnection.open(this, flags)
    this.#waits = flags.wait !== false
    this.#tracesToStderr = flags.trace === true
    const path = flags['trace-file']
    if (typeof path !== 'string') return
    const { openTraceFile } = await import('./trace-file.ts')
    this.#traceFile = openTraceFile(this.io, path, (reason) =>
      this.io.stderr.write(`ews-delegates: ${printable(reason)}\n`),
    )
    this.io.underway?.atEnd.add(this.#traceFile.end)
  }

  /** Makes whole what was written on the way. */
  close(): void {
    this.#traceFile?.end()
  }

  /** How to reach the server, and who signs in to it. */
  get server(): ServerConnection {
    if (!this.#server) throw new Error('only commands with --profile go to a server')
    return this.#server
  }

  /** From here on a run makes changes, and records them for this command line to go on with. */
  beginRun(resume: string): void {
    const { underway } = this.io
    if (underway) Object.assign(underway, { changes: true, resume } satisfies Partial<Underway>)
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
    return (await this.ewsClients(flags)).clientFor(undefined)
  }

  /**
   * Clients that share one sign-in, each acting as the mailbox it is asked for: for commands on many mailboxes.
   * @throws InvalidInputError without a server or credentials.
   */
  async ewsClients(flags: EwsFlagValues): Promise<{
    readonly url: string
    /** Who signs in, as far as it is known: an address, or words for it. */
    readonly user: string
    readonly clientFor: (impersonate: string | undefined) => EwsClient
  }> {
    const named = this.ewsUrl(flags)
    const url = named ?? (await this.#discoveredUrl(flags))
    if (url === undefined) {
      throw new InvalidInputError('No server is given.', {
        hint: 'Give --url https://mail.contoso.com/EWS/Exchange.asmx or set EWS_URL. To try things out without one: ews-delegates simulate',
      })
    }
    const [{ EwsClient }, patience] = [await import('../ews/client.ts'), await this.#patience()]
    const options = { ...this.#ewsOptions(flags, url), ...patience }
    // Impersonation, version and address are judged first: nobody types a password for a mistake elsewhere.
    new EwsClient({ ...options, auth: NOBODY })
    const auth = await this.#ewsSignIn(flags, url)
    if (named === undefined) (await import('../discovery/discover.ts')).requireOwnSignIn(url, auth)
    const transport = this.#watched(auth.transport ?? this.server.transport(url))
    const clientFor = (impersonate: string | undefined) =>
      new EwsClient({
        ...options,
        ...(impersonate === undefined ? {} : { impersonate }),
        transport,
        auth,
      })
    return { url, user: auth.describe, clientFor }
  }

  /** A client that shows what it would send. Needs neither a server nor credentials, and sends nothing. */
  async ewsForDryRun(flags: EwsFlagValues): Promise<EwsClient> {
    const url = this.ewsUrl(flags) ?? 'https://no-server.invalid/EWS/Exchange.asmx'
    const { EwsClient } = await import('../ews/client.ts')
    return new EwsClient({
      ...this.#ewsOptions(flags, url),
      auth: NOBODY,
      transport: () => Promise.reject(new Error('A dry run sends nothing.')),
    })
  }

  /** The address that requests go to, for a dry run; undefined when none is given. */
  ewsUrl(_flags: EwsFlagValues): string | undefined {
    return this.server.url
  }

  /** @throws InvalidInputError for an unknown cloud, and for a cloud beside an address. */
  graphUrl(flags: GraphFlagValues): string {
    const url = flags['graph-url']
    if (flags.cloud === undefined) return this.server.graphUrl
    if (url !== undefined) {
      throw new InvalidInputError('Both --cloud and --graph-url are given.', { hint: 'Give one of them.' })
    }
    return CLOUDS[parseCloud(flags.cloud)].graph
  }

  /** What a Graph client takes besides who signs in. */
  graphOptions(flags: GraphFlagValues): Omit<GraphClientOptions, 'auth'> {
    const version = flags['graph-version']
    const { clock } = this.io
    const url = this.graphUrl(flags)
    return {
      url,
      transport: this.#watched(this.server.transport(url)),
      // The client checks it, in any case of letters.
      ...(version === undefined ? {} : { version: version as NonNullable<GraphClientOptions['version']> }),
      ...(clock ? { clock } : {}),
      ...this.connection(flags),
    }
  }

  /** A client that shows what it would send. Needs no token, and sends nothing. */
  async graphForDryRun(flags: GraphFlagValues): Promise<GraphClient> {
    const { GraphClient } = await import('../graph/client.ts')
    return new GraphClient({
      ...this.graphOptions(flags),
      auth: NOBODY,
      transport: () => Promise.reject(new Error('A dry run sends nothing.')),
    })
  }

  /** @throws InvalidInputError without a token. */
  async graph(flags: GraphFlagValues): Promise<GraphClient> {
    const { GraphClient } = await import('../graph/client.ts')
    // Address and version are judged first: nobody types a token for a mistake elsewhere.
    await this.graphForDryRun(flags)
    return new GraphClient({ ...this.graphOptions(flags), auth: await this.graphSignIn(flags) })
  }

  /** Who signs in to Graph. */
  async graphSignIn(flags: GraphFlagValues): Promise<Authenticator> {
    const token = flags['token-stdin']
      ? await readSecret(this.io, 'Access token')
      : this.environment('GRAPH_TOKEN')
    if (token === undefined) {
      const auth = await this.server.graphAuth()
      if (auth) return auth
      throw new InvalidInputError('There is no access token for Graph.', {
        hint: 'Set GRAPH_TOKEN, or write the token to standard input with --token-stdin; or sign in by a profile: ews-delegates profile add --help',
      })
    }
    const { bearer } = await import('../auth/bearer.ts')
    return bearer(token)
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
      throw new ConnectionError('ERR_ABORTED', 'Nothing was changed.')
    }
  }

  /** How long a busy server is waited for, on whose clock, and what is said meanwhile. */
  async #patience(): Promise<Pick<EwsClientOptions, 'retry' | 'traffic' | 'notice'>> {
    const { noticeText, readPatience } = await import('./patience.ts')
    const setting = this.server.settings['max-wait']
    const retry = readPatience(
      this.#waits ? undefined : false,
      setting && { value: setting.value, typed: setting.source.kind === 'flag' },
    )
    const { clock } = this.io
    return {
      retry,
      ...(clock ? { traffic: new (await import('../http/traffic.ts')).Traffic({ clock }) } : {}),
      notice: (notice) => {
        const text = noticeText(notice)
        if (text !== undefined) this.talk(text)
      },
    }
  }

  /** The same transport; what it is waiting for is known to whoever ends the process. */
  #watched(transport: Transport = httpTransport): Transport {
    const { underway } = this.io
    if (!underway) return transport
    return async (request) => {
      underway.awaited++
      try {
        return await transport(request)
      } finally {
        underway.awaited--
      }
    }
  }

  #ewsOptions(flags: EwsFlagValues, url: string): Omit<EwsClientOptions, 'auth'> {
    const impersonate = this.server.value('impersonate')
    const serverVersion = this.server.value('server-version')
    return {
      url,
      ...this.connection(flags),
      ...(impersonate === undefined ? {} : { impersonate: readImpersonation(impersonate) }),
      // The client checks it, in any case of letters.
      ...(serverVersion === undefined
        ? {}
        : { version: serverVersion as NonNullable<EwsClientOptions['version']> }),
    }
  }

  /** What every client takes, of whatever service. */
  connection(flags: {
    readonly timeout: string | undefined
    readonly 'allow-plain-http': boolean | undefined
  }) {
    const { trace } = this
    return {
      timeoutMs: readTimeout(this.#server?.value('timeout') ?? flags.timeout),
      signal: this.io.signal,
      userAgent: `ews-delegates/${version()}`,
      allowPlainHttp: flags['allow-plain-http'] ?? false,
      ...(trace ? { trace } : {}),
    }
  }

  /** What shows requests and answers: `--trace`, and `--trace-file` where it is text. */
  get trace(): Trace | undefined {
    const toFile = this.#traceFile?.trace
    if (!this.#tracesToStderr) return toFile
    return (entry) => {
      this.io.stderr.write(traceText(entry))
      toFile?.(entry)
    }
  }

  /** What takes exchanges down in HAR, for `--trace-file`. */
  get record(): TraceFile['record'] {
    return this.#traceFile?.record
  }

  async #ewsSignIn(flags: EwsFlagValues, url: string): Promise<Authenticator> {
    const wantsToken = flags['token-stdin'] ?? false
    const wantsPassword = flags['password-stdin'] ?? false
    if (wantsToken && (wantsPassword || flags.user !== undefined)) {
      throw new InvalidInputError('Both a token and a user with a password are given.', {
        hint: 'Give --token-stdin alone, or --user with a password.',
      })
    }
    // What says which way to go by itself, or by a profile.
    if (this.server.value('auth') !== undefined || this.server.isMicrosoft) return this.server.ewsAuth(url)
    const user = this.server.value('user')
    const token = this.environment('EWS_TOKEN')
    const password = this.environment('EWS_PASSWORD', { keepSpaces: true })
    const basicByFlag = flags.user !== undefined || wantsPassword
    if (!wantsToken && !basicByFlag && token !== undefined && password !== undefined) {
      throw new InvalidInputError('EWS_TOKEN and EWS_PASSWORD are both set.', {
        hint: 'Unset one of them, or say --user NAME for the password or --token-stdin for a token.',
      })
    }
    if (wantsToken || (!basicByFlag && token !== undefined)) return this.server.ewsAuth(url)
    if (user === undefined && !wantsPassword && this.server.value('client-certificate') !== undefined) {
      return this.server.ewsAuth(url)
    }
    if (user === undefined) {
      throw new InvalidInputError('Nobody is named to sign in.', {
        hint: 'Give --user NAME (or EWS_USER) with a password from EWS_PASSWORD, --password-stdin or a prompt; a token in EWS_TOKEN; or a --client-certificate.',
      })
    }
    const { basic } = await import('../auth/basic.ts')
    return basic({ user, password: await this.server.password(user, url) })
  }

  async #discoveredUrl(flags: EwsFlagValues): Promise<string | undefined> {
    const address = this.server.value('address')
    if (address === undefined) return undefined
    const [{ discoverEndpoint }, { requireEwsUrl }] = [
      await import('./discover-endpoint.ts'),
      await import('../discovery/discover.ts'),
    ]
    return requireEwsUrl(await discoverEndpoint(this, this.server, address, flags))
  }

  /** A variable that is set to nothing counts as not set, as scripts unset things that way. */
  environment(name: string, options: { keepSpaces?: boolean } = {}): string | undefined {
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
export function readImpersonation(text: string): string | Impersonation {
  const [, prefix = '', value = ''] = /^([a-z]+):(.*)$/i.exec(text) ?? []
  const name = Object.hasOwn(IMPERSONATION_PREFIXES, prefix.toLowerCase())
    ? IMPERSONATION_PREFIXES[prefix.toLowerCase() as keyof typeof IMPERSONATION_PREFIXES]
    : undefined
  if (name) return { [name]: value.trim() } as unknown as Impersonation
  return /^S-1-/i.test(text) ? { sid: text } : text
}

export function readTimeout(text: string | undefined): number {
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
