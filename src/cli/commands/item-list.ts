import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'
import { IDS_FLAG } from '../id-flags.ts'
import { ITEM_QUERY_FLAGS } from '../item-flags.ts'

export const itemList = defineCommand({
  name: 'item list',
  summary: 'Shows the items of a folder: messages, appointments, contacts, tasks',
  details:
    'They are printed while they are fetched. The ids carry the mailbox: later commands need no owner.',
  operands: [],
  usage: '(--mailbox OWNER --folder FOLDER | --folder-id ID) [options]',
  flags: { ...FOLDER_FLAGS, ...ITEM_QUERY_FLAGS, ...IDS_FLAG, ...EWS_FLAGS },
  examples: [
    ['item list --mailbox allan@contoso.com --folder calendar --from 2026-12-01 --to 2027-01-01', ''],
    ['item list --mailbox allan@contoso.com --folder inbox --unread --sort received:desc --limit 20', ''],
    [
      'item list --mailbox allan@contoso.com --folder calendar --subject Lunch --output json | ews-delegates item copy --to-mailbox adele@contoso.com --to-folder calendar',
      'the ids go through the pipe',
    ],
  ],

  run: async (context, { flags }) => (await import('../item-list.ts')).listItems(context, flags),
})
