import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { ITEM_ID_FLAGS } from '../id-flags.ts'

export const attachmentSave = defineCommand({
  name: 'attachment save',
  summary: 'Saves the attachments of items into files',
  details:
    'Items that are attached are saved as .eml. A file that is there already is never overwritten: the new one gets a number.',
  operands: [],
  usage: '(--id ID... | < ids) [options]',
  flags: {
    ...ITEM_ID_FLAGS,
    to: {
      type: 'text',
      value: 'FOLDER',
      description: 'where the files go, made if it is not there (default: here)',
    },
    name: { type: 'list', value: 'NAME', description: 'only those with this name' },
    inline: { type: 'switch', description: 'pictures in the text too' },
    ...EWS_FLAGS,
  },
  examples: [
    ['attachment save --id AAMkAGE1… --to invoices', ''],
    [
      'item list --mailbox allan@contoso.com --folder inbox --subject Invoice -o json | ews-delegates attachment save --to invoices',
      'ids through a pipe',
    ],
  ],

  run: async (context, { flags }) => (await import('../attachment-save.ts')).saveAttachments(context, flags),
})
