import { type Checker, isEmpty, type Tree } from './checked-file.ts'
import { FREE_BUSY_STATUSES, type FreeBusyStatus } from './store/calendar.ts'
import { ianaZone, instantOf } from './store/time-zones.ts'

/** What of an item a tenant file can say; which of it fits goes by the folder. */
export interface TenantItem {
  /** A well-known folder name. */
  readonly folder: (typeof ITEM_FOLDERS)[number]
  readonly subject?: string
  /** Plain text. */
  readonly body?: string
  readonly html?: string
  readonly categories?: readonly string[]
  readonly importance?: 'low' | 'normal' | 'high'
  readonly sensitivity?: 'normal' | 'personal' | 'private' | 'confidential'
  /** Whose item it is, where permissions tell one's own from others'; the mailbox owner's unless it says. */
  readonly creator?: string

  // Messages
  readonly from?: string
  readonly to?: readonly string[]
  readonly cc?: readonly string[]
  readonly received?: Date
  readonly read?: boolean

  // Appointments
  readonly start?: Date
  readonly end?: Date
  readonly allDay?: boolean
  readonly location?: string
  readonly freeBusy?: FreeBusyStatus
  /** A Windows name. */
  readonly timeZone?: string
  readonly attendees?: readonly string[]

  // Contacts
  readonly givenName?: string
  readonly surname?: string
  readonly company?: string
  readonly jobTitle?: string
  readonly email?: string
  readonly phone?: string

  // Tasks
  readonly due?: Date
  readonly status?: (typeof TASK_STATUSES)[number]
}

export const ITEM_FOLDERS = [
  'inbox',
  'sentitems',
  'drafts',
  'deleteditems',
  'junkemail',
  'calendar',
  'contacts',
  'tasks',
  'notes',
] as const
const IMPORTANCES = ['low', 'normal', 'high'] as const
const SENSITIVITIES = ['normal', 'personal', 'private', 'confidential'] as const
const TASK_STATUSES = ['NotStarted', 'InProgress', 'Completed', 'WaitingOnOthers', 'Deferred'] as const

const COMMON = ['folder', 'subject', 'body', 'html', 'categories', 'importance', 'sensitivity', 'creator']
const MESSAGE = [...COMMON, 'from', 'to', 'cc', 'received', 'read']
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  calendar: [...COMMON, 'start', 'end', 'allDay', 'location', 'freeBusy', 'timeZone', 'attendees'],
  contacts: [...COMMON, 'givenName', 'surname', 'company', 'jobTitle', 'email', 'phone'],
  tasks: [...COMMON, 'due', 'status'],
  notes: COMMON,
}

type Fields = ReturnType<Checker['fields']>

/** Reads one of a mailbox's `items`. */
export function readTenantItem(check: Checker, tree: Tree): TenantItem | undefined {
  const named = tree.kind === 'map' ? tree.entries.find(({ key }) => key === 'folder') : undefined
  if (tree.kind === 'map' && !named) check.missing(tree.at, 'This item', 'folder')
  const folder = check.oneOf(named, ITEM_FOLDERS, 'The folder')
  if (tree.kind !== 'map') check.fields(tree, 'An item', MESSAGE)
  if (!folder) return undefined
  const fields = check.fields(tree, `An item of the folder ${folder}`, FIELDS[folder] ?? MESSAGE)
  const text = (name: string) => check.text(fields.get(name), `The ${name}`)
  const zone = readZone(check, fields)
  const date = (name: string) => readDate(check, fields, name, zone)
  const addresses = (name: string) =>
    fields.has(name)
      ? check
          .list(fields.get(name), name)
          .flatMap((item) => check.address(item, `The address in ${name}`) ?? [])
      : undefined
  const address = (name: string) => {
    const field = fields.get(name)
    return field && check.address(field.value, `The address in ${name}`)
  }
  const [start, end] = [date('start'), date('end')]
  if (folder === 'calendar') {
    for (const name of ['start', 'end'])
      if (!fields.has(name)) check.missing(tree.at, 'This appointment', name)
    if (start && end && end.getTime() < start.getTime())
      check.say(fields.get('end')?.at ?? tree.at, 'The end is before the start.')
  }
  return defined({
    folder,
    subject: text('subject'),
    body: text('body'),
    html: text('html'),
    categories: fields.has('categories')
      ? check
          .list(fields.get('categories'), 'categories')
          .flatMap((item) => check.textOf(item, 'The category') ?? [])
      : undefined,
    importance: check.oneOf(fields.get('importance'), IMPORTANCES, 'The importance'),
    sensitivity: check.oneOf(fields.get('sensitivity'), SENSITIVITIES, 'The sensitivity'),
    creator: address('creator'),
    from: address('from'),
    to: addresses('to'),
    cc: addresses('cc'),
    received: date('received'),
    read: fields.has('read') ? check.flag(fields.get('read'), 'read') : undefined,
    start,
    end,
    allDay: fields.has('allDay') ? check.flag(fields.get('allDay'), 'allDay') : undefined,
    location: text('location'),
    freeBusy: check.oneOf(fields.get('freeBusy'), FREE_BUSY_STATUSES, 'The freeBusy'),
    timeZone: zone?.name,
    attendees: addresses('attendees'),
    givenName: text('givenName'),
    surname: text('surname'),
    company: text('company'),
    jobTitle: text('jobTitle'),
    email: address('email'),
    phone: text('phone'),
    due: date('due'),
    status: check.oneOf(fields.get('status'), TASK_STATUSES, 'The status'),
  }) as unknown as TenantItem
}

function readZone(check: Checker, fields: Fields): { name: string; iana: string } | undefined {
  const field = fields.get('timeZone')
  const name = check.text(field, 'The timeZone')?.trim()
  if (name === undefined || !field) return undefined
  const iana = ianaZone(name)
  if (iana === undefined) {
    check.say(
      field.value.at,
      `The timeZone ${JSON.stringify(name.slice(0, 80))} is none of Windows' names, such as "W. Europe Standard Time".`,
    )
    return undefined
  }
  return { name, iana }
}

/** A date, or a date with a time; without a zone of its own it is in the item's, else in UTC. */
function readDate(
  check: Checker,
  fields: Fields,
  name: string,
  zone: { readonly iana: string } | undefined,
): Date | undefined {
  const field = fields.get(name)
  if (!field || isEmpty(field.value)) return undefined
  const { value } = field
  // A tenant in code may hold a Date, a file holds text.
  if (value.kind === 'scalar' && value.value instanceof Date) return value.value
  const text = check.textOf(value, `The ${name}`)?.trim()
  if (text === undefined) return undefined
  const [, day, time, offset] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  const local = `${day}T${time === undefined ? '00:00:00' : time.length === 5 ? `${time}:00` : time}`
  const date =
    day === undefined
      ? new Date(Number.NaN)
      : offset === undefined
        ? instantOf(local, zone?.iana ?? 'UTC')
        : new Date(`${local}${offset}`)
  if (!Number.isNaN(date.getTime())) return date
  check.say(
    value.at,
    `The ${name} ${JSON.stringify(text.slice(0, 80))} is not a date such as 2026-11-23 or 2026-11-23T09:00:00Z.`,
  )
  return undefined
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
