import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS, locateFolder, readFolderChoice } from '../folder-flags.ts'
import { ITEM_QUERY_FLAGS } from '../item-list-query.ts'
import { IDS_FLAG } from '../list-output.ts'
import { ewsSignIn } from '../people.ts'

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

  async run(context, { flags }) {
    const choice = readFolderChoice({ ...flags, id: flags['folder-id'] })
    const { listItems } = await import('../item-list.ts')
    const ews = ewsSignIn(context, flags)
    return listItems(context, ews, choice, flags, () => locateFolder(context, ews, choice))
  },
})
