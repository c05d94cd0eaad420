import { InvalidInputError } from '../errors.ts'
import type { Body } from '../model/item.ts'
import { readInputText } from './input-file.ts'
import type { Io } from './io.ts'

export interface BodyFlagValues {
  readonly body: string | undefined
  readonly 'body-file': string | undefined
  readonly html: boolean | undefined
}

const MAX_BODY = 10_000_000

/**
 * The text of an item, from a flag or a file.
 * @returns undefined when neither is given.
 * @throws InvalidInputError
 */
export async function readBody(io: Io, flags: BodyFlagValues): Promise<Body | undefined> {
  if (flags.body !== undefined && flags['body-file'] !== undefined) {
    throw new InvalidInputError('--body and --body-file are both given.', { hint: 'Give one of them.' })
  }
  const content =
    flags['body-file'] === undefined
      ? flags.body
      : await readInputText(io, flags['body-file'], { what: 'the body', maxBytes: MAX_BODY })
  return content === undefined ? undefined : { type: flags.html ? 'HTML' : 'Text', content }
}
