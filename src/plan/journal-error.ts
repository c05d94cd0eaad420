import { EwsDelegatesError } from '../errors.ts'

/** The journal cannot be written or read, or somebody else works with it. */
export class JournalError extends EwsDelegatesError {
  /** Mailboxes that were changed and whose results are not in the journal; their intentions are. */
  readonly unrecorded: readonly string[]

  constructor(
    message: string,
    details: { hint?: string; cause?: unknown; unrecorded?: readonly string[] } = {},
  ) {
    super('ERR_JOURNAL', message, details)
    this.unrecorded = details.unrecorded ?? []
  }
}

export function existsAlready(path: string, cause?: unknown): JournalError {
  return new JournalError(`The journal ${path} exists already.`, {
    hint: 'Go on with it by resuming, or name another file.',
    cause,
  })
}

export function unwritable(path: string, error: unknown, unrecorded: readonly string[] = []): JournalError {
  return new JournalError(`The journal ${path} cannot be written: ${(error as Error).message}`, {
    cause: error,
    hint: 'Nothing is changed without it; name a file in a place with room that may be written.',
    unrecorded,
  })
}
