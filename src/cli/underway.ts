import type { OutputFormat } from './output.ts'

/**
 * What a run is doing, as far as it matters to whoever ends the process before its time. The command frame keeps it
 * up to date; the process looks at it when Ctrl-C is pressed or nobody reads on.
 */
export interface Underway {
  format: OutputFormat
  /** Nothing is lost when the process ends at once: there is nothing but what is printed. */
  expendable: boolean
  /** May what is sent change something? */
  changes: boolean
  /** Requests whose answers are awaited. */
  awaited: number
  /** The command that shows how things stand. */
  check: string | undefined
  /** Of a run that is recorded: the command that finds out what became of it, and goes on. */
  resume: string | undefined
  /** What has to be done before the process ends, at once. */
  readonly atEnd: Set<() => void>
}

export function nothingUnderway(): Underway {
  return {
    format: 'text',
    expendable: false,
    changes: false,
    awaited: 0,
    check: undefined,
    resume: undefined,
    atEnd: new Set(),
  }
}
