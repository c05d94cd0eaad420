import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { ITEM_ID_FLAGS } from '../id-flags.ts'

export const itemShow = defineCommand({
  name: 'item show',
  summary: 'Shows items whole, by id: implicit access',
  operands: [],
  usage: '(--id ID... | < ids) [options]',
  flags: {
    ...ITEM_ID_FLAGS,
    property: {
      type: 'list',
      value: 'FIELDURI',
      description: 'tell this too, such as item:TextBody or PublicStrings/Project',
    },
    all: { type: 'switch', description: 'tell everything that Exchange knows of it' },
    mime: { type: 'switch', description: 'print the whole item as MIME; of one item' },
    ...EWS_FLAGS,
  },
  examples: [
    ['item show --id AAMkAGE1…', ''],
    ['item show --id AAMkAGE1… --mime > lunch.eml', 'as a file'],
  ],

  run: async (context, { flags }) => (await import('../item-show.ts')).showItems(context, flags),
})
