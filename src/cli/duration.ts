import { InvalidInputError } from '../errors.ts'

const DAY = 86_400_000

/**
 * Reads a time to wait, such as `90s`, `15m` or `1h30m`, as milliseconds.
 * @param flag names it in the error, e.g. `--wait`.
 * @throws InvalidInputError for a bare number too: minutes and seconds are too easily mixed up.
 */
export function parseDuration(text: string, flag: string): number {
  if (text.trim() === '0') return 0
  const match = /^(?:(\d{1,6})h)?(?:(\d{1,6})m(?:in)?)?(?:(\d{1,6})s)?$/i.exec(text.replace(/\s/g, ''))
  const [hours, minutes, seconds] = [match?.[1], match?.[2], match?.[3]]
  const said = hours ?? minutes ?? seconds
  const milliseconds = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000
  if (said === undefined || milliseconds > DAY) {
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a time for ${flag}.`, {
      hint: `Write ${flag} 15m, 90s or 1h30m; a day at most.`,
    })
  }
  return milliseconds
}

/** A time as people say it: `40 s`, `2 min`, `1 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const
  const said = parts.filter(([count]) => count > 0).slice(0, 2)
  return said.length === 0 ? '0 s' : said.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
