import { resolve } from 'node:path'
import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { SETTING_FLAGS } from '../setting-flags.ts'

const FILES = ['certificate', 'ca', 'client-certificate', 'client-key'] as const

export const profileAdd = defineCommand({
  name: 'profile add',
  summary: 'Keeps the settings of a server under a name',
  details: 'Passwords, secrets and tokens are never kept. Flags and environment go before a profile.',
  operands: [{ name: 'NAME', description: 'letters, digits, dots, hyphens and underscores' }],
  flags: {
    ...SETTING_FLAGS,
    default: {
      type: 'switch',
      description: 'take it where no profile is named; the first one is taken anyway',
    },
    replace: { type: 'switch', description: 'put it in the place of one with this name' },
  },
  examples: [
    [
      "profile add work --url https://mail.contoso.com/EWS/Exchange.asmx --auth ntlm --user 'CONTOSO\\adele'",
      'a server of your own',
    ],
    [
      'profile add cloud --auth certificate --tenant contoso.com --client-id 3b5f… --certificate app.pem --impersonate allan@contoso.com',
      'Exchange Online, as an application',
    ],
  ],

  async run(context, { flags, operands }) {
    const [{ profileStore }, { configDirectory }] = [
      await import('../../profile/profile-store.ts'),
      await import('../../profile/directories.ts'),
    ]
    const {
      default: makeDefault,
      replace,
      output: _output,
      ...settings
    } = flags as typeof flags & { output?: string }
    const given = Object.fromEntries(
      Object.entries(settings).filter(([, value]) => value !== undefined),
    ) as Record<string, string>
    if (Object.keys(given).length === 0) {
      throw new InvalidInputError('The profile would hold nothing.', {
        hint: 'Give at least --url, or --tenant and --client-id.',
      })
    }
    // Later commands run in other folders.
    for (const name of FILES)
      if (given[name] !== undefined) given[name] = resolve(context.io.cwd, given[name])
    const store = profileStore(configDirectory(context.io.env))
    const profile = await store.add(operands.NAME, given, {
      replace: replace ?? false,
      makeDefault: makeDefault ?? false,
    })
    return {
      report: {
        text: () =>
          `Profile ${profile.name} is kept in ${store.path}.${profile.isDefault ? ' It is the default.' : ` Use it with --profile ${profile.name}.`}\n`,
        json: {
          name: profile.name,
          default: profile.isDefault,
          path: store.path,
          settings: profile.settings,
        },
        csv: {
          columns: ['name', 'default', 'setting', 'value'],
          rows: Object.entries(profile.settings).map(([name, value]) => [
            profile.name,
            profile.isDefault,
            name,
            value,
          ]),
        },
      },
    }
  },
})
