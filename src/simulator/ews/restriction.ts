import { type Element, requireChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Folder } from '../store/folder.ts'
import { EwsRefusal } from './errors.ts'
import {
  comparableValue,
  extendedValue,
  requireExtendedField,
  requireFolderField,
} from './folder-properties.ts'

export type FolderPredicate = (folder: Folder) => boolean

type Value = string | number | undefined

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
 * Turns a `m:Restriction` into a test of folders. Text compares without regard to case, as Exchange compares.
 * @throws EwsRefusal for a property that cannot be searched for.
 */
export function readFolderRestriction(restriction: Element): FolderPredicate {
  let operators = 0
  const read = (expression: Element): FolderPredicate => {
    if (++operators > MAX_OPERATORS) throw new EwsRefusal('ErrorRestrictionTooComplex')
    const { name, children } = expression
    if (name === 'And' || name === 'Or') {
      const parts = children.map(read)
      return name === 'And'
        ? (folder) => parts.every((part) => part(folder))
        : (folder) => parts.some((part) => part(folder))
    }
    if (name === 'Not') {
      const part = read(children[0] as Element)
      return (folder) => !part(folder)
    }
    const value = readPath(children[0] as Element)
    if (name === 'Exists') return (folder) => value(folder) !== undefined
    if (name === 'Excludes') return readExcludes(expression, value)
    if (name === 'Contains') return readContains(expression, value)
    const holds = COMPARISONS[name]
    if (!holds) throw new EwsRefusal('ErrorUnsupportedPathForQuery')
    const operand = readOperand(
      requireChild(expression, 'FieldURIOrConstant', NAMESPACES.types).children[0] as Element,
    )
    return (folder) => {
      const order = compare(value(folder), operand(folder))
      // What is not there differs from everything and is neither more nor less.
      return order === undefined ? name === 'IsNotEqualTo' : holds(order)
    }
  }
  return read(restriction.children[0] as Element)
}

function readPath(path: Element): (folder: Folder) => Value {
  if (path.name === 'ExtendedFieldURI') {
    const extended = requireExtendedField(path)
    return (folder) => extendedValue(folder, extended)
  }
  const field = requireFolderField(path)
  // A property that cannot be compared is refused even when there is no folder to compare.
  if (!SEARCHABLE.has(field)) throw new EwsRefusal('ErrorUnsupportedPathForQuery')
  return (folder) => comparableValue(folder, field)
}

const SEARCHABLE = new Set<string>([
  'folder:DisplayName',
  'folder:FolderClass',
  'folder:TotalCount',
  'folder:ChildFolderCount',
  'folder:UnreadCount',
])

function readOperand(operand: Element): (folder: Folder) => Value {
  return operand.name === 'Constant' ? () => operand.attributes.Value : readPath(operand)
}

function compare(left: Value, right: Value): number | undefined {
  if (left === undefined || right === undefined) return undefined
  if (typeof left === 'number' || typeof right === 'number') {
    const difference = Number(left) - Number(right)
    return Number.isNaN(difference) ? undefined : Math.sign(difference)
  }
  const [a, b] = [left.toLowerCase(), right.toLowerCase()]
  return a < b ? -1 : a > b ? 1 : 0
}

function readExcludes(expression: Element, value: (folder: Folder) => Value): FolderPredicate {
  const mask = Number(requireChild(expression, 'Bitmask', NAMESPACES.types).attributes.Value)
  return (folder) => {
    const bits = Number(value(folder) ?? Number.NaN)
    return !Number.isNaN(bits) && (bits & mask) === 0
  }
}

function readContains(expression: Element, value: (folder: Folder) => Value): FolderPredicate {
  const { ContainmentMode: mode = 'FullString', ContainmentComparison: comparison = 'Exact' } =
    expression.attributes
  const fold = folding(comparison)
  const wanted = fold(requireChild(expression, 'Constant', NAMESPACES.types).attributes.Value ?? '')
  return (folder) => {
    const found = value(folder)
    if (typeof found !== 'string') return false
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
}

function folding(comparison: string): (text: string) => string {
  const ignoreCase = /IgnoreCase|^Loose$/.test(comparison)
  const ignoreMarks = /NonSpac|^Loose$/.test(comparison)
  return (text) => {
    const plain = ignoreMarks ? text.normalize('NFD').replace(/\p{Mn}/gu, '') : text
    return ignoreCase ? plain.toLowerCase() : plain
  }
}
