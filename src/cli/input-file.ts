import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { encodingOf, TEXT_ENCODINGS } from '../model/text-encoding.ts'
import type { Io } from './io.ts'

export interface InputFileOptions {
  /** Names it in errors, e.g. `the attachment`. */
  readonly what: string
  /** Larger ones are refused unread. */
  readonly maxBytes: number
}

/**
 * Reads a file that is named on the command line; `-` is standard input.
 * @throws InvalidInputError when it cannot be read, or is too large.
 */
export async function readInputFile(
  io: Io,
  path: string,
  { what, maxBytes }: InputFileOptions,
): Promise<Uint8Array> {
  const name = path === '-' ? 'standard input' : path
  const tooLarge = () =>
    new InvalidInputError(`${JSON.stringify(name)} has more than ${maxBytes / 1_000_000} MB.`)
  if (path === '-') return readAll(io.stdin, maxBytes, tooLarge)
  try {
    const file = await open(resolve(io.cwd, path))
    try {
      const about = await file.stat()
      if (about.isDirectory()) throw new InvalidInputError(`${JSON.stringify(name)} is a folder.`)
      if (about.size > maxBytes) throw tooLarge()
      // What is no plain file (a pipe, /dev/stdin) does not tell its size.
      return await readAll(file.createReadStream({ autoClose: false }), maxBytes, tooLarge)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError(`${capitalize(what)} ${JSON.stringify(name)} ${reason(error)}.`, {
      cause: error,
      hint: 'Check the path; a relative one begins in the folder where the command runs.',
    })
  }
}

async function readAll(
  stream: AsyncIterable<unknown>,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))
    length += bytes.byteLength
    if (length > maxBytes) throw tooLarge()
    chunks.push(bytes)
  }
  return Buffer.concat(chunks, length)
}

/**
 * The same as text: UTF-8, or UTF-16 with its byte order mark.
 * @throws InvalidInputError for what is neither.
 */
export async function readInputText(io: Io, path: string, options: InputFileOptions): Promise<string> {
  const bytes = await readInputFile(io, path, options)
  const encoding = encodingOf(bytes)
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (error) {
    throw new InvalidInputError(
      `${capitalize(options.what)} ${JSON.stringify(path)} is not ${TEXT_ENCODINGS[encoding]}.`,
      { cause: error, hint: 'Save it as UTF-8; a spreadsheet calls that “CSV UTF-8”.' },
    )
  }
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
    case 'EPERM':
      return 'may not be read'
    default:
      return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
