import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'
import { IDS_FLAG } from '../id-flags.ts'

export const folderList = defineCommand({
  name: 'folder list',
  summary: 'Shows the folders in a folder, or in a mailbox, with their ids',
  details: 'Without --folder those at the top of the mailbox.',
  operands: [],
  usage: '(--mailbox OWNER [--folder FOLDER] | --folder-id ID) [options]',
  flags: {
    ...FOLDER_FLAGS,
    deep: { type: 'switch', description: 'those inside them too' },
    name: { type: 'text', value: 'TEXT', description: 'whose name contains this' },
    ...IDS_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['folder list --mailbox allan@contoso.com', ''],
    ['folder list --mailbox allan@contoso.com --folder inbox --deep', ''],
  ],

  run: async (context, { flags }) => (await import('../folder-list.ts')).listFolders(context, flags),
})
