import { defineCommand } from '../command.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS, FOLDER_KINDS } from '../folder-flags.ts'

export const folderCreate = defineCommand({
  name: 'folder create',
  summary: 'Makes folders in a folder; they inherit its permissions',
  details:
    'Without --folder at the top of the mailbox. What a folder found by path or id is for is read first; --dry-run leaves that out.',
  operands: [{ name: 'NAME', description: 'the name of the new folder', many: true }],
  usage: 'NAME... (--mailbox OWNER [--folder FOLDER] | --folder-id ID) [options]',
  flags: {
    ...FOLDER_FLAGS,
    kind: {
      type: 'text',
      value: 'KIND',
      description: `what it is for: ${Object.keys(FOLDER_KINDS).join(', ')}, or a class such as IPF.Note (default: what its parent is for; mail at the top)`,
      choices: Object.keys(FOLDER_KINDS),
    },
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['folder create Projects --mailbox allan@contoso.com', ''],
    ['folder create Travel --mailbox allan@contoso.com --folder calendar --kind calendar', ''],
    ['folder create Projects --mailbox allan@contoso.com --dry-run', 'only show the request'],
  ],
  stateCommand: ({ flags }) =>
    flags['folder-id'] === undefined && flags.mailbox !== undefined
      ? ['folder', 'list', '--mailbox', flags.mailbox, ...(flags.folder ? ['--folder', flags.folder] : [])]
      : undefined,

  run: async (context, { flags, operands }) =>
    (await import('../folder-create.ts')).createFolders(context, operands.NAME, flags),
})
