import { EXCHANGE_VERSIONS } from '../ews/versions.ts'
import { CLOUDS } from '../model/clouds.ts'
import { SIGN_IN_METHODS } from '../profile/settings.ts'
import type { Command, CommandList, Flags, FlagValues } from './command.ts'
import { OUTPUT_FORMATS } from './output.ts'

/** On every command. */
export const COMMON_FLAGS = {
  output: {
    type: 'text',
    value: 'FORMAT',
    description: 'how results are printed: text (default), json or csv',
    choices: OUTPUT_FORMATS,
    alias: 'o',
  },
} as const satisfies Flags

const CONNECTION_FLAGS = {
  profile: {
    type: 'text',
    value: 'NAME',
    description: 'settings kept under this name (EWS_PROFILE; otherwise the default profile)',
  },
  ca: { type: 'text', value: 'FILE', description: 'authorities to trust besides the usual, in PEM (EWS_CA)' },
  'client-certificate': {
    type: 'text',
    value: 'FILE',
    description: 'shown to the server in TLS, PEM or PKCS #12 (EWS_CLIENT_CERTIFICATE)',
  },
  'client-key': {
    type: 'text',
    value: 'FILE',
    description: 'key of the client certificate, in PEM (EWS_CLIENT_KEY)',
  },
  proxy: {
    type: 'text',
    value: 'ADDRESS',
    description:
      'proxy to go through, http: or socks5h:, or none (EWS_PROXY; otherwise HTTPS_PROXY and NO_PROXY)',
  },
  insecure: {
    type: 'switch',
    description: 'take any certificate of the server, so that anybody on the way can read the password',
  },
  timeout: { type: 'text', value: 'SECONDS', description: 'how long to wait for an answer (default 100)' },
  trace: { type: 'switch', description: 'show every request and answer on stderr, without secrets' },
  'trace-file': {
    type: 'text',
    value: 'FILE',
    description: 'write every request and answer there, without secrets; in HAR if its name ends in .har',
  },
  'allow-plain-http': {
    type: 'switch',
    description: 'let credentials travel unencrypted to another machine than this one',
  },
} as const satisfies Flags

/** On every command that speaks EWS. */
export const EWS_FLAGS = {
  url: {
    type: 'text',
    value: 'ADDRESS',
    description: 'EWS endpoint, such as https://mail.contoso.com/EWS/Exchange.asmx (EWS_URL)',
  },
  auth: {
    type: 'text',
    value: 'METHOD',
    description: `how to sign in: ${SIGN_IN_METHODS.join(', ')} (EWS_AUTH; otherwise what is given suggests it)`,
    choices: SIGN_IN_METHODS,
  },
  user: {
    type: 'text',
    value: 'NAME',
    description: 'user name for Basic authentication and NTLM (EWS_USER)',
  },
  'password-stdin': {
    type: 'switch',
    description: 'read the password from standard input (otherwise EWS_PASSWORD, or a prompt)',
  },
  'token-stdin': {
    type: 'switch',
    description: 'read an access token from standard input (otherwise EWS_TOKEN)',
  },
  impersonate: {
    type: 'text',
    value: 'WHOM',
    description: 'act as this mailbox: an address, sid:S-1-5-… or upn:name@contoso.com',
  },
  'server-version': {
    type: 'text',
    value: 'VERSION',
    description: 'RequestServerVersion of the requests (default Exchange2013_SP1)',
    choices: EXCHANGE_VERSIONS,
  },
  'max-wait': {
    type: 'text',
    value: 'TIME',
    description:
      'how long one request waits in all when the server is busy, such as 90s; what comes after it is not sent (EWS_MAX_WAIT; default 5m)',
  },
  wait: {
    type: 'switch',
    description: 'wait for a busy server, which is the default',
    negatable: true,
  },
  ...CONNECTION_FLAGS,
} as const satisfies Flags

/** On every command that speaks Graph. */
export const GRAPH_FLAGS = {
  'graph-url': {
    type: 'text',
    value: 'ADDRESS',
    description: 'Graph root without a version (GRAPH_URL; default https://graph.microsoft.com)',
  },
  cloud: {
    type: 'text',
    value: 'NAME',
    description: `a national cloud in place of its address: ${Object.keys(CLOUDS).join(', ')}`,
    choices: Object.keys(CLOUDS),
  },
  'graph-version': {
    type: 'text',
    value: 'VERSION',
    description: 'v1.0 (default) or beta',
    choices: ['v1.0', 'beta'],
  },
  'token-stdin': {
    type: 'switch',
    description: 'read the access token from standard input (otherwise GRAPH_TOKEN)',
  },
  ...CONNECTION_FLAGS,
} as const satisfies Flags

/** On every command that changes something. */
export const DRY_RUN_FLAG = {
  'dry-run': { type: 'switch', description: 'show what would be sent, and send no change' },
} as const satisfies Flags

/** On commands that take something away. */
export const YES_FLAG = {
  yes: { type: 'switch', description: 'do not ask; needed where nobody can answer', alias: 'y' },
} as const satisfies Flags

/** `verify` waits for something else. */
export type EwsFlagValues = Omit<FlagValues<typeof EWS_FLAGS>, 'wait'>
export type GraphFlagValues = FlagValues<typeof GRAPH_FLAGS>

/** What a command takes, with what every command takes. */
export function flagsOf(command: Command): Flags {
  return { ...command.flags, ...COMMON_FLAGS }
}

/** Every flag there is, for words that stand before the command's name. */
export function allFlags({ commands }: CommandList): Flags {
  return Object.assign({}, ...commands.map(flagsOf)) as Flags
}
