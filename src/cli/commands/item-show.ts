import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { ITEM_ID_FLAGS, readIds } from '../item-ids.ts'

export const itemShow = defineCommand({
  name: 'item show',
  summary: 'Shows items whole, by id: implicit access',
  operands: [],
  usage: '(--id ID... | < ids) [options]',
  flags: {
    ...ITEM_ID_FLAGS,
    property: { type: 'list', value: 'FIELDURI', description: 'tell this too, such as item:TextBody' },
    all: { type: 'switch', description: 'tell everything that Exchange knows of it' },
    mime: { type: 'switch', description: 'print the whole item as MIME; of one item' },
    ...EWS_FLAGS,
  },
  examples: [
    ['item show --id AAMkAGE1…', ''],
    ['item show --id AAMkAGE1… --mime > lunch.eml', 'as a file'],
  ],

  async run(context, { flags }) {
    const given = await readIds(context, { ...flags, ids: flags.id }, 'items')
    if (flags.mime && (given.length !== 1 || context.format !== 'text')) {
      throw new InvalidInputError('--mime prints one item as it is.', {
        hint: 'Give one --id and no --output; or ask for --property item:MimeContent.',
      })
    }
    const { showItems } = await import('../item-show.ts')
    return showItems(context, () => context.ews(flags), given, flags)
  },
})
