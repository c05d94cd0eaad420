import { InvalidInputError } from '../errors.ts'
import {
  checkPropertyPath,
  type ExtendedPropertyPath,
  MAPI_PROPERTY_TYPES,
  PROPERTY_SETS,
  type PropertyPath,
} from '../model/property-path.ts'
import { inItsCase } from './named.ts'

/**
 * A property as a person names it: a FieldURI (`item:Size`), or a MAPI property as {@link readMapiWord} reads it.
 * @throws InvalidInputError
 */
export function readPropertyWord(text: string): PropertyPath {
  return readMapiWord(text) ?? checkPropertyPath(text.trim())
}

/**
 * A MAPI property: `SET/NAME[:TYPE]` or `SET/NUMBER:TYPE`, where SET is a property set with a name or a GUID, or by its
 * tag, `0x0E07:Integer`. The names of sets and types may be typed in any case.
 *
 * @returns undefined for a word of another kind.
 * @throws InvalidInputError for a tag or a number without its type, which nobody can guess.
 */
export function readMapiWord(text: string): ExtendedPropertyPath | undefined {
  const word = text.trim()
  const [, set, name = '', type] = /^(?:([^/:]+)\/)?(.+?)(?::([A-Za-z]+))?$/.exec(word) ?? []
  const isNumber = /^(?:0x[0-9a-f]+|\d+)$/i.test(name)
  if (set === undefined && !/^0x/i.test(name)) return undefined
  if (type === undefined && isNumber) {
    throw new InvalidInputError(
      `${JSON.stringify(word.slice(0, 80))} does not say what the property holds.`,
      {
        hint: `Add the type, such as ${word.slice(0, 80)}:String; the types are ${MAPI_PROPERTY_TYPES.join(', ')}.`,
      },
    )
  }
  const propertyType = inItsCase(
    type ?? 'String',
    MAPI_PROPERTY_TYPES,
  ) as ExtendedPropertyPath['propertyType']
  if (set === undefined) return check({ propertyTag: name, propertyType })
  const propertySet = inItsCase(set, PROPERTY_SETS)
  return check(
    isNumber
      ? { propertySet, propertyId: Number(name), propertyType }
      : { propertySet, propertyName: name, propertyType },
  )
}

/** The word that names a MAPI property. */
export function mapiWord(path: ExtendedPropertyPath): string {
  const { propertyType: type } = path
  if ('propertyTag' in path) return `${path.propertyTag}:${type}`
  return `${path.propertySet}/${'propertyId' in path ? path.propertyId : path.propertyName}:${type}`
}

function check(path: ExtendedPropertyPath): ExtendedPropertyPath {
  checkPropertyPath(path)
  return path
}
