import { type Element, requireChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { readDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'

/** A value that a property has; undefined when the property is not there. */
export type SearchValue = string | number | boolean | Date | readonly string[] | undefined

/** How a path of a restriction or a sort order is read from what is searched. */
export type ReadPath<Subject> = (path: Element) => (subject: Subject) => SearchValue

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  IsEqualTo: (order) => order === 0,
  IsNotEqualTo: (order) => order !== 0,
  IsGreaterThan: (order) => order > 0,
  IsGreaterThanOrEqualTo: (order) => order >= 0,
  IsLessThan: (order) => order < 0,
  IsLessThanOrEqualTo: (order) => order <= 0,
}

/** More operators than anybody types; Exchange has a limit of its own. */
const MAX_OPERATORS = 255

/**
 * Turns a `m:Restriction` into a test. Text compares without regard to case, as Exchange compares.
 * @param readPath @throws EwsRefusal for a property that cannot be searched for.
 * @param zone the zone that dates without a zone are in.
 */
export function readRestriction<Subject>(
  restriction: Element,
  readPath: ReadPath<Subject>,
  zone?: string,
): (subject: Subject) => boolean {
  let operators = 0
  const read = (expression: Element): ((subject: Subject) => boolean) => {
    if (++operators > MAX_OPERATORS) throw new EwsRefusal('ErrorRestrictionTooComplex')
    const { name, children } = expression
    if (name === 'And' || name === 'Or') {
      const parts = children.map(read)
      return name === 'And'
        ? (subject) => parts.every((part) => part(subject))
        : (subject) => parts.some((part) => part(subject))
    }
    if (name === 'Not') {
      const part = read(children[0] as Element)
      return (subject) => !part(subject)
    }
    const value = readPath(children[0] as Element)
    if (name === 'Exists') return (subject) => value(subject) !== undefined
    if (name === 'Excludes') return readExcludes(expression, value)
    if (name === 'Contains') return readContains(expression, value)
    const holds = COMPARISONS[name]
    if (!holds) throw new EwsRefusal('ErrorUnsupportedPathForQuery')
    const operand = requireChild(expression, 'FieldURIOrConstant', NAMESPACES.types).children[0] as Element
    const right = operand.name === 'Constant' ? () => operand.attributes.Value : readPath(operand)
    return (subject) => {
      const order = compareValues(value(subject), right(subject), zone)
      // What is not there differs from everything and is neither more nor less.
      return order === undefined ? name === 'IsNotEqualTo' : holds(order)
    }
  }
  return read(restriction.children[0] as Element)
}

/** Less than 0, 0 or more, or undefined when the two cannot be compared. Constants are texts of the other's type. */
export function compareValues(left: SearchValue, right: SearchValue, zone?: string): number | undefined {
  if (left === undefined || right === undefined) return undefined
  if (left instanceof Date || right instanceof Date) return ordered(instant(left, zone), instant(right, zone))
  if (typeof left === 'number' || typeof right === 'number') return ordered(Number(left), Number(right))
  if (typeof left === 'boolean' || typeof right === 'boolean') return ordered(truth(left), truth(right))
  return ordered(textOf(left), textOf(right))
}

function ordered<Value extends string | number>(left: Value, right: Value): number | undefined {
  if (Number.isNaN(left) || Number.isNaN(right)) return undefined
  return left < right ? -1 : left > right ? 1 : 0
}

function instant(value: SearchValue, zone: string | undefined): number {
  if (value instanceof Date) return value.getTime()
  if (typeof value !== 'string') return Number.NaN
  // Clients also send a date alone.
  const text = /^\d{4}-\d\d-\d\d$/.test(value.trim()) ? `${value.trim()}T00:00:00` : value
  return readDateTime(text, zone).getTime()
}

function truth(value: SearchValue): number {
  return /^(?:true|1)$/i.test(String(value)) ? 1 : 0
}

function textOf(value: NonNullable<SearchValue>): string {
  const text = typeof value === 'object' && !(value instanceof Date) ? value.join(';') : String(value)
  return text.toLowerCase()
}

function readExcludes<Subject>(
  expression: Element,
  value: (subject: Subject) => SearchValue,
): (subject: Subject) => boolean {
  const mask = Number(requireChild(expression, 'Bitmask', NAMESPACES.types).attributes.Value)
  return (subject) => {
    const bits = Number(value(subject) ?? Number.NaN)
    return !Number.isNaN(bits) && (bits & mask) === 0
  }
}

function readContains<Subject>(
  expression: Element,
  value: (subject: Subject) => SearchValue,
): (subject: Subject) => boolean {
  const { ContainmentMode: mode = 'FullString', ContainmentComparison: comparison = 'Exact' } =
    expression.attributes
  const fold = folding(comparison)
  const wanted = fold(requireChild(expression, 'Constant', NAMESPACES.types).attributes.Value ?? '')
  const matches = (found: string): boolean => {
    const text = fold(found)
    switch (mode) {
      case 'FullString':
        return text === wanted
      case 'Prefixed':
        return text.startsWith(wanted)
      case 'PrefixOnWords':
        return text.split(/\s+/).some((word) => word.startsWith(wanted))
      default:
        return text.includes(wanted)
    }
  }
  return (subject) => {
    const found = value(subject)
    if (typeof found === 'string') return matches(found)
    return Array.isArray(found) ? found.some(matches) : false
  }
}

function folding(comparison: string): (text: string) => string {
  const ignoreCase = /IgnoreCase|^Loose$/.test(comparison)
  const ignoreMarks = /NonSpac|^Loose$/.test(comparison)
  return (text) => {
    const plain = ignoreMarks ? text.normalize('NFD').replace(/\p{Mn}/gu, '') : text
    return ignoreCase ? plain.toLowerCase() : plain
  }
}
