import type { Flags, FlagValues } from './command.ts'

const FOLDER_CHOICES = [
  'calendar',
  'inbox',
  'contacts',
  'tasks',
  'notes',
  'journal',
  'drafts',
  'sentitems',
  'deleteditems',
  'junkemail',
  'msgfolderroot',
]

/** How a command is told which folder is meant: by name and owner (explicit access), or by id (implicit access). */
export const FOLDER_FLAGS = {
  mailbox: {
    type: 'text',
    value: 'OWNER',
    description: 'whose mailbox it is: a primary SMTP address, or a name or alias to look up',
  },
  folder: {
    type: 'text',
    value: 'FOLDER',
    description: 'calendar, inbox, contacts, tasks, drafts, … or a path from the top such as /Projects/2026',
    choices: FOLDER_CHOICES,
  },
  'folder-id': {
    type: 'text',
    value: 'ID',
    description: 'the folder by its id, which carries its mailbox, in place of --mailbox and --folder',
  },
} as const satisfies Flags

/** The same for where items go. */
export const TO_FOLDER_FLAGS = {
  'to-mailbox': {
    type: 'text',
    value: 'OWNER',
    description: 'whose mailbox they go to: a primary SMTP address, or a name or alias to look up',
  },
  'to-folder': {
    type: 'text',
    value: 'FOLDER',
    description: 'where they go: calendar, inbox, … or a path such as /Projects/2026',
    choices: FOLDER_CHOICES,
  },
  'to-folder-id': {
    type: 'text',
    value: 'ID',
    description: 'where they go, by id, in place of --to-mailbox and --to-folder',
  },
} as const satisfies Flags

/** The words that list the folder where they go. */
export function listTarget(flags: FlagValues<typeof TO_FOLDER_FLAGS>): readonly string[] | undefined {
  const { 'to-mailbox': mailbox, 'to-folder': folder, 'to-folder-id': id } = flags
  if (id !== undefined) return ['item', 'list', '--folder-id', id]
  if (mailbox === undefined || folder === undefined) return undefined
  return ['item', 'list', '--mailbox', mailbox, '--folder', folder]
}

/** What is kept in a folder, and its class. */
export const FOLDER_KINDS: Readonly<Record<string, string>> = {
  mail: 'IPF.Note',
  calendar: 'IPF.Appointment',
  contacts: 'IPF.Contact',
  tasks: 'IPF.Task',
  notes: 'IPF.StickyNote',
  journal: 'IPF.Journal',
}
