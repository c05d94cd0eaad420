import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { harWriter } from '../http/har.ts'
import type { Exchange } from '../http/record.ts'
import type { Trace } from '../http/transport.ts'
import type { Io } from './io.ts'
import { traceText } from './trace-text.ts'
import { version } from './version.ts'

/** What takes down exchanges while they happen: as text, or in HAR. */
export interface TraceFile {
  readonly trace?: Trace
  readonly record?: (exchange: Exchange) => void
  /** Makes the file whole. More than once does no harm. */
  readonly end: () => void
}

/**
 * Opens the file of `--trace-file`, in HAR when its name ends so. It is written at once, piece by piece: what there is
 * of it is there however the program ends.
 * @param failed told once when it cannot be written any further, which stops nothing else.
 * @throws InvalidInputError when it cannot be made.
 */
export function openTraceFile(io: Io, path: string, failed: (reason: string) => void): TraceFile {
  if (path === '-') {
    throw new InvalidInputError('--trace-file takes the name of a file.', {
      hint: 'To see the exchanges on standard error, give --trace.',
    })
  }
  let file: number | undefined
  try {
    // Without secrets, but with what stands in mails: nobody else’s business.
    file = openSync(resolve(io.cwd, path), 'w', 0o600)
    // One that was there keeps the rights it had. What is no file (/dev/stderr) may be somebody else's.
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600)
  } catch (cause) {
    throw new InvalidInputError(`--trace-file: ${path} cannot be written (${codeOf(cause)}).`, { cause })
  }
  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  const write = (text: string) => {
    if (file === undefined) return
    try {
      writeSync(file, text)
    } catch (error) {
      close()
      failed(`--trace-file: ${path} cannot be written (${codeOf(error)}).`)
    }
  }
  if (!/\.har$/i.test(path)) return { trace: (entry) => write(traceText(entry)), end: close }
  const har = harWriter(write, { name: 'ews-delegates', version: version() })
  return {
    record: har.add,
    end: () => {
      har.end()
      close()
    },
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
