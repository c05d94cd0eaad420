import { InvalidInputError } from '../errors.ts'
import {
  ANY_ITEM_FLAGS,
  APPOINTMENT_FLAGS,
  CONTACT_FLAGS,
  MESSAGE_FLAGS,
  NEW_ITEM_FLAGS,
  NEW_ITEM_KINDS,
  type NewItemFlagValues,
  type NewItemKind,
  TASK_FLAGS,
} from './item-flags.ts'
import { parseNamed } from './named.ts'

/** @throws InvalidInputError with the nearest word for a typing mistake. */
export function parseItemKind(text: string): NewItemKind {
  const words: Readonly<Record<string, NewItemKind>> = {
    mail: 'message',
    meeting: 'appointment',
    event: 'appointment',
    calendaritem: 'appointment',
  }
  const word = text.trim().toLowerCase()
  return parseNamed(text, NEW_ITEM_KINDS, () => {
    const kind = NEW_ITEM_KINDS.find((each) => each === word) ?? words[word]
    if (kind) return kind
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a kind of item to create.`, {
      hint: `The kinds are ${NEW_ITEM_KINDS.join(', ')}.`,
    })
  })
}

const FLAGS_OF: Readonly<Record<NewItemKind, readonly string[]>> = {
  message: Object.keys(MESSAGE_FLAGS),
  appointment: Object.keys(APPOINTMENT_FLAGS),
  contact: Object.keys(CONTACT_FLAGS),
  task: [...Object.keys(TASK_FLAGS), 'start', 'repeat', 'every', 'until', 'times'],
}

/** @throws InvalidInputError for a flag that says nothing about such an item. */
export function checkKindFlags(kind: NewItemKind, flags: NewItemFlagValues): void {
  const allowed = new Set([...Object.keys(ANY_ITEM_FLAGS), ...FLAGS_OF[kind]])
  for (const name of Object.keys(NEW_ITEM_FLAGS) as (keyof NewItemFlagValues)[]) {
    const value = flags[name]
    if (value === undefined || (Array.isArray(value) && value.length === 0) || allowed.has(name)) continue
    const kinds = NEW_ITEM_KINDS.filter((each) => FLAGS_OF[each].includes(name))
    throw new InvalidInputError(`A ${kind} has no --${name}.`, {
      hint: `--${name} is for: ${kinds.join(', ')}.`,
    })
  }
}
