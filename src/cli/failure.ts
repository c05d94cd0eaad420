import {
  ConnectionError,
  type ErrorCode,
  EwsDelegatesError,
  EwsResponseError,
  GraphResponseError,
} from '../errors.ts'
import { formsOf, redactText } from '../http/redact.ts'
import { GrantsFileError, type Problem as GrantsProblem } from '../plan/problem.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { flagHint } from './flag-hints.ts'
import type { OutputFormat } from './output.ts'
import { printable, printableJson, printableLines } from './printable.ts'

/** What went wrong, ready to be told: the JSON of it is documented in docs/json-output.md. */
export interface Problem {
  readonly exitCode: ExitCode
  /** A stable word: an `ErrorCode` of the library, or one of the command line's own. */
  readonly code: ErrorCode | 'ERR_PARTIAL' | 'ERR_NOT_AS_EXPECTED' | 'ERR_OUTPUT' | 'ERR_UNEXPECTED'
  readonly message: string
  /** The message in several lines, where that is easier to read. */
  readonly lines?: readonly string[]
  readonly hint?: string | undefined
  /** Every mistake of files of grants with its place. */
  readonly problems?: readonly GrantsProblem[]
  /** Exchange's or Graph's own code. */
  readonly responseCode?: string | undefined
  readonly httpStatus?: number | undefined
  readonly requestId?: string | undefined
  readonly retryAfterMilliseconds?: number | undefined
  readonly mayHaveHappened?: boolean
  /** The command that shows how things stand now. */
  readonly check?: string | undefined
  /** Of a run that is recorded: the command that finds out what became of it, and goes on. */
  readonly resume?: string | undefined
}

/**
 * @param check the command line that shows the present state, for a change that may have been made.
 * @param env whose secrets are taken out of what was not foreseen.
 */
export function toProblem(
  error: unknown,
  check?: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Problem {
  if (!(error instanceof EwsDelegatesError)) return unexpected(error, env)
  return {
    exitCode: exitCodeOf(error),
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: flagHint(error.hint) }),
    ...detailsOf(error),
    ...(error.mayHaveHappened ? { mayHaveHappened: true, check } : {}),
  }
}

/** As it goes to stderr: one line of JSON when the output is JSON, else sentences. */
export function formatProblem(problem: Problem, format: OutputFormat): string {
  const { exitCode, code, message, lines: parts, hint, ...rest } = problem
  if (format === 'json') return `${printableJson({ error: { code, exitCode, message, hint, ...rest } })}\n`
  // A file can have many mistakes, a line each; what a server says stays on one.
  const ours = code === 'ERR_UNEXPECTED' || code === 'ERR_INVALID_INPUT'
  const text = parts?.map(printable).join('\n') ?? (ours ? printableLines(message) : printable(message))
  const lines = [`ews-delegates: ${text}`]
  if (rest.retryAfterMilliseconds !== undefined) {
    lines.push(`The server asks to wait ${Math.ceil(rest.retryAfterMilliseconds / 1000)} s.`)
  }
  if (hint) lines.push(printableLines(hint))
  if (rest.resume) {
    lines.push(
      rest.mayHaveHappened
        ? `It is not known whether the changes under way were made. This reads that first, and goes on without doing anything twice: ${printable(rest.resume)}`
        : `To go on: ${printable(rest.resume)}`,
    )
  } else if (rest.mayHaveHappened) {
    lines.push(
      rest.check
        ? `It is not known whether the change was made. See how things stand: ${printable(rest.check)}`
        : 'It is not known whether it was done; look before repeating it.',
    )
  }
  return `${lines.join('\n')}\n`
}

function detailsOf(error: EwsDelegatesError): Partial<Problem> {
  if (error instanceof GrantsFileError) {
    // The message shows the first of them; who corrects a file wants all.
    const { problems, total } = error
    const lines = [error.summary, ...problems.map(({ at, message }) => `${at} ${message}`)]
    if (total > problems.length) lines.push(`… and ${total - problems.length} more.`)
    return { lines, problems }
  }
  if (error instanceof EwsResponseError) {
    return {
      responseCode: error.responseCode,
      ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
      ...(error.backOffMilliseconds === undefined
        ? {}
        : { retryAfterMilliseconds: error.backOffMilliseconds }),
    }
  }
  if (error instanceof GraphResponseError) {
    return {
      responseCode: error.graphCode,
      httpStatus: error.httpStatus,
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      ...(error.retryAfterSeconds === undefined
        ? {}
        : { retryAfterMilliseconds: error.retryAfterSeconds * 1000 }),
    }
  }
  if (error instanceof ConnectionError) {
    return {
      ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
      ...(error.backOffMilliseconds === undefined
        ? {}
        : { retryAfterMilliseconds: error.backOffMilliseconds }),
    }
  }
  return {}
}

function exitCodeOf(error: EwsDelegatesError): ExitCode {
  switch (error.code) {
    case 'ERR_INVALID_INPUT':
    case 'ERR_JOURNAL':
      return EXIT.usage
    case 'ERR_EWS_RESPONSE':
    case 'ERR_PERMISSION_LOSS':
      return EXIT.refused
    case 'ERR_GRAPH_RESPONSE':
      // A token that Graph does not take is a sign-in that failed, in whatever words it is told.
      return error instanceof GraphResponseError && error.httpStatus === 401 ? EXIT.unreachable : EXIT.refused
    case 'ERR_READ_BACK':
      return EXIT.partial
    case 'ERR_CONNECTION':
    case 'ERR_TIMEOUT':
    case 'ERR_AUTHENTICATION':
    case 'ERR_FORBIDDEN':
    case 'ERR_INVALID_RESPONSE':
    case 'ERR_LIMIT_EXCEEDED':
      return EXIT.unreachable
    case 'ERR_ABORTED':
      return EXIT.stopped
  }
}

const SECRET_VARIABLES = /(?:PASSWORD|PASSPHRASE|SECRET|_TOKEN)$/

function unexpected(error: unknown, env: Readonly<Record<string, string | undefined>>): Problem {
  // Nobody knows what a mistake puts into its message.
  const secrets = Object.keys(env)
    .filter((name) => SECRET_VARIABLES.test(name))
    .flatMap((name) => [env[name] ?? '', env[name]?.trim() ?? ''])
  const known = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const text = redactText(known, formsOf(secrets))
  return {
    exitCode: EXIT.unexpected,
    code: 'ERR_UNEXPECTED',
    message: `This should not have happened. ${text}`,
    hint: 'Please report it with the command that was typed, without passwords.',
  }
}
