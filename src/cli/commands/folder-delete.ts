import { defineCommand } from '../command.ts'
import { DELETE_TYPE_FLAG } from '../delete-type.ts'
import { DRY_RUN_FLAG, EWS_FLAGS, YES_FLAG } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'

export const folderDelete = defineCommand({
  name: 'folder delete',
  summary: 'Deletes folders with everything in them',
  details:
    'Asks first on a terminal. Well-known folders stay. Without a folder, ids come from standard input.',
  operands: [],
  usage: '(--mailbox OWNER --folder PATH | --folder-id ID... | < ids) [options]',
  flags: {
    mailbox: FOLDER_FLAGS.mailbox,
    folder: {
      type: 'text',
      value: 'PATH',
      description: 'the folder by its path from the top of the mailbox, such as /Projects/2026',
    },
    'folder-id': { type: 'list', value: 'ID', description: 'the folder by its id, as folder list prints it' },
    ...DELETE_TYPE_FLAG,
    ...YES_FLAG,
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['folder delete --mailbox allan@contoso.com --folder /Projects/2019', ''],
    ['folder delete --folder-id AAMkAGE1… --delete-type HardDelete --yes', 'for good, in a script'],
  ],
  stateCommand: ({ flags }) =>
    flags.mailbox === undefined ? undefined : ['folder', 'list', '--mailbox', flags.mailbox, '--deep'],

  run: async (context, { flags }) => (await import('../folder-delete.ts')).deleteFolders(context, flags),
})
