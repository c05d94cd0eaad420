import { defineCommand } from '../command.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'
import { ITEM_ID_FLAGS } from '../id-flags.ts'
import { ANY_ITEM_FLAGS } from '../item-flags.ts'

export const itemRespond = defineCommand({
  name: 'item respond',
  summary: 'Answers invitations: accept, tentative or decline',
  details:
    'By the id of the request in the owner’s Inbox, or of the meeting in the owner’s calendar. The copy of a request that a delegate received cannot be answered.',
  operands: [
    {
      name: 'ANSWER',
      description: 'accept, tentative or decline',
      choices: ['accept', 'tentative', 'decline'],
    },
  ],
  usage: 'ANSWER (--id ID... | < ids) [options]',
  flags: {
    ...ITEM_ID_FLAGS,
    body: { ...ANY_ITEM_FLAGS.body, description: 'what is said to the organizer' },
    'body-file': ANY_ITEM_FLAGS['body-file'],
    html: ANY_ITEM_FLAGS.html,
    notify: {
      type: 'text',
      value: 'WHOM',
      description: 'whether the organizer gets the answer: all (default) or none',
      choices: ['all', 'none'],
    },
    mailbox: {
      ...FOLDER_FLAGS.mailbox,
      description: 'keep the copy of the answer in the Sent Items of this mailbox (default: one’s own)',
    },
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['item respond accept --id AAMkAGE1…', ''],
    [
      "item respond decline --id AAMkAGE1… --body 'Allan is away that week.' --mailbox allan@contoso.com",
      'for the owner, with the copy in the owner’s Sent Items',
    ],
    ['item respond tentative --id AAMkAGE1… --notify none --dry-run', 'only show the request'],
  ],
  stateCommand: ({ flags }) => (flags.id[0] ? ['item', 'show', '--id', flags.id[0]] : undefined),

  run: async (context, { flags, operands }) =>
    (await import('../item-respond.ts')).respondToMeetings(context, operands.ANSWER, flags),
})
