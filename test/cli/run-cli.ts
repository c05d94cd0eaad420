import { PassThrough } from 'node:stream'
import { main } from '../../src/cli/main.ts'
import type { Clock } from '../../src/http/clock.ts'
import { DEFAULT_PASSWORD, type Simulator } from '../../src/simulator/index.ts'
import { registerCommandLine } from '../secrets/command-line.ts'
import { secretScan } from '../secrets/secret-scan.ts'

export interface CliRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Of a run with `--output json`. */
  readonly json: () => Record<string, unknown>
  /** The one line of JSON that a failed run with `--output json` leaves on stderr. */
  readonly error: () => Record<string, unknown>
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What standard input holds; on a terminal, what is typed there. */
  readonly stdin?: string
  /** A terminal with this many columns; without it, pipes. */
  readonly columns?: number
  readonly cwd?: string
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Texts that may be secret elsewhere and are meant to be shown here. */
  readonly shows?: readonly string[]
  /** Called with everything that has been written to stdout so far, each time more is. */
  readonly onOutput?: (stdout: string) => void
  /** The same of stderr. */
  readonly onError?: (stderr: string) => void
}

/**
 * Runs one command line in this process, as the bin does. What it is given is registered as secret, and what it
 * prints is looked through when the test is over; see ../secrets.
 */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { columns, stdin = '' } = options
  // Servers that fail on purpose are not waited for, unless that is what is looked at.
  const env: CliOptions['env'] = { EWS_MAX_WAIT: '0', ...options.env }
  const terminal = columns === undefined ? {} : { isTTY: true, columns }
  const input = Object.assign(new PassThrough(), terminal)
  const [stdout, stderr] = [collect(terminal, options.onOutput), collect(terminal, options.onError)]
  input.end(stdin)
  registerCommandLine({ argv, env, stdin, isTyped: columns !== undefined })
  for (const text of options.shows ?? []) secretScan.allow(text)
  // Its own password is what they are there to show.
  if (argv[0] === 'simulate' || argv[0] === 'demo') secretScan.allow(DEFAULT_PASSWORD)
  const code = await main(argv, {
    stdin: input,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    cwd: options.cwd ?? process.cwd(),
    signal: options.signal ?? new AbortController().signal,
    ...(options.clock ? { clock: options.clock } : {}),
    // The system's name service is a network, too.
    resolveSrv: () => Promise.reject(new Error('there is no network in tests')),
  })
  const run: CliRun = {
    code,
    stdout: stdout.text(),
    stderr: stderr.text(),
    json: () => JSON.parse(run.stdout),
    error: () => {
      const lines = run.stderr.trimEnd().split('\n')
      return (JSON.parse(lines.at(-1) ?? '') as { error: Record<string, unknown> }).error
    },
  }
  for (const name of ['stdout', 'stderr'] as const)
    secretScan.capture(`${name} of ${argv.join(' ')}`, run[name])
  return run
}

/** The environment of somebody who is signed in to an embedded Exchange. */
export function signedIn(simulator: Simulator, user: string): Record<string, string> {
  return { EWS_URL: simulator.ews, EWS_USER: user, EWS_PASSWORD: DEFAULT_PASSWORD }
}

/** A Graph token of the embedded Exchange. */
export async function graphToken(simulator: Simulator, user: string, scope: string): Promise<string> {
  const response = await fetch(simulator.token, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', username: user, password: DEFAULT_PASSWORD, scope }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

function collect(properties: object, onOutput?: (text: string) => void) {
  const chunks: string[] = []
  const stream = Object.assign(new PassThrough(), properties)
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk.toString('utf8'))
    onOutput?.(chunks.join(''))
  })
  return {
    stream,
    text: () => {
      // What was written and not yet passed on.
      for (let rest = stream.read() as Buffer | null; rest; rest = stream.read() as Buffer | null) {
        chunks.push(rest.toString('utf8'))
      }
      return chunks.join('')
    },
  }
}
