import { defineCommand } from '../command.ts'
import { SERVER_FLAGS, SETTING_FLAGS } from '../setting-flags.ts'
import { formatTable } from '../table.ts'

/** Secrets have no flag and no place in a profile; that they are there is worth knowing. */
const SECRETS = [
  'EWS_PASSWORD',
  'EWS_TOKEN',
  'GRAPH_TOKEN',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'EWS_CLIENT_KEY_PASSPHRASE',
  'EWS_TOKEN_CACHE_PASSPHRASE',
] as const

export const profileShow = defineCommand({
  name: 'profile show',
  summary: 'Shows the settings a command would work with, and where each comes from',
  details:
    'Flags go before the environment, and the environment before the profile. Give the flags to see what they change.',
  operands: [
    { name: 'NAME', description: 'a profile (default: the one that would be taken)', optional: true },
  ],
  flags: { profile: SERVER_FLAGS.profile, ...SETTING_FLAGS },
  examples: [
    ['profile show', ''],
    ["profile show work --user 'CONTOSO\\svc'", 'what that flag would change'],
  ],

  async run(context, { flags, operands }) {
    const [{ ServerConnection }, { describeSource }] = [
      await import('../server-connection.ts'),
      await import('../../profile/settings.ts'),
    ]
    const connection = await ServerConnection.open(context, {
      ...flags,
      profile: operands.NAME ?? flags.profile,
    })
    const secrets = SECRETS.filter((name) => context.environment(name) !== undefined)
    const settings = Object.entries(connection.settings)
    const columns = ['setting', 'value', 'from'] as const
    const rows = [
      ...settings.map(([name, { value, source }]) => [name, hidePassword(value), describeSource(source)]),
      ...(connection.value('auth') === undefined && connection.method !== undefined
        ? [['auth', connection.method, 'what is given']]
        : []),
      ...secrets.map((name) => ['(secret)', 'is set', name]),
    ]
    return {
      report: {
        text: (terminal) =>
          `${connection.profile ? `Profile ${connection.profile.name}${connection.profile.isDefault ? ', the default' : ''}` : 'No profile'}\n\n${rows.length === 0 ? 'Nothing is set.\n' : formatTable(columns, rows, terminal)}`,
        json: {
          profile: connection.profile?.name ?? null,
          signIn: connection.method ?? null,
          settings: Object.fromEntries(
            settings.map(([name, { value, source }]) => [
              name,
              { value: hidePassword(value), from: source.kind, name: describeSource(source) },
            ]),
          ),
          secrets,
        },
        csv: { columns, rows },
      },
    }
  },
})

/** A proxy in the environment may have one. */
function hidePassword(value: string): string {
  return value.replace(/^((?:\w+:\/\/)?[^\s/@:]+):[^\s/@]+@/, '$1:…@')
}
