import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'
import { FOLDER_OPERANDS } from '../folder-operands.ts'

export const folderShow = defineCommand({
  name: 'folder show',
  summary: 'Shows folders and their ids: explicit access in, id for implicit access out',
  operands: FOLDER_OPERANDS,
  usage: 'OWNER FOLDER | --mailbox OWNER --folder FOLDER | --folder-id ID... | < ids [options]',
  expects(flags, words) {
    if (flags['folder-id'] !== undefined) return words > 0 ? ['OWNER'] : []
    const byFlags = flags.mailbox !== undefined || flags.folder !== undefined
    // Without a word the ids come from standard input.
    return byFlags || words === 0 ? [] : ['OWNER', 'FOLDER']
  },
  flags: {
    ...FOLDER_FLAGS,
    'folder-id': {
      type: 'list',
      value: 'ID',
      description:
        'the folder by its id, which carries its mailbox; without any folder ids come from standard input, as JSON or one a line',
    },
    ...EWS_FLAGS,
  },
  examples: [
    ['folder show allan@contoso.com calendar', 'explicit access: by name and owner'],
    ['folder show allan@contoso.com /Projects/2026', 'by path'],
    ['folder show --folder-id AAMkAGE1…', 'implicit access: by the id alone'],
  ],

  run: async (context, { flags, operands }) =>
    (await import('../folder-show.ts')).showFolders(context, operands, flags),
})
