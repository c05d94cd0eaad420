import { InvalidInputError } from '../errors.ts'
import { checkPropertyPath, type PropertyPath } from './property-path.ts'

export const COMPARISONS = [
  'IsEqualTo',
  'IsNotEqualTo',
  'IsGreaterThan',
  'IsGreaterThanOrEqualTo',
  'IsLessThan',
  'IsLessThanOrEqualTo',
] as const

/** How `Contains` looks (`t:ContainmentModeType`). */
export const CONTAINMENT_MODES = [
  'FullString',
  'Prefixed',
  'Substring',
  'PrefixOnWords',
  'ExactPhrase',
] as const

/** What `Contains` takes as equal (`t:ContainmentComparisonType`). */
export const CONTAINMENT_COMPARISONS = [
  'Exact',
  'IgnoreCase',
  'IgnoreNonSpacingCharacters',
  'Loose',
  'IgnoreCaseAndNonSpacingCharacters',
  'LooseAndIgnoreCase',
  'LooseAndIgnoreNonSpace',
  'LooseAndIgnoreCaseAndIgnoreNonSpace',
] as const

/** A value to compare with. A `Date` is compared in UTC. */
export type Constant = string | number | boolean | Date

/**
 * Which items or folders are wanted; a tree of plain data.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/restriction
 */
export type Restriction =
  | {
      readonly op: (typeof COMPARISONS)[number]
      readonly path: PropertyPath
      /** A constant, or another property. */
      readonly value: Constant | { readonly path: PropertyPath }
    }
  | {
      readonly op: 'Contains'
      readonly path: PropertyPath
      readonly value: string
      /** Default `Substring`. */
      readonly mode?: (typeof CONTAINMENT_MODES)[number]
      /** Default `IgnoreCase`. */
      readonly comparison?: (typeof CONTAINMENT_COMPARISONS)[number]
    }
  | { readonly op: 'Exists'; readonly path: PropertyPath }
  | { readonly op: 'Not'; readonly operand: Restriction }
  | { readonly op: 'And' | 'Or'; readonly operands: readonly Restriction[] }

// Exchange limits the number of conditions itself (ErrorRestrictionTooComplex, ErrorRestrictionTooLong); this only
// keeps a tree that refers to itself from running for ever.
const MAX_DEPTH = 50

/** @throws InvalidInputError naming what is wrong. */
export function checkRestriction(restriction: Restriction, depth = 0): Restriction {
  if (depth > MAX_DEPTH) throw new InvalidInputError(`The restriction nests deeper than ${MAX_DEPTH}.`)
  if ('operands' in restriction) {
    if (restriction.operands.length === 0) {
      throw new InvalidInputError(`${restriction.op} has no operands.`, {
        hint: 'Leave the restriction out to get all.',
      })
    }
    for (const operand of restriction.operands) checkRestriction(operand, depth + 1)
  } else if (restriction.op === 'Not') {
    checkRestriction(restriction.operand, depth + 1)
  } else if (restriction.op === 'Exists') {
    checkPropertyPath(restriction.path)
  } else if (restriction.op === 'Contains') {
    checkPropertyPath(restriction.path)
    if (typeof restriction.value !== 'string') throw new InvalidInputError('Contains looks for a text.')
    requireOneOf(restriction.mode, CONTAINMENT_MODES, 'a containment mode')
    requireOneOf(restriction.comparison, CONTAINMENT_COMPARISONS, 'a containment comparison')
  } else if ((COMPARISONS as readonly string[]).includes(restriction.op)) {
    checkPropertyPath(restriction.path)
    checkOperand(restriction.value)
  } else {
    const op = JSON.stringify(String((restriction as { op?: unknown }).op).slice(0, 40))
    throw new InvalidInputError(`There is no restriction ${op}.`, {
      hint: `There are ${[...COMPARISONS, 'Contains', 'Exists', 'Not', 'And', 'Or'].join(', ')}.`,
    })
  }
  return restriction
}

function checkOperand(value: Constant | { readonly path: PropertyPath }): void {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime()))
      throw new InvalidInputError('A restriction compares with no valid Date.')
  } else if (typeof value === 'object' && value !== null) {
    checkPropertyPath(value.path)
  } else if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw new InvalidInputError(
      'A restriction compares with a text, a number, a boolean, a Date or a property.',
    )
  }
}

function requireOneOf(value: string | undefined, values: readonly string[], what: string): void {
  if (value !== undefined && !values.includes(value)) {
    throw new InvalidInputError(`${JSON.stringify(String(value).slice(0, 40))} is not ${what}.`, {
      hint: `It is one of ${values.join(', ')}.`,
    })
  }
}
