import { InvalidInputError } from '../errors.ts'
import { completeRights, type FolderRights, LEVEL_RIGHTS, parseLevel } from '../model/permission-level.ts'

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
/** As pandas and Export-Csv write a day; also where the day stands with dots. */
const WITHOUT_ZONE =
  /^(?:\d{4}-\d{2}-\d{2}[T ]|\d{1,2}\.\d{1,2}\.\d{4},? )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/
const SLASHES = /^(\d{1,2})\/(\d{1,2})\/(?:\d{2}|\d{4})(?:,? \d.*)?$/
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/

/**
 * The instant from which a grant is over: a day counts to its end, in UTC.
 * @throws InvalidInputError for anything that is not a date of ISO 8601, or a time without a zone.
 */
export function parseExpires(text: string): string {
  const day = DAY.exec(text.trim())
  if (day) {
    const date = new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]) + 1))
    const last = new Date(date.getTime() - 1)
    // Date carries over: 30 February would be in March.
    if (last.getUTCMonth() + 1 === Number(day[2]) && last.getUTCDate() === Number(day[3]))
      return date.toISOString()
  } else if (INSTANT.test(text.trim())) {
    const date = new Date(text.trim().replace(' ', 'T'))
    if (!Number.isNaN(date.getTime())) return date.toISOString()
  }
  const what = WITHOUT_ZONE.test(text.trim()) ? 'is a time without its zone' : 'is not a date'
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} ${what}.`, {
    hint: 'Write 2027-03-31 for the end of that day (UTC), or an instant with its zone such as 2027-03-31T18:00:00+02:00.',
  })
}

/**
 * As {@link parseExpires}, and as spreadsheets write a day: 31.3.2027. Where dots stand, the day is first everywhere;
 * with slashes it depends on whose spreadsheet it is.
 * @throws InvalidInputError
 */
export function parseTableDate(text: string): string {
  const given = text.trim()
  const shown = JSON.stringify(given.slice(0, 40))
  const [slashes, first, second] = SLASHES.exec(given) ?? []
  if (slashes) {
    const twoWays = first !== second && Number(first) <= 12 && Number(second) <= 12
    throw new InvalidInputError(
      twoWays
        ? `${shown} can be read in two ways, with the month or the day first.`
        : `${shown} has slashes, and such days are not read: 3/4/2027 is in March for some and in April for others.`,
      { hint: AS_DAY },
    )
  }
  const serial = Number(/^\d{5}(?:\.\d+)?$/.exec(given)?.[0])
  if (serial >= SERIAL_2000 && serial < SERIAL_2100) {
    const day = new Date(Date.UTC(2000, 0, 1 + Math.floor(serial) - SERIAL_2000)).toISOString().slice(0, 10)
    throw new InvalidInputError(
      `${shown} is not a date; it looks like the number by which Excel keeps ${day}.`,
      { hint: AS_DAY },
    )
  }
  const [dots, day = '', month = '', year = ''] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(given) ?? []
  if (!dots) return parseExpires(text)
  try {
    return parseExpires(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  } catch {
    throw new InvalidInputError(`${shown} is not a date.`)
  }
}

const AS_DAY = 'Write 2027-03-31 (in Excel: format the column as yyyy-mm-dd).'
// Excel’s numbers of 1 January 2000 and 2100. They are not taken for days: workbooks from a Mac may count from 1904.
const SERIAL_2000 = 36526
const SERIAL_2100 = 73051

/** What Get-MailboxFolderPermission and its relatives call the two levels that only calendars have. */
const CMDLET_LEVELS: Readonly<Record<string, string>> = {
  availabilityonly: 'FreeBusyTimeOnly',
  limiteddetails: 'FreeBusyTimeAndSubjectAndLocation',
}

/** A level, also as the cmdlets and Export-Csv write it: `AvailabilityOnly`, `{Reviewer}`. @throws InvalidInputError */
export function parseTableLevel<Level extends string>(
  text: string,
  levels: readonly Level[],
  what: string,
): Level {
  const [, bare = text] = /^\s*\{([^{},]*)\}\s*$/.exec(text) ?? []
  return parseLevel(CMDLET_LEVELS[bare.trim().toLowerCase()] ?? bare, levels, what)
}

// Spreadsheets write true and false in the language of their user.
const YES = new Set('true yes y 1 x on ja oui si sí sim wahr vrai verdadero vero waar verdadeiro'.split(' '))
const NO = new Set('false no n 0 - off nein non nee não falsch faux falso onwaar'.split(' '))

/** Yes or no as people write it in a table. @throws InvalidInputError */
export function parseYesNo(text: string): boolean {
  const word = text.trim().toLowerCase()
  if (YES.has(word)) return true
  if (NO.has(word)) return false
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is neither yes nor no.`)
}

/** `createItems, readItems=FullDetails`: what is not named is not granted. @throws InvalidInputError */
export function parseRights(text: string): FolderRights {
  const rights: Record<string, unknown> = {}
  for (const part of text.split(/[,;\s]+/).filter((one) => one !== '')) {
    const [name = '', value] = part.split('=')
    const right = (Object.keys(LEVEL_RIGHTS.None) as (keyof FolderRights)[]).find(
      (known) => known.toLowerCase() === name.toLowerCase(),
    )
    rights[right ?? name] = value ?? true
  }
  return completeRights(rights as Partial<FolderRights>)
}
