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

/** One of the values in its own spelling; anything else stays for the client to judge. */
export function inItsCase(text: string, values: readonly string[]): string {
  const lower = text.trim().toLowerCase()
  return values.find((value) => value.toLowerCase() === lower) ?? text
}
