import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { ITEM_ID_FLAGS } from '../id-flags.ts'

export const itemUpdate = defineCommand({
  name: 'item update',
  summary: 'Changes items by id: only what is named, everything else stays',
  details:
    'NAME is what item show --output json prints (subject, location, toRecipients, dueDate, emailAddresses.EmailAddress1), a FieldURI such as item:Subject, or a MAPI property such as PublicStrings/Project or 0x0E07:Integer. Times without a zone are those of this machine.',
  operands: [],
  usage: '(--id ID... | < ids) [--set NAME=VALUE] [--append NAME=VALUE] [--clear NAME] [options]',
  flags: {
    ...ITEM_ID_FLAGS,
    set: { type: 'list', value: 'NAME=VALUE', description: 'set a property' },
    append: { type: 'list', value: 'NAME=VALUE', description: 'add to the body, or to a list of people' },
    clear: { type: 'list', value: 'NAME', description: 'take a property away' },
    html: { type: 'switch', description: 'a body that is set or added to is HTML' },
    type: {
      type: 'text',
      value: 'TYPE',
      description:
        'what the items are, so that nobody has to look: Message, CalendarItem, Contact, Task or Item',
      choices: ['Message', 'CalendarItem', 'Contact', 'Task', 'Item'],
    },
    notify: {
      type: 'text',
      value: 'WHOM',
      description: 'of a meeting: who is told, all, changed (who came or went) or none',
      choices: ['all', 'changed', 'none'],
    },
    conflict: {
      type: 'text',
      value: 'HOW',
      description:
        'when somebody else changed it too: NeverOverwrite, AutoResolve (default) or AlwaysOverwrite',
      choices: ['NeverOverwrite', 'AutoResolve', 'AlwaysOverwrite'],
    },
    'change-key': {
      type: 'text',
      value: 'KEY',
      description: 'the version that was read, so that changes in between are noticed; of one item',
    },
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ["item update --id AAMkAGE1… --set 'subject=Lunch at noon' --set location=Cafeteria", ''],
    ['item update --id AAMkAGE1… --append requiredAttendees=megan@contoso.com --notify changed', ''],
    [
      'item update --id AAMkAGE1… --clear location --type CalendarItem --notify none --dry-run',
      'only show the request',
    ],
  ],
  stateCommand: ({ flags }) => (flags.id[0] ? ['item', 'show', '--id', flags.id[0]] : undefined),

  async run(context, { flags }) {
    if (flags.set.length + flags.append.length + flags.clear.length === 0) {
      throw new InvalidInputError('The update changes nothing.', {
        hint: "Name what to change, such as --set subject='New subject' or --clear location.",
      })
    }
    return (await import('../item-update.ts')).updateItems(context, flags)
  },
})
