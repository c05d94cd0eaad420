import { defineCommand } from '../command.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'
import { HOME_OF, NEW_ITEM_FLAGS, NEW_ITEM_KINDS } from '../item-flags.ts'

export const itemCreate = defineCommand({
  name: 'item create',
  summary: 'Creates a message, an appointment, a contact or a task in somebody’s mailbox',
  details:
    'Without --folder it goes where such items go: drafts, calendar, contacts, tasks. Times without a zone are those of this machine.',
  operands: [
    {
      name: 'KIND',
      description: 'message, appointment, contact or task',
      choices: NEW_ITEM_KINDS,
    },
  ],
  usage: 'KIND (--mailbox OWNER [--folder FOLDER] | --folder-id ID) [options]',
  flags: { ...FOLDER_FLAGS, ...NEW_ITEM_FLAGS, ...DRY_RUN_FLAG, ...EWS_FLAGS },
  examples: [
    [
      "item create appointment --mailbox allan@contoso.com --subject Lunch --start 2026-12-24T12:00 --duration 1h --location 'Cafeteria'",
      '',
    ],
    [
      'item create appointment --mailbox allan@contoso.com --subject Planning --start 2026-12-21T09:00 --end 2026-12-21T10:30 --attendee megan@contoso.com --notify all',
      'a meeting, in the owner’s name',
    ],
    [
      'item create message --mailbox allan@contoso.com --to megan@contoso.com --subject Lunch --body Noon? --send',
      'sent on behalf of the owner',
    ],
    [
      'item create task --mailbox allan@contoso.com --subject Report --due 2026-12-31 --dry-run',
      'only show the request',
    ],
  ],
  stateCommand: ({ flags, operands }) =>
    flags.mailbox === undefined
      ? undefined
      : [
          ...['item', 'list', '--mailbox', flags.mailbox],
          // What is to be sent, too, is a draft until it is.
          ...['--folder', flags.folder ?? homeOf(operands.KIND)],
        ],

  run: async (context, { flags, operands }) =>
    (await import('../item-create.ts')).createItem(context, operands.KIND, flags),
})

function homeOf(kind: string): string {
  return HOME_OF[NEW_ITEM_KINDS.find((each) => each === kind.toLowerCase()) ?? 'message']
}
