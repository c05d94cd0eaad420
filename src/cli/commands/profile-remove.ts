import { defineCommand } from '../command.ts'
import { YES_FLAG } from '../flags.ts'

export const profileRemove = defineCommand({
  name: 'profile remove',
  summary: 'Forgets a profile, and the sign-in that was kept for it',
  details: 'Asks first on a terminal.',
  operands: [{ name: 'NAME', description: 'a profile' }],
  flags: YES_FLAG,
  examples: [['profile remove work --yes', 'in a script']],

  async run(context, { flags, operands }) {
    const [{ profileStore }, { configDirectory }, { ServerConnection }, { rm }] = [
      await import('../../profile/profile-store.ts'),
      await import('../../profile/directories.ts'),
      await import('../server-connection.ts'),
      await import('node:fs/promises'),
    ]
    const store = profileStore(configDirectory(context.io.env))
    const { name } = await store.require(operands.NAME)
    await context.confirm(`Remove the profile ${name}?`, flags.yes)
    const connection = await ServerConnection.open(context, { profile: name })
    await rm(connection.tokenCachePath, { force: true })
    await store.remove(name)
    return {
      report: {
        text: () => `Profile ${name} is removed.\n`,
        json: { name, removed: true },
        csv: { columns: ['name', 'removed'], rows: [[name, true]] },
      },
    }
  },
})
