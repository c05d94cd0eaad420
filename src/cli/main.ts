import { COMMANDS } from './commands/index.ts'
import { completionsFor } from './completion.ts'
import { Context } from './context.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { formatProblem, type Problem, toProblem } from './failure.ts'
import type { Io } from './io.ts'
import { formatReport, type OutputFormat, parseOutputFormat, terminalOf } from './output.ts'
import { readArguments } from './read-arguments.ts'
import { nothingUnderway, type Underway } from './underway.ts'
import { version } from './version.ts'
import { parseCommandLine } from './yargs.ts'

/** The word that completion scripts put before the words to complete. */
export const COMPLETE = '__complete'

/**
 * Runs one command line.
 * @param argv what stands after the program's name.
 * @returns the exit code; everything there is to say has been written to `io`.
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  if (argv[0] === '--version' || argv[0] === 'version') {
    io.stdout.write(`${version()}\n`)
    return EXIT.done
  }
  if (argv[0] === COMPLETE) {
    io.stdout.write(
      completionsFor(argv.slice(1), COMMANDS)
        .map((word) => `${word}\n`)
        .join(''),
    )
    return EXIT.done
  }
  // Errors of the command line itself are JSON too when JSON was asked for.
  let format: OutputFormat = wantsJson(argv) ? 'json' : 'text'
  let check: string | undefined
  const { underway = nothingUnderway() } = io
  underway.format = format
  let context: Context | undefined
  const fail = (problem: Problem): ExitCode => {
    io.stderr.write(formatProblem(problem, format))
    return problem.exitCode
  }
  try {
    const line = parseCommandLine(argv.length === 0 ? ['--help'] : argv, COMMANDS, io.stdout.columns)
    if (line.kind === 'help') {
      io.stdout.write(line.text)
      return EXIT.done
    }
    const given = readArguments(line.command, line.flags, line.parsed, line.argv)
    format = parseOutputFormat(outputFlag(given.flags.output))
    underway.format = format
    underway.expendable = line.command.expendable ?? false
    underway.changes = Object.hasOwn(line.flags, 'dry-run') && !given.flags['dry-run']
    context = new Context(io, format, terminalOf(io), given.flags)
    const state = line.command.stateCommand?.(given)
    check = state && context.commandLine(...state)
    underway.check = check
    if (Object.hasOwn(line.flags, 'profile')) await context.open(given.flags)
    const { report, problem, exitCode } = await line.command.run(context, given)
    if (report) io.stdout.write(formatReport(report, format, context.terminal))
    return problem ? fail(problem) : (exitCode ?? EXIT.done)
  } catch (error) {
    return fail(toProblem(error, check, io.env))
  } finally {
    context?.close()
  }
}

/** What is said when the process is ended while a call is under way. */
export function stopped({ changes, awaited, check, resume, format }: Underway): string {
  const mayHaveHappened = changes && awaited > 0
  return formatProblem(
    {
      exitCode: EXIT.stopped,
      code: 'ERR_ABORTED',
      message: resume === undefined ? 'The call was stopped.' : 'The run was stopped.',
      ...(mayHaveHappened ? { mayHaveHappened, check } : {}),
      ...(resume === undefined ? {} : { resume }),
    },
    format,
  )
}

/** What is said when a result could not be printed: a full disk must not look like success. */
export function lostOutput(error: NodeJS.ErrnoException, { format }: Underway) {
  const exitCode = EXIT.partial
  const why = error.message.replace(/^[A-Z]+: |, write$/g, '')
  const text = formatProblem(
    {
      exitCode,
      code: 'ERR_OUTPUT',
      message: `The result could not be written: ${why}${error.code ? ` (${error.code})` : ''}.`,
      hint: 'What was done stays done.',
    },
    format,
  )
  return { text, exitCode }
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (token, index) =>
      /^(?:--output|-o)=json$/i.test(token) ||
      (/^(?:--output|-o)$/.test(token) && argv[index + 1]?.toLowerCase() === 'json'),
  )
}

function outputFlag(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
