import { InvalidInputError } from '../errors.ts'
import type { SendMeetingInvitations, SendMeetingUpdates } from '../model/item-rules.ts'
import type { Flags, FlagValues } from './command.ts'
import { parseNamed } from './named.ts'

/** The kinds of item that people create. */
export const NEW_ITEM_KINDS = ['message', 'appointment', 'contact', 'task'] as const
export type NewItemKind = (typeof NEW_ITEM_KINDS)[number]

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

/** What every kind of item can have. */
const ANY_ITEM_FLAGS = {
  subject: { type: 'text', value: 'TEXT', description: 'the subject' },
  body: { type: 'text', value: 'TEXT', description: 'the text' },
  'body-file': { type: 'text', value: 'FILE', description: 'the text from a file; - is standard input' },
  html: { type: 'switch', description: 'the text is HTML' },
  attach: { type: 'list', value: 'FILE', description: 'a file that goes along' },
  category: { type: 'list', value: 'NAME', description: 'a category' },
  importance: {
    type: 'text',
    value: 'LEVEL',
    description: 'low, normal or high',
    choices: ['low', 'normal', 'high'],
  },
  private: { type: 'switch', description: 'hide it from delegates who may not see private items' },
  set: {
    type: 'list',
    value: 'NAME=VALUE',
    description: 'any other property, by the name that item show prints or by FieldURI',
  },
} as const satisfies Flags

const MESSAGE_FLAGS = {
  to: {
    type: 'list',
    value: 'ADDRESS',
    description: 'recipients, with commas between them; names are looked up',
  },
  cc: { type: 'list', value: 'ADDRESS', description: 'recipients of a copy' },
  bcc: { type: 'list', value: 'ADDRESS', description: 'recipients of a copy whom nobody sees' },
  'reply-to': { type: 'list', value: 'ADDRESS', description: 'where answers go' },
  send: {
    type: 'switch',
    description: 'send it in the owner’s name, with the copy in the owner’s Sent Items (without it: a draft)',
  },
} as const satisfies Flags

const APPOINTMENT_FLAGS = {
  start: {
    type: 'text',
    value: 'TIME',
    description: 'of an appointment or a task, such as 2026-12-24T10:00 or 2026-12-24',
  },
  end: { type: 'text', value: 'TIME', description: 'its end; of whole days the last one' },
  duration: { type: 'text', value: 'TIME', description: 'how long it takes, such as 45m or 1h30m' },
  'all-day': { type: 'switch', description: 'it takes whole days' },
  'time-zone': {
    type: 'text',
    value: 'ZONE',
    description:
      'of times without one: a Windows name such as W. Europe Standard Time (default: that of this machine)',
  },
  location: { type: 'text', value: 'TEXT', description: 'where it is' },
  attendee: { type: 'list', value: 'ADDRESS', description: 'who is invited; names are looked up' },
  'optional-attendee': { type: 'list', value: 'ADDRESS', description: 'who may come' },
  resource: { type: 'list', value: 'ADDRESS', description: 'a room or a thing to book' },
  notify: {
    type: 'text',
    value: 'WHOM',
    description: 'whether attendees get an invitation: all or none',
    choices: ['all', 'none'],
  },
  'show-as': {
    type: 'text',
    value: 'STATUS',
    description: 'free, tentative, busy, oof or workingelsewhere',
    choices: ['free', 'tentative', 'busy', 'oof', 'workingelsewhere'],
  },
  reminder: { type: 'text', value: 'MINUTES', description: 'remind so many minutes before' },
  repeat: {
    type: 'text',
    value: 'HOW',
    description: 'daily, weekly, monthly or yearly',
    choices: ['daily', 'weekly', 'monthly', 'yearly'],
  },
  until: { type: 'text', value: 'DATE', description: 'the last day of a series' },
  times: { type: 'text', value: 'N', description: 'how often a series takes place' },
} as const satisfies Flags

const CONTACT_FLAGS = {
  name: { type: 'text', value: 'NAME', description: 'the whole name (default: given name and surname)' },
  'given-name': { type: 'text', value: 'NAME', description: 'the given name' },
  surname: { type: 'text', value: 'NAME', description: 'the surname' },
  company: { type: 'text', value: 'NAME', description: 'the company' },
  'job-title': { type: 'text', value: 'TEXT', description: 'the job title' },
  email: { type: 'list', value: 'ADDRESS', description: 'e-mail addresses, three at most' },
  phone: { type: 'text', value: 'NUMBER', description: 'the business telephone' },
  mobile: { type: 'text', value: 'NUMBER', description: 'the mobile telephone' },
} as const satisfies Flags

const TASK_FLAGS = {
  due: { type: 'text', value: 'DATE', description: 'the day by which it is to be done' },
  status: {
    type: 'text',
    value: 'STATUS',
    description: 'notstarted, inprogress, completed, waitingonothers or deferred',
    choices: ['notstarted', 'inprogress', 'completed', 'waitingonothers', 'deferred'],
  },
  percent: { type: 'text', value: 'NUMBER', description: 'how much of it is done, from 0 to 100' },
} as const satisfies Flags

/** What `item create` can say of an item. */
export const NEW_ITEM_FLAGS = {
  ...ANY_ITEM_FLAGS,
  ...MESSAGE_FLAGS,
  ...APPOINTMENT_FLAGS,
  ...CONTACT_FLAGS,
  ...TASK_FLAGS,
} as const satisfies Flags
export type NewItemFlagValues = FlagValues<typeof NEW_ITEM_FLAGS>

const FLAGS_OF: Readonly<Record<NewItemKind, readonly string[]>> = {
  message: Object.keys(MESSAGE_FLAGS),
  appointment: Object.keys(APPOINTMENT_FLAGS),
  contact: Object.keys(CONTACT_FLAGS),
  task: [...Object.keys(TASK_FLAGS), 'start', 'repeat', 'until', 'times'],
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

/** What becomes of a changed meeting, in the words of the command line; Exchange's own are taken as well. */
const NOTIFY = {
  none: 'SendToNone',
  all: 'SendToAllAndSaveCopy',
  changed: 'SendToChangedAndSaveCopy',
  SendToNone: 'SendToNone',
  SendOnlyToAll: 'SendOnlyToAll',
  SendToAllAndSaveCopy: 'SendToAllAndSaveCopy',
  SendOnlyToChanged: 'SendOnlyToChanged',
  SendToChangedAndSaveCopy: 'SendToChangedAndSaveCopy',
} as const satisfies Record<string, SendMeetingUpdates>

/** @throws InvalidInputError */
export function parseNotifyUpdate(text: string | undefined): SendMeetingUpdates | undefined {
  if (text === undefined) return undefined
  const names = Object.keys(NOTIFY) as (keyof typeof NOTIFY)[]
  return parseNamed(text, names, (word) => {
    const name = names.find((each) => each.toLowerCase() === word.trim().toLowerCase())
    if (name) return NOTIFY[name]
    throw new InvalidInputError(`--notify ${JSON.stringify(text.slice(0, 40))} says nobody.`, {
      hint: 'It is none, all or changed.',
    })
  })
}

/** The same where nobody can have been added or removed: new and deleted meetings. */
export function parseNotify(text: string | undefined): SendMeetingInvitations | undefined {
  const choice = parseNotifyUpdate(text)
  if (choice === undefined || choice === 'SendToNone') return choice
  if (choice === 'SendOnlyToAll' || choice === 'SendToAllAndSaveCopy') return choice
  throw new InvalidInputError('--notify changed is for changes to a meeting.', {
    hint: 'It is all or none here.',
  })
}
