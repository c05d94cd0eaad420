import type { Flags } from './command.ts'

/** How commands are told which items are meant. */
export const ITEM_ID_FLAGS = {
  id: {
    type: 'list',
    value: 'ID',
    description:
      'the item by its id, as item list prints it; without it ids come from standard input, as JSON or one a line',
  },
} as const satisfies Flags

/** On every list of things with ids. */
export const IDS_FLAG = {
  ids: { type: 'switch', description: 'print the ids alone, one a line' },
} as const satisfies Flags
