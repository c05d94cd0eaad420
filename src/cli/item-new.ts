import { basename } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { formatDateTime } from '../model/date-time.ts'
import type { NewAttachment, NewItem, WritableProperties } from '../model/item.ts'
import {
  DAYS_OF_WEEK,
  LONGEST_INTERVAL,
  MONTHS,
  type Recurrence,
  type RecurrencePattern,
} from '../model/recurrence.ts'
import { parseDuration } from './duration.ts'
import { readInputFile } from './input-file.ts'
import type { Io } from './io.ts'
import { readBody } from './item-body.ts'
import type { NewItemFlagValues, NewItemKind } from './item-flags.ts'
import { checkKindFlags } from './item-kind.ts'
import { readAssignments, readNumber } from './item-values.ts'
import { addresses } from './mail-input.ts'
import { isDay, readMoment, wallClock } from './moment.ts'
import { inItsCase } from './named.ts'

/** As the library calls the kinds. */
export const TYPE_OF = {
  message: 'Message',
  appointment: 'CalendarItem',
  contact: 'Contact',
  task: 'Task',
} as const satisfies Record<NewItemKind, NewItem['type']>

/** Exchange Server takes requests of some 64 MB unless told otherwise, and base64 makes a third more of a file. */
const MAX_FILE = 40_000_000
const DAY_MS = 86_400_000

/** Turns names of people into addresses. */
export type LookUp = (words: readonly string[]) => Promise<readonly string[]>

/**
 * Reads an item to create from flags and the files they name.
 * @throws InvalidInputError
 */
export async function readNewItem(
  io: Io,
  kind: NewItemKind,
  flags: NewItemFlagValues,
  lookUp: LookUp,
): Promise<NewItem> {
  checkKindFlags(kind, flags)
  const specific = await propertiesOf(kind, flags, lookUp)
  const own = {
    ...(await commonProperties(io, flags)),
    ...specific,
  }
  const more = readAssignments(TYPE_OF[kind], flags.set, { flag: '--set', html: flags.html ?? false })
  for (const name of Object.keys(more)) {
    if (Object.hasOwn(own, name)) throw new InvalidInputError(`${name} is given twice, once with --set.`)
  }
  // What each kind has is read by the function of that kind.
  return { type: TYPE_OF[kind], ...own, ...more } as NewItem
}

function propertiesOf(kind: NewItemKind, flags: NewItemFlagValues, lookUp: LookUp) {
  switch (kind) {
    case 'message':
      return readMessage(flags, lookUp)
    case 'appointment':
      return readAppointment(flags, lookUp)
    case 'contact':
      return readContact(flags)
    case 'task':
      return readTask(flags)
  }
}

async function commonProperties(io: Io, flags: NewItemFlagValues): Promise<WritableProperties['Item']> {
  const body = await readBody(io, flags)
  const attachments: NewAttachment[] = []
  for (const path of flags.attach) {
    if (path === '-')
      throw new InvalidInputError('An attachment needs a name, so it cannot come from standard input.')
    const file = await readInputFile(io, path, { what: 'the attachment', maxBytes: MAX_FILE })
    attachments.push({ name: basename(path), content: file })
  }
  const { subject, importance, category, reminder } = flags
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(body ? { body } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(category.length > 0 ? { categories: category } : {}),
    ...(importance === undefined
      ? {}
      : { importance: inItsCase(importance, ['Low', 'Normal', 'High']) as 'Normal' }),
    ...readSensitivity(flags),
    ...(reminder === undefined
      ? {}
      : { reminderIsSet: true, reminderMinutesBeforeStart: readNumber(reminder, '--reminder') }),
  }
}

function readSensitivity(flags: NewItemFlagValues): Pick<WritableProperties['Item'], 'sensitivity'> {
  const given = flags.sensitivity
  if (given === undefined) return flags.private ? { sensitivity: 'Private' } : {}
  const sensitivity = inItsCase(given, ['Normal', 'Personal', 'Private', 'Confidential']) as
    | 'Normal'
    | 'Private'
  if (flags.private && sensitivity !== 'Private') {
    throw new InvalidInputError(`--private and --sensitivity ${given} are both given.`, {
      hint: 'Give one of them.',
    })
  }
  return { sensitivity }
}

async function readMessage(flags: NewItemFlagValues, lookUp: LookUp): Promise<WritableProperties['Message']> {
  return {
    toRecipients: await lookUp(addresses(flags.to)),
    ccRecipients: await lookUp(addresses(flags.cc)),
    bccRecipients: await lookUp(addresses(flags.bcc)),
    replyTo: await lookUp(addresses(flags['reply-to'])),
  }
}

async function readAppointment(
  flags: NewItemFlagValues,
  lookUp: LookUp,
): Promise<WritableProperties['CalendarItem']> {
  const { location } = flags
  const status = flags['show-as']
  const recurrence = readRecurrence(flags)
  return {
    ...readTimes(flags),
    ...(recurrence
      ? zonesOf(flags['time-zone'], 'A series stays at its hour in summer and winter of a time zone')
      : {}),
    ...(location === undefined ? {} : { location }),
    ...(status === undefined
      ? {}
      : {
          legacyFreeBusyStatus: inItsCase(status, [
            'Free',
            'Tentative',
            'Busy',
            'OOF',
            'WorkingElsewhere',
          ]) as 'Busy',
        }),
    ...(recurrence ? { recurrence } : {}),
    requiredAttendees: await lookUp(addresses(flags.attendee)),
    optionalAttendees: await lookUp(addresses(flags['optional-attendee'])),
    resources: await lookUp(addresses(flags.resource)),
  }
}

function readTimes(flags: NewItemFlagValues): WritableProperties['CalendarItem'] {
  const { start, end, duration } = flags
  const zone = flags['time-zone']
  if (start === undefined) {
    throw new InvalidInputError('An appointment needs --start.', {
      hint: 'Such as --start 2026-12-24T10:00.',
    })
  }
  if (end !== undefined && duration !== undefined) {
    throw new InvalidInputError('--end and --duration are both given.', { hint: 'Give one of them.' })
  }
  const zones = zone === undefined ? {} : { startTimeZone: zone, endTimeZone: zone }
  if (flags['all-day']) {
    if (duration !== undefined) throw new InvalidInputError('Whole days have an --end, not a --duration.')
    const [first, last] = [readDay(start, '--start'), readDay(end ?? start, '--end')]
    return {
      isAllDayEvent: true,
      start: first,
      // Exchange's end is the midnight after.
      end: new Date(Date.parse(`${last}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10),
      ...zonesOf(zone, 'Whole days begin at midnight of a time zone'),
    }
  }
  if (end === undefined && duration === undefined) {
    throw new InvalidInputError('An appointment needs --end, --duration or --all-day.')
  }
  const length = duration === undefined ? undefined : parseDuration(duration, '--duration')
  const local = zone === undefined ? undefined : wallClock(start, '--start')
  if (local === undefined) {
    const from = readMoment(start, '--start')
    const to = length === undefined ? readMoment(end as string, '--end') : new Date(from.getTime() + length)
    return { start: from, end: to, ...zones }
  }
  return {
    start: local,
    // On the clock of that zone.
    end:
      length === undefined
        ? (wallClock(end as string, '--end') ?? readMoment(end as string, '--end'))
        : new Date(Date.parse(`${local}Z`) + length).toISOString().slice(0, 19),
    ...zones,
  }
}

/**
 * The zone of what lasts whole days or repeats: Exchange takes its midnights, and its summer time, from it. The zone
 * of this machine is known by another name than Exchange's, except for UTC.
 */
function zonesOf(zone: string | undefined, reason: string) {
  if (zone !== undefined) return { startTimeZone: zone, endTimeZone: zone }
  const isUtc = /^(?:(?:Etc\/)?(?:UTC|GMT|UCT|Zulu)|Etc\/Universal)$/.test(
    new Intl.DateTimeFormat().resolvedOptions().timeZone,
  )
  if (isUtc) return { startTimeZone: 'UTC', endTimeZone: 'UTC' }
  throw new InvalidInputError(`${reason}: say which one.`, {
    hint: "Give its Windows name, such as --time-zone 'W. Europe Standard Time', 'Pacific Standard Time' or UTC.",
  })
}

function readRecurrence(flags: NewItemFlagValues): Recurrence | undefined {
  const { repeat, every, until, times, start } = flags
  if (repeat === undefined) {
    const useless = (['every', 'until', 'times'] as const).find((name) => flags[name] !== undefined)
    if (useless)
      throw new InvalidInputError(`--${useless} is about a series.`, { hint: 'Give --repeat too.' })
    return undefined
  }
  if (until !== undefined && times !== undefined) {
    throw new InvalidInputError('--until and --times are both given.', { hint: 'Give one of them.' })
  }
  if (start === undefined) throw new InvalidInputError('A series needs --start.')
  formatDateTime(start, '--start')
  const startDate = start.trim().slice(0, 10)
  return {
    pattern: patternOf(repeat, startDate, every === undefined ? 1 : readNumber(every, '--every')),
    startDate,
    ...(until === undefined ? {} : { endDate: readDay(until, '--until') }),
    ...(times === undefined ? {} : { occurrences: readNumber(times, '--times') }),
  }
}

function patternOf(repeat: string, startDate: string, interval: number): RecurrencePattern {
  const first = new Date(`${startDate}T00:00:00Z`)
  const dayOfMonth = first.getUTCDate()
  switch (repeat.trim().toLowerCase()) {
    case 'daily':
      return { type: 'Daily', interval }
    case 'weekly':
      return { type: 'Weekly', interval, daysOfWeek: [DAYS_OF_WEEK[first.getUTCDay()] ?? 'Monday'] }
    case 'monthly':
      return { type: 'AbsoluteMonthly', interval, dayOfMonth }
    case 'yearly':
      if (interval !== 1) {
        const months = interval * 12
        const isPossible = Number.isInteger(interval) && interval > 0 && months <= LONGEST_INTERVAL
        throw new InvalidInputError('Exchange repeats every year or not by years.', {
          hint: isPossible ? `Write --repeat monthly --every ${months}.` : 'Leave --every out.',
        })
      }
      return { type: 'AbsoluteYearly', dayOfMonth, month: MONTHS[first.getUTCMonth()] ?? 'January' }
    default:
      throw new InvalidInputError(`${JSON.stringify(repeat.slice(0, 40))} is not a way to repeat.`, {
        hint: 'It is daily, weekly, monthly or yearly.',
      })
  }
}

async function readContact(flags: NewItemFlagValues): Promise<WritableProperties['Contact']> {
  const { surname, company, email, phone, mobile } = flags
  const given = flags['given-name']
  const name = flags.name ?? [given, surname].filter((part) => part !== undefined).join(' ')
  const mails = addresses(email)
  if (name === '' && company === undefined && mails.length === 0) {
    throw new InvalidInputError('A contact needs a name.', {
      hint: 'Give --name, or --given-name and --surname, or --company.',
    })
  }
  if (mails.length > 3) throw new InvalidInputError('A contact has three e-mail addresses at most.')
  const fileAs = surname === undefined ? name || company : [surname, given].filter(Boolean).join(', ')
  const jobTitle = flags['job-title']
  return {
    ...(fileAs ? { fileAs } : {}),
    ...(name === '' ? {} : { displayName: name }),
    ...(given === undefined ? {} : { givenName: given }),
    ...(surname === undefined ? {} : { surname }),
    ...(company === undefined ? {} : { companyName: company }),
    ...(jobTitle === undefined ? {} : { jobTitle }),
    emailAddresses: Object.fromEntries(mails.map((mail, index) => [`EmailAddress${index + 1}`, mail])),
    phoneNumbers: {
      ...(phone === undefined ? {} : { BusinessPhone: phone }),
      ...(mobile === undefined ? {} : { MobilePhone: mobile }),
    },
  }
}

async function readTask(flags: NewItemFlagValues): Promise<WritableProperties['Task']> {
  const { due, start, status, percent } = flags
  const recurrence = readRecurrence(flags)
  return {
    ...(due === undefined ? {} : { dueDate: readDay(due, '--due') }),
    ...(start === undefined ? {} : { startDate: readDay(start, '--start') }),
    ...(status === undefined
      ? {}
      : {
          status: inItsCase(status, [
            'NotStarted',
            'InProgress',
            'Completed',
            'WaitingOnOthers',
            'Deferred',
          ]) as 'NotStarted',
        }),
    ...(percent === undefined ? {} : { percentComplete: readNumber(percent, '--percent') }),
    ...(recurrence ? { recurrence } : {}),
  }
}

function readDay(text: string, flag: string): string {
  const day = formatDateTime(text, flag).slice(0, 10)
  if (isDay(text)) return day
  throw new InvalidInputError(
    `${flag} ${JSON.stringify(text.slice(0, 40))} has a time of day, and a day is wanted.`,
    {
      hint: `Write ${flag} ${day}.`,
    },
  )
}
