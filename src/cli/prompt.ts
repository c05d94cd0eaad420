import { ConnectionError, InvalidInputError } from '../errors.ts'
import type { Io } from './io.ts'

/** Longest secret that is read from standard input; access tokens of accounts in many groups reach some 10 kB. */
const MAX_SECRET = 64 * 1024

/** Whether somebody is there to answer. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true
}

/** Asks on the terminal; what is typed shows, or does not. */
export async function ask(io: Io, question: string, options: { hidden: boolean }): Promise<string> {
  const [{ createInterface }, { Writable }] = await Promise.all([
    import('node:readline'),
    import('node:stream'),
  ])
  io.stderr.write(question)
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!options.hidden) io.stderr.write(chunk)
      done()
    },
  })
  let answered = false
  const readline = createInterface({ input: io.stdin, output: echo, terminal: true, historySize: 0 })
  try {
    return await new Promise<string>((resolve, reject) => {
      const stopped = () => reject(new ConnectionError('ERR_ABORTED', 'Stopped before anything was sent.'))
      readline.once('line', (line) => {
        answered = true
        resolve(line)
      })
      readline.once('SIGINT', stopped)
      readline.once('close', () => reject(new InvalidInputError('There was no answer.')))
      if (io.signal.aborted) stopped()
      io.signal.addEventListener('abort', stopped, { once: true })
    })
  } finally {
    readline.close()
    // The person's own line feed shows where what is typed shows.
    if (options.hidden || !answered) io.stderr.write('\n')
  }
}

/** The first line of standard input. */
export async function readSecret(io: Io, what: string): Promise<string> {
  if (canAsk(io)) return ask(io, `${what}: `, { hidden: true })
  let text = ''
  for await (const chunk of io.stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > MAX_SECRET) break
  }
  const [line = ''] = text.replace(/^\ufeff/, '').split(/\r?\n/)
  if (line === '' || line.length > MAX_SECRET) {
    throw new InvalidInputError(`Standard input holds no ${what.toLowerCase()}.`, {
      hint: 'Write it there as one line, e.g. from a password manager or a protected file.',
    })
  }
  return line
}
