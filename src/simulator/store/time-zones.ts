/**
 * Time zones by Microsoft's names. Node knows the rules of each (as IANA zones); the names are matched as Unicode's
 * CLDR matches them.
 */
const IANA_BY_WINDOWS_NAME: Readonly<Record<string, string>> = {
  'AUS Central Standard Time': 'Australia/Darwin',
  'AUS Eastern Standard Time': 'Australia/Sydney',
  'Afghanistan Standard Time': 'Asia/Kabul',
  'Alaskan Standard Time': 'America/Anchorage',
  'Aleutian Standard Time': 'America/Adak',
  'Altai Standard Time': 'Asia/Barnaul',
  'Arab Standard Time': 'Asia/Riyadh',
  'Arabian Standard Time': 'Asia/Dubai',
  'Arabic Standard Time': 'Asia/Baghdad',
  'Argentina Standard Time': 'America/Buenos_Aires',
  'Astrakhan Standard Time': 'Europe/Astrakhan',
  'Atlantic Standard Time': 'America/Halifax',
  'Aus Central W. Standard Time': 'Australia/Eucla',
  'Azerbaijan Standard Time': 'Asia/Baku',
  'Azores Standard Time': 'Atlantic/Azores',
  'Bahia Standard Time': 'America/Bahia',
  'Bangladesh Standard Time': 'Asia/Dhaka',
  'Belarus Standard Time': 'Europe/Minsk',
  'Bougainville Standard Time': 'Pacific/Bougainville',
  'Canada Central Standard Time': 'America/Regina',
  'Cape Verde Standard Time': 'Atlantic/Cape_Verde',
  'Caucasus Standard Time': 'Asia/Yerevan',
  'Cen. Australia Standard Time': 'Australia/Adelaide',
  'Central America Standard Time': 'America/Guatemala',
  'Central Asia Standard Time': 'Asia/Almaty',
  'Central Brazilian Standard Time': 'America/Cuiaba',
  'Central Europe Standard Time': 'Europe/Budapest',
  'Central European Standard Time': 'Europe/Warsaw',
  'Central Pacific Standard Time': 'Pacific/Guadalcanal',
  'Central Standard Time': 'America/Chicago',
  'Central Standard Time (Mexico)': 'America/Mexico_City',
  'Chatham Islands Standard Time': 'Pacific/Chatham',
  'China Standard Time': 'Asia/Shanghai',
  'Cuba Standard Time': 'America/Havana',
  'Dateline Standard Time': 'Etc/GMT+12',
  'E. Africa Standard Time': 'Africa/Nairobi',
  'E. Australia Standard Time': 'Australia/Brisbane',
  'E. Europe Standard Time': 'Europe/Chisinau',
  'E. South America Standard Time': 'America/Sao_Paulo',
  'Easter Island Standard Time': 'Pacific/Easter',
  'Eastern Standard Time': 'America/New_York',
  'Eastern Standard Time (Mexico)': 'America/Cancun',
  'Egypt Standard Time': 'Africa/Cairo',
  'Ekaterinburg Standard Time': 'Asia/Yekaterinburg',
  'FLE Standard Time': 'Europe/Kyiv',
  'Fiji Standard Time': 'Pacific/Fiji',
  'GMT Standard Time': 'Europe/London',
  'GTB Standard Time': 'Europe/Bucharest',
  'Georgian Standard Time': 'Asia/Tbilisi',
  'Greenland Standard Time': 'America/Godthab',
  'Greenwich Standard Time': 'Atlantic/Reykjavik',
  'Haiti Standard Time': 'America/Port-au-Prince',
  'Hawaiian Standard Time': 'Pacific/Honolulu',
  'India Standard Time': 'Asia/Calcutta',
  'Iran Standard Time': 'Asia/Tehran',
  'Israel Standard Time': 'Asia/Jerusalem',
  'Jordan Standard Time': 'Asia/Amman',
  'Kaliningrad Standard Time': 'Europe/Kaliningrad',
  'Korea Standard Time': 'Asia/Seoul',
  'Libya Standard Time': 'Africa/Tripoli',
  'Line Islands Standard Time': 'Pacific/Kiritimati',
  'Lord Howe Standard Time': 'Australia/Lord_Howe',
  'Magadan Standard Time': 'Asia/Magadan',
  'Magallanes Standard Time': 'America/Punta_Arenas',
  'Marquesas Standard Time': 'Pacific/Marquesas',
  'Mauritius Standard Time': 'Indian/Mauritius',
  'Middle East Standard Time': 'Asia/Beirut',
  'Montevideo Standard Time': 'America/Montevideo',
  'Morocco Standard Time': 'Africa/Casablanca',
  'Mountain Standard Time': 'America/Denver',
  'Mountain Standard Time (Mexico)': 'America/Chihuahua',
  'Myanmar Standard Time': 'Asia/Rangoon',
  'N. Central Asia Standard Time': 'Asia/Novosibirsk',
  'Namibia Standard Time': 'Africa/Windhoek',
  'Nepal Standard Time': 'Asia/Katmandu',
  'New Zealand Standard Time': 'Pacific/Auckland',
  'Newfoundland Standard Time': 'America/St_Johns',
  'Norfolk Standard Time': 'Pacific/Norfolk',
  'North Asia East Standard Time': 'Asia/Irkutsk',
  'North Asia Standard Time': 'Asia/Krasnoyarsk',
  'North Korea Standard Time': 'Asia/Pyongyang',
  'Omsk Standard Time': 'Asia/Omsk',
  'Pacific SA Standard Time': 'America/Santiago',
  'Pacific Standard Time': 'America/Los_Angeles',
  'Pacific Standard Time (Mexico)': 'America/Tijuana',
  'Pakistan Standard Time': 'Asia/Karachi',
  'Paraguay Standard Time': 'America/Asuncion',
  'Qyzylorda Standard Time': 'Asia/Qyzylorda',
  'Romance Standard Time': 'Europe/Paris',
  'Russia Time Zone 10': 'Asia/Srednekolymsk',
  'Russia Time Zone 11': 'Asia/Kamchatka',
  'Russia Time Zone 3': 'Europe/Samara',
  'Russian Standard Time': 'Europe/Moscow',
  'SA Eastern Standard Time': 'America/Cayenne',
  'SA Pacific Standard Time': 'America/Bogota',
  'SA Western Standard Time': 'America/La_Paz',
  'SE Asia Standard Time': 'Asia/Bangkok',
  'Saint Pierre Standard Time': 'America/Miquelon',
  'Sakhalin Standard Time': 'Asia/Sakhalin',
  'Samoa Standard Time': 'Pacific/Apia',
  'Sao Tome Standard Time': 'Africa/Sao_Tome',
  'Saratov Standard Time': 'Europe/Saratov',
  'Singapore Standard Time': 'Asia/Singapore',
  'South Africa Standard Time': 'Africa/Johannesburg',
  'South Sudan Standard Time': 'Africa/Juba',
  'Sri Lanka Standard Time': 'Asia/Colombo',
  'Sudan Standard Time': 'Africa/Khartoum',
  'Syria Standard Time': 'Asia/Damascus',
  'Taipei Standard Time': 'Asia/Taipei',
  'Tasmania Standard Time': 'Australia/Hobart',
  'Tocantins Standard Time': 'America/Araguaina',
  'Tokyo Standard Time': 'Asia/Tokyo',
  'Tomsk Standard Time': 'Asia/Tomsk',
  'Tonga Standard Time': 'Pacific/Tongatapu',
  'Transbaikal Standard Time': 'Asia/Chita',
  'Turkey Standard Time': 'Europe/Istanbul',
  'Turks And Caicos Standard Time': 'America/Grand_Turk',
  'US Eastern Standard Time': 'America/Indianapolis',
  'US Mountain Standard Time': 'America/Phoenix',
  UTC: 'Etc/UTC',
  'UTC+12': 'Etc/GMT-12',
  'UTC+13': 'Etc/GMT-13',
  'UTC-02': 'Etc/GMT+2',
  'UTC-08': 'Etc/GMT+8',
  'UTC-09': 'Etc/GMT+9',
  'UTC-11': 'Etc/GMT+11',
  'Ulaanbaatar Standard Time': 'Asia/Ulaanbaatar',
  'Venezuela Standard Time': 'America/Caracas',
  'Vladivostok Standard Time': 'Asia/Vladivostok',
  'Volgograd Standard Time': 'Europe/Volgograd',
  'W. Australia Standard Time': 'Australia/Perth',
  'W. Central Africa Standard Time': 'Africa/Lagos',
  'W. Europe Standard Time': 'Europe/Berlin',
  'W. Mongolia Standard Time': 'Asia/Hovd',
  'West Asia Standard Time': 'Asia/Tashkent',
  'West Bank Standard Time': 'Asia/Hebron',
  'West Pacific Standard Time': 'Pacific/Port_Moresby',
  'Yakutsk Standard Time': 'Asia/Yakutsk',
  'Yukon Standard Time': 'America/Whitehorse',
}

/** Every name that {@link ianaZone} knows. */
export const WINDOWS_ZONES: readonly string[] = Object.keys(IANA_BY_WINDOWS_NAME)

/** The IANA zone of a Windows name, which is matched without regard to case. */
export function ianaZone(windowsName: string): string | undefined {
  const name = WINDOWS_ZONES.find((known) => known.toLowerCase() === windowsName.trim().toLowerCase())
  return name === undefined ? undefined : IANA_BY_WINDOWS_NAME[name]
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  return format
}

/** What the clock on the wall says: `2026-11-21` and `09:30:00`. */
export function localTimeOf(instant: Date, zone: string): { readonly date: string; readonly time: string } {
  const parts: Record<string, string> = {}
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = value
  return {
    date: `${parts.year?.padStart(4, '0')}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}:${parts.second}`,
  }
}

/** How far the zone is ahead of UTC, in milliseconds. */
export function offsetAt(instant: Date, zone: string): number {
  const { date, time } = localTimeOf(instant, zone)
  return Date.parse(`${date}T${time}Z`) - Math.floor(instant.getTime() / 1000) * 1000
}

/**
 * The moment at which the clock on the wall says `2026-11-21T09:30:00`. A time that daylight saving skips is taken
 * an hour later; of one that comes twice, the first is meant.
 */
export function instantOf(local: string, zone: string): Date {
  const asUtc = Date.parse(`${local}Z`)
  if (zone === 'UTC' || zone === 'Etc/UTC') return new Date(asUtc)
  const before = asUtc - offsetAt(new Date(asUtc - 86_400_000), zone)
  if (offsetAt(new Date(before), zone) === asUtc - before) return new Date(before)
  const after = asUtc - offsetAt(new Date(asUtc + 86_400_000), zone)
  return new Date(offsetAt(new Date(after), zone) === asUtc - after ? after : before)
}

/** A change of the clock that comes every year. */
export interface YearlyChange {
  /** 1 to 12. */
  readonly month: number
  /** 0 is Sunday. */
  readonly weekDay: number
  /** 1 to 4, or -1 for the last one in the month. */
  readonly occurrence: number
  /** Minutes after midnight, by the clock that is changed. */
  readonly minutes: number
  /** Offset from UTC after the change, in minutes. */
  readonly offset: number
}

/** The rules of a zone as they are in a year: its standard offset, and the two changes if there are any. */
export interface ZoneRules {
  readonly standardOffset: number
  readonly daylightOffset?: number
  readonly changes: readonly YearlyChange[]
}

const YEARS_COMPARED = 6

const rules = new Map<string, ZoneRules>()

export function rulesOf(zone: string, year: number): ZoneRules {
  const key = `${zone} ${year}`
  const known = rules.get(key) ?? findRules(zone, year)
  rules.set(key, known)
  return known
}

function findRules(zone: string, year: number): ZoneRules {
  const byYear = Array.from({ length: YEARS_COMPARED }, (_, index) => changesIn(zone, year + index))
  const [first = []] = byYear
  const offsets = [
    Math.round(offsetAt(new Date(Date.UTC(year, 0, 1)), zone) / 60_000),
    ...first.map(({ offset }) => offset),
  ]
  const standardOffset = Math.min(...offsets)
  // Zones whose clocks follow the moon, or that change their rules, have no yearly rule: they are shown without.
  if (first.length !== 2 || byYear.some((changes) => changes.length !== 2)) {
    return { standardOffset: offsets[0] ?? 0, changes: [] }
  }
  const changes = first.map((change, index) => {
    const same = byYear.map((others) => others[index] as DatedChange)
    const always = (occurrence: number) => same.every(({ occurrences }) => occurrences.includes(occurrence))
    const occurrence = always(-1) ? -1 : (change.occurrences.find(always) ?? change.occurrences[0] ?? 1)
    const { month, weekDay, minutes, offset } = change
    return { month, weekDay, minutes, offset, occurrence }
  })
  return { standardOffset, daylightOffset: Math.max(...offsets), changes }
}

interface DatedChange extends Omit<YearlyChange, 'occurrence'> {
  /** The fourth may be the last one, too. */
  readonly occurrences: readonly number[]
}

function changesIn(zone: string, year: number): DatedChange[] {
  const found: DatedChange[] = []
  const hour = 3_600_000
  let before = offsetAt(new Date(Date.UTC(year, 0, 1)), zone)
  const end = Date.UTC(year + 1, 0, 1)
  // No zone keeps its clock changed for less than ten days.
  for (let from = Date.UTC(year, 0, 1); from < end; from += 10 * 24 * hour) {
    const to = Math.min(from + 10 * 24 * hour, end)
    const offset = offsetAt(new Date(to), zone)
    if (offset === before) continue
    // Changes are on the half hour at the finest.
    let [unchanged, at] = [from, to]
    while (at - unchanged > hour / 2) {
      const middle = unchanged + Math.round((at - unchanged) / hour) * (hour / 2)
      if (offsetAt(new Date(middle), zone) === before) unchanged = middle
      else at = middle
    }
    const local = new Date(at + before)
    const dayOfMonth = local.getUTCDate()
    const last = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate()
    found.push({
      month: local.getUTCMonth() + 1,
      weekDay: local.getUTCDay(),
      occurrences: [
        ...(dayOfMonth <= 28 ? [Math.ceil(dayOfMonth / 7)] : []),
        ...(dayOfMonth > last - 7 ? [-1] : []),
      ],
      minutes: local.getUTCHours() * 60 + local.getUTCMinutes(),
      offset: Math.round(offset / 60_000),
    })
    before = offset
  }
  return found
}
