import { InvalidInputError } from '../errors.ts'

/** What can be set once for a server instead of on every command line. Secrets are no settings. */
export interface Setting {
  readonly description: string
  /** Environment variable of the same meaning. */
  readonly variable?: string
  readonly choices?: readonly string[]
  /** Throws for a value that cannot be right. */
  readonly check?: (value: string) => void
}

export const SIGN_IN_METHODS = [
  'basic',
  'ntlm',
  'kerberos',
  'client-certificate',
  'token',
  'client-secret',
  'certificate',
  'device-code',
  'browser',
] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

export const TOKEN_CACHES = ['memory', 'file', 'system'] as const

/** By the name of the flag, which is also the name in a profile. */
export const SETTINGS = {
  url: { description: 'EWS endpoint', variable: 'EWS_URL', check: checkUrl },
  address: {
    description: 'mailbox whose EWS endpoint is discovered, when no url is given',
    variable: 'EWS_ADDRESS',
  },
  auth: { description: 'how to sign in', variable: 'EWS_AUTH', choices: SIGN_IN_METHODS },
  user: { description: 'user name', variable: 'EWS_USER' },
  impersonate: { description: 'mailbox to act as', variable: 'EWS_IMPERSONATE' },
  'server-version': { description: 'RequestServerVersion', variable: 'EWS_SERVER_VERSION' },
  tenant: { description: 'domain or id of the Microsoft tenant', variable: 'AZURE_TENANT_ID' },
  'client-id': { description: 'application (client) id', variable: 'AZURE_CLIENT_ID' },
  certificate: {
    description: 'PEM file with the application’s certificate and key',
    variable: 'AZURE_CLIENT_CERTIFICATE_PATH',
  },
  account: { description: 'whose sign-in, when several are remembered', variable: 'EWS_ACCOUNT' },
  cloud: { description: 'national cloud', variable: 'EWS_CLOUD' },
  authority: { description: 'root of the token endpoint', variable: 'AZURE_AUTHORITY_HOST', check: checkUrl },
  'graph-url': { description: 'Graph root without a version', variable: 'GRAPH_URL', check: checkUrl },
  'token-cache': {
    description: 'where tokens are kept',
    variable: 'EWS_TOKEN_CACHE',
    choices: TOKEN_CACHES,
  },
  ca: { description: 'PEM file with authorities to trust', variable: 'EWS_CA' },
  'client-certificate': {
    description: 'PEM or PKCS #12 file shown to the server in TLS',
    variable: 'EWS_CLIENT_CERTIFICATE',
  },
  'client-key': { description: 'PEM file with the key of client-certificate', variable: 'EWS_CLIENT_KEY' },
  proxy: { description: 'proxy to go through', variable: 'EWS_PROXY', check: checkProxy },
  timeout: { description: 'seconds to wait for an answer', variable: 'EWS_TIMEOUT' },
  'max-wait': {
    description: 'how long to wait for a busy server, such as 90s or 15m',
    variable: 'EWS_MAX_WAIT',
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS
export type SettingValues = Readonly<Partial<Record<SettingName, string>>>

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

/**
 * Checks a value that is going to be kept.
 * @throws InvalidInputError; secrets are not in the message.
 */
export function checkSetting(name: SettingName, value: string): void {
  const setting: Setting = SETTINGS[name]
  if (value.trim() === '') throw new InvalidInputError(`${name} is empty.`)
  if (/\p{Cc}/u.test(value)) throw new InvalidInputError(`${name} holds a control character.`)
  if (/\beyJ[\w-]{8,}\.[\w-]{8,}\./.test(value)) {
    throw new InvalidInputError(`${name} holds an access token, and secrets are not kept in profiles.`, {
      hint: 'Set EWS_TOKEN or GRAPH_TOKEN when the command runs.',
    })
  }
  if (setting.choices && !setting.choices.includes(value)) {
    throw new InvalidInputError(`${JSON.stringify(value.slice(0, 40))} is no value of ${name}.`, {
      hint: `Take one of ${setting.choices.join(', ')}.`,
    })
  }
  setting.check?.(value)
}

function checkUrl(value: string): void {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    // What stands before an @ may be a password.
    const shown = value.replace(/^([a-z]*:?\/\/)?.*(@|%40)/is, '$1[redacted]$2').slice(0, 200)
    throw new InvalidInputError(`${JSON.stringify(shown)} is not an address.`, {
      hint: 'Give a whole address, beginning with https://.',
    })
  }
  requireNoSecret(url)
}

function checkProxy(value: string): void {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`
  if (!URL.canParse(text)) throw new InvalidInputError('The proxy’s address is not one that can be used.')
  requireNoSecret(new URL(text))
}

function requireNoSecret(url: URL): void {
  if (url.username === '' && url.password === '') return
  throw new InvalidInputError(
    'The address holds a user name or a password, and secrets are not kept in profiles.',
    {
      hint: 'Leave them out; a proxy that wants them can stand in HTTPS_PROXY.',
    },
  )
}

/** Where a value comes from. */
export type SettingSource =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'profile'; readonly profile: string }

export interface ResolvedSetting {
  readonly value: string
  readonly source: SettingSource
}
export type ResolvedSettings = Readonly<Partial<Record<SettingName, ResolvedSetting>>>

/** Flags go before the environment, and the environment before the profile. */
export function resolveSettings(layers: {
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly profile?: { readonly name: string; readonly settings: SettingValues } | undefined
}): ResolvedSettings {
  const { flags, env, profile } = layers
  const resolved: Partial<Record<SettingName, ResolvedSetting>> = {}
  for (const name of SETTING_NAMES) {
    const flag = flags[name]
    const { variable }: Setting = SETTINGS[name]
    // A variable that is set to nothing counts as not set, as scripts unset things that way.
    const fromEnvironment = variable === undefined ? undefined : env[variable]?.trim() || undefined
    const fromProfile = profile?.settings[name]
    if (typeof flag === 'string') {
      resolved[name] = { value: flag, source: { kind: 'flag', name: `--${name}` } }
    } else if (fromEnvironment !== undefined && variable !== undefined) {
      resolved[name] = { value: fromEnvironment, source: { kind: 'environment', variable } }
    } else if (profile && fromProfile !== undefined) {
      resolved[name] = { value: fromProfile, source: { kind: 'profile', profile: profile.name } }
    }
  }
  return resolved
}

/** `--url`, `EWS_URL` or `profile work`, for people. */
export function describeSource(source: SettingSource): string {
  switch (source.kind) {
    case 'flag':
      return source.name
    case 'environment':
      return source.variable
    case 'profile':
      return `profile ${source.profile}`
  }
}
