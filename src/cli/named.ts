import { InvalidInputError } from '../errors.ts'
import { nearest } from './nearest.ts'

/**
 * Reads one of a list of names with the model's own parser, and adds what was probably meant to its complaint.
 * @throws InvalidInputError
 */
export function parseNamed<Name>(
  text: string,
  names: readonly string[],
  parse: (text: string) => Name,
): Name {
  try {
    return parse(text)
  } catch (error) {
    const meant = nearest(text.trim(), names)
    if (!(error instanceof InvalidInputError) || meant === undefined) throw error
    throw new InvalidInputError(error.message, {
      hint: `Did you mean ${meant}?${error.hint ? ` ${error.hint}` : ''}`,
      cause: error,
    })
  }
}
