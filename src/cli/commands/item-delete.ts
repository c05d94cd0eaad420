import { defineCommand } from '../command.ts'
import { DELETE_TYPE_FLAG } from '../delete-type.ts'
import { DRY_RUN_FLAG, EWS_FLAGS, YES_FLAG } from '../flags.ts'
import { ITEM_ID_FLAGS } from '../id-flags.ts'

export const itemDelete = defineCommand({
  name: 'item delete',
  summary: 'Deletes items by id',
  details: 'Asks first on a terminal, with what they are called.',
  operands: [],
  usage: '(--id ID... | < ids) [options]',
  flags: {
    ...ITEM_ID_FLAGS,
    ...DELETE_TYPE_FLAG,
    notify: {
      type: 'text',
      value: 'WHOM',
      description: 'of a meeting: whether attendees get a cancellation, all or none',
      choices: ['all', 'none'],
    },
    'only-this': { type: 'switch', description: 'of a task that repeats, this occurrence alone' },
    ...YES_FLAG,
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['item delete --id AAMkAGE1…', ''],
    ['item delete --id AAMkAGE1… --notify all --yes', 'a meeting, with a cancellation to everybody'],
    [
      'item list --mailbox allan@contoso.com --folder inbox --subject Newsletter -o json | ews-delegates item delete --yes',
      'ids through a pipe',
    ],
    ['item delete --id AAMkAGE1… --notify none --dry-run', 'only show the request'],
  ],
  // An item that is not there any more was deleted.
  stateCommand: ({ flags }) => (flags.id[0] ? ['item', 'show', '--id', flags.id[0]] : undefined),

  run: async (context, { flags }) => (await import('../item-delete.ts')).deleteItems(context, flags),
})
