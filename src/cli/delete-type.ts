import { DELETE_TYPES, type DeleteType, requireChoice } from '../model/item-rules.ts'
import type { Flags } from './command.ts'
import { parseNamed } from './named.ts'

/** Where deleted things go. */
export const DELETE_TYPE_FLAG = {
  'delete-type': {
    type: 'text',
    value: 'TYPE',
    description: 'MoveToDeletedItems (default), SoftDelete (Outlook can recover it) or HardDelete (for good)',
    choices: DELETE_TYPES,
  },
} as const satisfies Flags

/** @throws InvalidInputError */
export function parseDeleteType(text: string | undefined): DeleteType {
  if (text === undefined) return 'MoveToDeletedItems'
  return parseNamed(text, DELETE_TYPES, (word) => {
    const lower = word.trim().toLowerCase()
    const found = DELETE_TYPES.find((each) => each.toLowerCase() === lower)
    requireChoice(found ?? (word as DeleteType), DELETE_TYPES, 'a way to delete')
    return found as DeleteType
  })
}
