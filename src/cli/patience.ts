import { InvalidInputError } from '../errors.ts'
import type { Notice } from '../ews/perform.ts'
import { failFast, patient, type RetryPolicy } from '../http/retry-policy.ts'
import { formatDuration, parseDuration } from './duration.ts'

/** Somebody sits before it: with waits that double each time, eight attempts are some two minutes. */
const MAX_ATTEMPTS = 8

/**
 * How long a busy server is waited for: five minutes unless told otherwise, which is what Exchange asks for at most.
 * @throws InvalidInputError
 */
export function readPatience(
  wait: unknown,
  maxWait: { readonly value: string; readonly typed: boolean } | undefined,
): RetryPolicy {
  if (wait === false && maxWait?.typed) {
    throw new InvalidInputError('--no-wait and --max-wait are both given.', { hint: 'Give one of them.' })
  }
  if (wait === false) return failFast()
  if (maxWait === undefined) return patient({ maxAttempts: MAX_ATTEMPTS })
  const milliseconds = parseDuration(maxWait.value, '--max-wait')
  return milliseconds === 0 ? failFast() : patient({ maxWait: milliseconds })
}

/** What people are told while a call takes longer. */
export function noticeText(notice: Notice): string | undefined {
  if (notice.kind === 'waiting') {
    return `${notice.reason} Waiting ${formatDuration(notice.milliseconds)}.`
  }
  // An answer that says so leaves it open as well, as one that came and could not be saved.
  const before = 'It was not clear whether the change was made'
  if (notice.partly) return `${before}; a look shows that a part of it was.`
  if (notice.unsure) return `${before}, and a look does not tell.`
  switch (notice.finding) {
    case 'done':
      return `${before}; a look shows that it was.`
    case 'missing':
      return `${before}; a look shows that it was not.`
    default:
      return undefined
  }
}
