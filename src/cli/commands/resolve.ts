import { RESOLVE_NAMES_SCOPES } from '../../model/resolved-name.ts'
import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'

export const resolve = defineCommand({
  name: 'resolve',
  summary: 'Shows whom a name, the beginning of one, an alias or an address can mean',
  details: 'In the directory and, after it, in the contacts of whoever signs in.',
  operands: [{ name: 'NAME', description: 'a name, its beginning, an alias or an address' }],
  flags: {
    mailbox: {
      ...FOLDER_FLAGS.mailbox,
      description: 'look in the contacts of this mailbox in place of one’s own',
    },
    scope: {
      type: 'text',
      value: 'WHERE',
      description: `${RESOLVE_NAMES_SCOPES.join(', ')} (default: the second)`,
      choices: RESOLVE_NAMES_SCOPES,
    },
    ...EWS_FLAGS,
  },
  examples: [
    ['resolve Adele', ''],
    ["resolve 'Allan D' --output json", 'for programs'],
  ],

  run: async (context, { flags, operands }) =>
    (await import('../resolve-name.ts')).resolveEntry(context, operands.NAME, flags),
})
