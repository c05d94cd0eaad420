import { defineCommand } from '../command.ts'
import { SERVER_FLAGS } from '../setting-flags.ts'

export const logout = defineCommand({
  name: 'logout',
  summary: 'Forgets the sign-in that login has kept for a profile',
  operands: [],
  flags: { profile: SERVER_FLAGS.profile, 'token-cache': SERVER_FLAGS['token-cache'] },
  examples: [
    ['logout', 'that of the default profile'],
    ['logout --profile cloud', ''],
  ],

  async run(context) {
    const { rm, stat } = await import('node:fs/promises')
    const connection = context.server
    const path = connection.tokenCachePath
    const kept = await stat(path).then(
      () => true,
      () => false,
    )
    await rm(path, { force: true })
    if (connection.value('token-cache') === 'system') {
      const { systemTokenCache } = await import('../../auth/token-cache.ts')
      await (await systemTokenCache({ path: `${path}.system` })).clear()
    }
    const forgotten = kept || connection.value('token-cache') === 'system'
    const profile = connection.profile?.name
    return {
      report: {
        text: () =>
          `${forgotten ? 'The sign-in' : 'Nothing'} ${profile === undefined ? '' : `of profile ${profile} `}${forgotten ? 'is forgotten' : 'was kept'}.\n`,
        json: { profile: profile ?? null, forgotten },
        csv: { columns: ['profile', 'forgotten'], rows: [[profile, forgotten]] },
      },
    }
  },
})
