import type { Flags, FlagValues } from './command.ts'

/** The kinds of item that people create. */
export const NEW_ITEM_KINDS = ['message', 'appointment', 'contact', 'task'] as const
export type NewItemKind = (typeof NEW_ITEM_KINDS)[number]

/** Where each goes when only the mailbox is named. */
export const HOME_OF = {
  message: 'drafts',
  appointment: 'calendar',
  contact: 'contacts',
  task: 'tasks',
} as const satisfies Record<NewItemKind, string>

/** What every kind of item can have. */
export const ANY_ITEM_FLAGS = {
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
  sensitivity: {
    type: 'text',
    value: 'LEVEL',
    description: 'normal, personal, private (as --private) or confidential',
    choices: ['normal', 'personal', 'private', 'confidential'],
  },
  set: {
    type: 'list',
    value: 'NAME=VALUE',
    description:
      'any other property, by the name that item show prints, by FieldURI, or a MAPI property such as PublicStrings/Project=Apollo',
  },
} as const satisfies Flags

export const MESSAGE_FLAGS = {
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
    description:
      'send it in the owner’s name, with the copy in the owner’s Sent Items (without it: a draft); takes Send on Behalf, and Author on the owner’s Drafts and Sent Items',
  },
} as const satisfies Flags

export const APPOINTMENT_FLAGS = {
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
  every: {
    type: 'text',
    value: 'N',
    description: 'with --repeat, only every second, third, … day, week or month',
  },
  until: { type: 'text', value: 'DATE', description: 'the last day of a series' },
  times: { type: 'text', value: 'N', description: 'how often a series takes place' },
} as const satisfies Flags

export const CONTACT_FLAGS = {
  name: { type: 'text', value: 'NAME', description: 'the whole name (default: given name and surname)' },
  'given-name': { type: 'text', value: 'NAME', description: 'the given name' },
  surname: { type: 'text', value: 'NAME', description: 'the surname' },
  company: { type: 'text', value: 'NAME', description: 'the company' },
  'job-title': { type: 'text', value: 'TEXT', description: 'the job title' },
  email: { type: 'list', value: 'ADDRESS', description: 'e-mail addresses, three at most' },
  phone: { type: 'text', value: 'NUMBER', description: 'the business telephone' },
  mobile: { type: 'text', value: 'NUMBER', description: 'the mobile telephone' },
} as const satisfies Flags

export const TASK_FLAGS = {
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

/** Which items `item list` shows, and in what order. */
export const ITEM_QUERY_FLAGS = {
  from: {
    type: 'text',
    value: 'TIME',
    description:
      'appointments from then on, repeated ones one by one; in other folders what was received since. Such as 2026-12-24 or 2026-12-24T10:00',
  },
  to: { type: 'text', value: 'TIME', description: 'until then, which is not included' },
  subject: { type: 'text', value: 'TEXT', description: 'whose subject contains this' },
  unread: { type: 'switch', description: 'that nobody has read' },
  query: {
    type: 'text',
    value: 'QUERY',
    description: 'a search as in Outlook, such as from:adele; in place of --subject and --unread',
  },
  sort: {
    type: 'text',
    value: 'BY',
    description:
      'received, sent, subject, from, start, due, size or a FieldURI, with :desc for the last first; several with commas',
  },
  limit: { type: 'text', value: 'N', description: 'at most so many' },
  property: {
    type: 'list',
    value: 'FIELDURI',
    description: 'tell this too, such as item:Size, calendar:IsMeeting or PublicStrings/Project',
  },
} as const satisfies Flags
export type ItemQueryFlagValues = FlagValues<typeof ITEM_QUERY_FLAGS>
