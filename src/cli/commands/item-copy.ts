import { defineCommand } from '../command.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { listTarget, TO_FOLDER_FLAGS } from '../folder-flags.ts'
import { ITEM_ID_FLAGS } from '../id-flags.ts'

export const itemCopy = defineCommand({
  name: 'item copy',
  summary: 'Copies items into a folder; the copies have ids of their own',
  details: 'The items are named by id alone: the ids carry their mailbox.',
  operands: [],
  usage: '(--id ID... | < ids) (--to-mailbox OWNER --to-folder FOLDER | --to-folder-id ID) [options]',
  flags: { ...ITEM_ID_FLAGS, ...TO_FOLDER_FLAGS, ...DRY_RUN_FLAG, ...EWS_FLAGS },
  examples: [
    ['item copy --id AAMkAGE1… --to-mailbox allan@contoso.com --to-folder /Projects', ''],
    [
      'item list --mailbox allan@contoso.com --folder inbox --unread -o json | ews-delegates item copy --to-mailbox allan@contoso.com --to-folder drafts',
      'ids through a pipe',
    ],
    [
      'item copy --id AAMkAGE1… --to-mailbox allan@contoso.com --to-folder drafts --dry-run',
      'only show the request',
    ],
  ],
  stateCommand: ({ flags }) => listTarget(flags),

  run: async (context, { flags }) =>
    (await import('../item-transfer.ts')).transferItems(context, flags, 'copy'),
})
