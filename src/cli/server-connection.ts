import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Authenticator } from '../auth/authenticator.ts'
import type { MicrosoftSignIn, MicrosoftSignInMethod } from '../auth/msal.ts'
import type { TokenCache } from '../auth/token-cache.ts'
import { InvalidInputError } from '../errors.ts'
import type { ConnectionSettings } from '../http/connect-transport.ts'
import { httpTransport } from '../http/http-transport.ts'
import { recorded } from '../http/record.ts'
import type { Transport } from '../http/transport.ts'
import { CLOUDS, type Cloud, isExchangeOnline, parseCloud } from '../model/clouds.ts'
import { cacheDirectory, configDirectory } from '../profile/directories.ts'
import { type Profile, profileStore } from '../profile/profile-store.ts'
import {
  checkSetting,
  describeSource,
  type ResolvedSettings,
  resolveSettings,
  type SettingName,
  SIGN_IN_METHODS,
  type SignInMethod,
} from '../profile/settings.ts'
import type { Context } from './context.ts'
import { printable } from './printable.ts'
import { ask, canAsk, readSecret } from './prompt.ts'
import type { ServerFlagValues } from './setting-flags.ts'

type Flags = Partial<ServerFlagValues>

/**
 * How to reach and sign in to a server: settings from flags, environment and profile put together. Asks for secrets
 * when they are needed, and loads nothing before.
 */
export class ServerConnection {
  readonly settings: ResolvedSettings
  readonly profile: Profile | undefined
  readonly #context: Context
  readonly #flags: Flags
  readonly #loaded: Loaded
  #microsoft: MicrosoftSignIn | undefined
  #typed: Promise<string> | undefined

  private constructor(
    context: Context,
    flags: Flags,
    profile: Profile | undefined,
    settings: ResolvedSettings,
    loaded: Loaded,
  ) {
    this.#context = context
    this.#flags = flags
    this.profile = profile
    this.settings = settings
    this.#loaded = loaded
  }

  /** @throws InvalidInputError for a profile that does not exist, and for settings that cannot be right. */
  static async open(context: Context, flags: Flags): Promise<ServerConnection> {
    const profile = await findProfile(context, flags.profile)
    const settings = resolveSettings({ flags, env: context.io.env, profile })
    for (const [name, setting] of Object.entries(settings)) {
      if (setting.source.kind === 'profile' || JUDGED_LATER.includes(name)) continue
      try {
        checkSetting(name as SettingName, setting.value)
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error
        throw new InvalidInputError(`${describeSource(setting.source)}: ${error.message}`, {
          hint: error.hint,
        })
      }
    }
    if (flags.insecure) {
      context.io.stderr.write(
        'ews-delegates: --insecure: the server’s certificate is not checked; anybody on the way can read what is sent, the password too.\n',
      )
    }
    const files = await Promise.all(
      TLS_FILES.map(async (name) => [name, await readSettingFile(context, settings, name)] as const),
    )
    const { proxyFromEnvironment } = await import('../http/proxy.ts')
    return new ServerConnection(context, flags, profile, settings, {
      files: Object.fromEntries(files),
      proxyFromEnvironment,
    })
  }

  value(name: SettingName): string | undefined {
    return this.settings[name]?.value
  }

  get cloud(): Cloud {
    const cloud = CLOUDS[parseCloud(this.value('cloud') ?? 'global')]
    const [authority, graph] = [this.value('authority'), this.value('graph-url')]
    return {
      ...cloud,
      ...(authority === undefined ? {} : { authority: new URL(authority).origin }),
      // A Graph of one's own (the embedded Exchange) answers to tokens for Microsoft's.
      ...(graph !== undefined && Object.values(CLOUDS).some((each) => each.graph === graph) ? { graph } : {}),
    }
  }

  get graphUrl(): string {
    return this.value('graph-url') ?? this.cloud.graph
  }

  /** The way that was asked for, or the one that what is given suggests. */
  get method(): SignInMethod | undefined {
    const named = this.value('auth')
    if (named !== undefined) return SIGN_IN_METHODS.find((each) => each === named)
    if (this.#flags['token-stdin'] || this.#context.environment('EWS_TOKEN') !== undefined) return 'token'
    if (this.value('user') !== undefined) return 'basic'
    const { tenant, 'client-id': clientId, 'client-certificate': shown } = this.settings
    // Beside other credentials it only opens the connection.
    if (!tenant || !clientId) return shown ? 'client-certificate' : undefined
    if (this.value('certificate') !== undefined) return 'certificate'
    if (this.#context.environment('AZURE_CLIENT_SECRET') !== undefined) return 'client-secret'
    // The environment alone may be meant for other programs; nobody is asked for a code because of it.
    return clientId.source.kind === 'environment' ? undefined : 'device-code'
  }

  /** The EWS endpoint, where none has to be discovered. */
  get url(): string | undefined {
    const online =
      this.isMicrosoft && this.value('address') === undefined
        ? `${this.cloud.exchange}/EWS/Exchange.asmx`
        : undefined
    return this.value('url') ?? online
  }

  /** Trust, certificates and proxy for one server. */
  connection(url: string | URL): ConnectionSettings {
    const { files, proxyFromEnvironment } = this.#loaded
    const [ca, certificate] = [files.ca, files['client-certificate']]
    const named = this.value('proxy')
    const fromEnvironment = () =>
      URL.canParse(String(url)) ? proxyFromEnvironment(url, this.#context.io.env) : undefined
    const proxy = named?.toLowerCase() === 'none' ? undefined : (named ?? fromEnvironment())
    const passphrase = this.#context.environment('EWS_CLIENT_KEY_PASSPHRASE', { keepSpaces: true })
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(this.#flags.insecure ? { insecure: true } : {}),
      ...(proxy === undefined ? {} : { proxy }),
      ...(certificate === undefined
        ? {}
        : { clientCertificate: clientCertificate(certificate, files['client-key'], passphrase) }),
    }
  }

  /** Undefined where the default transport does. */
  transport(url: string | URL): Transport | undefined {
    const settings = this.connection(url)
    if (Object.keys(settings).length === 0) return this.#context.record && this.#recorded(httpTransport)
    let transport: Promise<Transport> | undefined
    return this.#recorded(async (request) => {
      transport ??= import('../http/connect-transport.ts').then((module) => module.connectTransport(settings))
      return (await transport)(request)
    })
  }

  /** For requests to hosts that are not known yet: each goes by the proxy that is its own. */
  transportByHost(): Transport {
    const transports = new Map<string, Transport>()
    return (request) => {
      const { origin } = new URL(request.url)
      const transport = transports.get(origin) ?? this.transport(origin) ?? httpTransport
      transports.set(origin, transport)
      return transport(request)
    }
  }

  #recorded(transport: Transport): Transport {
    const { record } = this.#context
    return record ? recorded(transport, record) : transport
  }

  /**
   * Who signs in to EWS.
   * @throws InvalidInputError when something for the chosen way is missing; ConnectionError when it is refused.
   */
  async ewsAuth(url: string | URL): Promise<Authenticator> {
    const { method } = this
    switch (method) {
      case 'token':
        return this.#token(this.#flags['token-stdin'] ?? false, 'EWS_TOKEN')
      case 'basic': {
        const user = this.#require('user', method)
        const { basic } = await import('../auth/basic.ts')
        return basic({ user, password: await this.password(user, url) })
      }
      case 'ntlm': {
        const user = this.#require('user', method)
        const { ntlm } = await import('../auth/ntlm.ts')
        return this.#ntlm(ntlm, user, await this.password(user, url), url)
      }
      case 'kerberos': {
        const { kerberos } = await import('../auth/kerberos.ts')
        return kerberos({ host: new URL(url).hostname })
      }
      case 'client-certificate': {
        this.#require('client-certificate', method)
        const { clientCertificate } = await import('../auth/client-certificate.ts')
        return clientCertificate()
      }
      case undefined:
        throw new InvalidInputError('It is not said how to sign in.', {
          hint: 'Give --user NAME with a password, --auth with one of the other ways, a --client-certificate, or a token in EWS_TOKEN. A profile keeps all but the secrets: ews-delegates profile add',
        })
      default:
        requireOnline(new URL(url))
        return (await this.microsoft()).for('ews')
    }
  }

  /**
   * Who signs in to whatever hosts discovery finds. Whoever gave no credentials is not asked for any: the JSON
   * service takes none.
   */
  async discoveryAuth(domain: string): Promise<Authenticator | ((host: URL) => Authenticator) | undefined> {
    if (this.method === undefined) return undefined
    if (this.method === 'kerberos') {
      const { kerberos } = await import('../auth/kerberos.ts')
      return ({ hostname }) => kerberos({ host: hostname })
    }
    if (this.method === 'ntlm') {
      const user = this.#require('user', this.method)
      const { ntlm } = await import('../auth/ntlm.ts')
      const password = await this.password(user, domain)
      const byHost = new Map<string, Authenticator>()
      return (host) => {
        const auth = byHost.get(host.origin) ?? this.#ntlm(ntlm, user, password, host)
        byHost.set(host.origin, auth)
        return auth
      }
    }
    // Discovery itself sees to it that tokens go to Exchange Online alone.
    return this.isMicrosoft ? (await this.microsoft()).for('ews') : this.ewsAuth(domain)
  }

  #ntlm(
    ntlm: typeof import('../auth/ntlm.ts').ntlm,
    user: string,
    password: string,
    url: string | URL,
  ): Authenticator {
    const auth = ntlm({ user, password }, this.connection(url))
    return { ...auth, transport: this.#recorded(auth.transport) }
  }

  /** Who signs in to Graph; undefined when nothing is given that could. */
  async graphAuth(): Promise<Authenticator | undefined> {
    if (this.#context.environment('GRAPH_TOKEN') !== undefined) return this.#token(false, 'GRAPH_TOKEN')
    return this.isMicrosoft ? (await this.microsoft()).for('graph') : undefined
  }

  get isMicrosoft(): boolean {
    return ['client-secret', 'certificate', 'device-code', 'browser'].includes(this.method ?? '')
  }

  /** The sign-in at Microsoft, one for all services. */
  async microsoft(): Promise<MicrosoftSignIn> {
    this.#microsoft ??= await this.#openMicrosoft()
    return this.#microsoft
  }

  /** Where this profile's tokens are kept. */
  get tokenCachePath(): string {
    const name = this.profile ? `tokens.${this.profile.name.toLowerCase()}` : 'tokens'
    return join(cacheDirectory(this.#context.io.env), name)
  }

  async #openMicrosoft(): Promise<MicrosoftSignIn> {
    const method = this.method as SignInMethod
    const { msal } = await import('../auth/msal.ts')
    const cloud = this.cloud
    const transport = this.transport(cloud.authority)
    return msal({
      tenant: this.#require('tenant', method),
      clientId: this.#require('client-id', method),
      method: await this.#microsoftMethod(method),
      cloud,
      account: this.value('account'),
      cache: await this.#tokenCache(),
      signal: this.#context.io.signal,
      trace: this.#context.trace,
      ...(transport ? { transport } : {}),
    })
  }

  async #microsoftMethod(method: SignInMethod): Promise<MicrosoftSignInMethod> {
    const context = this.#context
    switch (method) {
      case 'client-secret':
        return { kind: 'client-secret', secret: await this.#secret() }
      case 'certificate':
        return {
          kind: 'certificate',
          pem: String(
            this.#require('certificate', method) &&
              (await readSettingFile(context, this.settings, 'certificate')),
          ),
          passphrase: context.environment('AZURE_CLIENT_CERTIFICATE_PASSWORD', { keepSpaces: true }),
        }
      case 'browser':
        this.#requirePerson('browser')
        return { kind: 'browser' }
      default:
        if (!canAsk(context.io)) return { kind: 'cached' }
        return {
          kind: 'device-code',
          // Said whatever the output is: nothing goes on before somebody has read it.
          prompt: ({ message }) => context.io.stderr.write(`${printable(message)}\n`),
        }
    }
  }

  #requirePerson(method: string): void {
    if (canAsk(this.#context.io)) return
    throw new InvalidInputError(`Signing in with a ${method} needs a person at a terminal.`, {
      hint: 'In scripts, sign in as an application: --auth certificate or --auth client-secret.',
    })
  }

  async #tokenCache(): Promise<TokenCache | undefined> {
    const kind = this.value('token-cache') ?? 'memory'
    if (kind === 'memory') return undefined
    const { fileTokenCache, systemTokenCache } = await import('../auth/token-cache.ts')
    const path = this.tokenCachePath
    if (kind === 'system') return systemTokenCache({ path: `${path}.system` })
    const passphrase = this.#context.environment('EWS_TOKEN_CACHE_PASSPHRASE', { keepSpaces: true })
    if (passphrase !== undefined) return fileTokenCache({ path, passphrase })
    if (canAsk(this.#context.io)) {
      const typed = await ask(this.#context.io, 'Passphrase of the token cache: ', { hidden: true })
      return fileTokenCache({ path, passphrase: typed })
    }
    throw new InvalidInputError('There is no passphrase for the token cache.', {
      hint: 'Set EWS_TOKEN_CACHE_PASSPHRASE, or keep tokens with --token-cache system.',
    })
  }

  async #token(fromInput: boolean, variable: 'EWS_TOKEN' | 'GRAPH_TOKEN'): Promise<Authenticator> {
    const token = fromInput ? await this.#readToken() : this.#context.environment(variable)
    if (token === undefined) {
      throw new InvalidInputError('There is no access token.', {
        hint: `Set ${variable}, or write the token to standard input with --token-stdin.`,
      })
    }
    const { bearer } = await import('../auth/bearer.ts')
    return bearer(token)
  }

  #readToken(): Promise<string> {
    this.#typed ??= readSecret(this.#context.io, 'Access token')
    return this.#typed
  }

  /** Asked for once: standard input holds it once, and nobody types it twice. */
  password(user: string, url: string | URL): Promise<string> {
    this.#typed ??= this.#readPassword(user, new URL(url).host)
    return this.#typed
  }

  async #readPassword(user: string, host: string): Promise<string> {
    const { io } = this.#context
    if (this.#flags['password-stdin']) return readSecret(io, 'Password')
    const password = this.#context.environment('EWS_PASSWORD', { keepSpaces: true })
    if (password !== undefined) return password
    if (canAsk(io)) return ask(io, `Password of ${printable(user)} at ${host}: `, { hidden: true })
    throw new InvalidInputError(`There is no password for ${user}.`, {
      hint: 'Set EWS_PASSWORD, or write the password to standard input with --password-stdin.',
    })
  }

  async #secret(): Promise<string> {
    const { io } = this.#context
    if (this.#flags['password-stdin']) return readSecret(io, 'Client secret')
    const secret = this.#context.environment('AZURE_CLIENT_SECRET')
    if (secret !== undefined) return secret
    if (canAsk(io)) {
      return ask(io, `Client secret of ${printable(this.value('client-id') ?? '')}: `, { hidden: true })
    }
    throw new InvalidInputError('There is no client secret.', {
      hint: 'Set AZURE_CLIENT_SECRET, or write it to standard input with --password-stdin.',
    })
  }

  #require(name: SettingName, method: SignInMethod): string {
    const value = this.value(name)
    if (value !== undefined) return value
    throw new InvalidInputError(`Signing in with ${method} needs --${name}.`, {
      hint: `Give --${name}, or keep it in a profile: ews-delegates profile add NAME --auth ${method} --${name} …`,
    })
  }
}

interface Loaded {
  readonly files: Readonly<Partial<Record<SettingName, Buffer | undefined>>>
  readonly proxyFromEnvironment: typeof import('../http/proxy.ts').proxyFromEnvironment
}

const TLS_FILES = ['ca', 'client-certificate', 'client-key'] as const

/** Addresses are judged by who uses them; a proxy's password may stand in a flag, but not in a profile. */
const JUDGED_LATER: readonly string[] = ['proxy', 'url', 'graph-url']

async function readSettingFile(
  { io }: Context,
  settings: ResolvedSettings,
  name: SettingName,
): Promise<Buffer | undefined> {
  const setting = settings[name]
  if (!setting) return undefined
  // In a profile they are absolute, unless somebody wrote them in.
  const path = resolve(setting.source.kind === 'profile' ? configDirectory(io.env) : io.cwd, setting.value)
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InvalidInputError(
      `${describeSource(setting.source)}: ${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.`,
      { cause: error },
    )
  }
}

/** A token opens Exchange Online to whoever holds it. */
function requireOnline(url: URL): void {
  if (isExchangeOnline(url) || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)) return
  throw new InvalidInputError(
    `A sign-in at Microsoft is for Exchange Online, and is not shown to ${url.host}.`,
    {
      hint: 'For a server of your own sign in with --auth basic, ntlm or kerberos; where it takes tokens, give one in EWS_TOKEN.',
    },
  )
}

/** The profile that is named, or the default one. */
export async function findProfile(context: Context, named: string | undefined): Promise<Profile | undefined> {
  const name = named ?? context.environment('EWS_PROFILE')
  let directory: string
  try {
    directory = configDirectory(context.io.env)
  } catch (error) {
    // Somebody without a home has no profiles, which matters to nobody who did not ask for one.
    if (name === undefined) return undefined
    throw error
  }
  const store = profileStore(directory)
  return name === undefined ? store.default() : store.require(name)
}

function clientCertificate(
  certificate: Buffer,
  key: Buffer | undefined,
  passphrase: string | undefined,
): NonNullable<ConnectionSettings['clientCertificate']> {
  const own = passphrase === undefined ? {} : { passphrase }
  const isPem = certificate.includes('-----BEGIN')
  // A PEM file may hold both; PKCS #12 always does.
  return isPem ? { certificate, key: key ?? certificate, ...own } : { pfx: certificate, ...own }
}
