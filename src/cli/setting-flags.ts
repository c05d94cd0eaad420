import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../profile/settings.ts'
import type { Flags, FlagValues, TextFlag } from './command.ts'
import { EWS_FLAGS } from './flags.ts'

const PLACEHOLDERS: Readonly<Partial<Record<SettingName, string>>> = {
  url: 'ADDRESS',
  address: 'MAILBOX',
  auth: 'METHOD',
  user: 'NAME',
  impersonate: 'WHOM',
  'server-version': 'VERSION',
  'client-id': 'ID',
  account: 'NAME',
  cloud: 'NAME',
  authority: 'ADDRESS',
  'graph-url': 'ADDRESS',
  'token-cache': 'PLACE',
  proxy: 'ADDRESS',
  timeout: 'SECONDS',
  'max-wait': 'TIME',
}

/** A flag for each setting that a profile can hold. */
export const SETTING_FLAGS = Object.fromEntries(
  SETTING_NAMES.map((name) => {
    const { description, variable, choices }: Setting = SETTINGS[name]
    return [
      name,
      {
        type: 'text',
        value: PLACEHOLDERS[name] ?? (/certificate|key|^ca$/.test(name) ? 'FILE' : name.toUpperCase()),
        description: `${description}${choices ? `: ${choices.join(', ')}` : ''}${variable ? ` (${variable})` : ''}`,
        ...(choices ? { choices } : {}),
      },
    ]
  }),
) as Readonly<Record<SettingName, TextFlag>>

/** On commands that go to a server by whatever way a profile describes. */
export const SERVER_FLAGS = {
  ...SETTING_FLAGS,
  profile: EWS_FLAGS.profile,
  'password-stdin': {
    type: 'switch',
    description:
      'read the password or client secret from standard input (otherwise EWS_PASSWORD or AZURE_CLIENT_SECRET, or a prompt)',
  },
  'token-stdin': EWS_FLAGS['token-stdin'],
  insecure: EWS_FLAGS.insecure,
  trace: EWS_FLAGS.trace,
  'trace-file': EWS_FLAGS['trace-file'],
  'allow-plain-http': EWS_FLAGS['allow-plain-http'],
} as const satisfies Flags
export type ServerFlagValues = FlagValues<typeof SERVER_FLAGS>
