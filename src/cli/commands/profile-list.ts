import { defineCommand } from '../command.ts'
import { formatTable } from '../table.ts'

export const profileList = defineCommand({
  name: 'profile list',
  summary: 'Lists the profiles, and which one is taken where none is named',
  operands: [],
  flags: {},
  examples: [['profile list', '']],

  async run(context) {
    const [{ profileStore }, { configDirectory }] = [
      await import('../../profile/profile-store.ts'),
      await import('../../profile/directories.ts'),
    ]
    const store = profileStore(configDirectory(context.io.env))
    const profiles = await store.list()
    const columns = ['name', 'default', 'where', 'sign-in', 'who'] as const
    const rows = profiles.map(({ name, isDefault, settings }) => [
      name,
      isDefault,
      settings.url ?? settings.address ?? settings.tenant,
      settings.auth,
      settings.user ?? settings.account ?? settings['client-id'],
    ])
    return {
      report: {
        text: (terminal) =>
          profiles.length === 0
            ? `There are no profiles in ${store.path}.\n`
            : formatTable(columns, rows, terminal),
        json: {
          path: store.path,
          profiles: profiles.map(({ name, isDefault, settings }) => ({ name, default: isDefault, settings })),
        },
        csv: { columns, rows },
      },
    }
  },
})
