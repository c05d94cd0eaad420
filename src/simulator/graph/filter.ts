import { GraphError } from './errors.ts'

/**
 * `$filter` over messages: comparisons of properties with literals, `startswith`, `endswith`, `contains`, and, or,
 * not, parentheses, and `any` over recipients. Enough to find a message again; not all of OData.
 */
export type MessageFilter = (message: Record<string, unknown>) => boolean

const MAX_LENGTH = 8000
const MAX_DEPTH = 30

const TOKEN =
  /\s*(?:('(?:[^']|'')*')|(\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)?)|(-?\d+(?:\.\d+)?)|([A-Za-z_@][\w.@]*)|([(),:/]))/y

type Token =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'date'; readonly value: number }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'mark'; readonly value: string }

type Operand = (message: Record<string, unknown>) => unknown

const COMPARISONS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const
type Comparison = (typeof COMPARISONS)[number]
const FUNCTIONS = ['startswith', 'endswith', 'contains']

/**
 * @param properties the names a path may begin with.
 * @throws GraphError for anything else than what the type above says.
 */
export function parseFilter(text: string, properties: readonly string[]): MessageFilter {
  return new FilterParser(tokenize(text), properties, text).parse()
}

class FilterParser {
  readonly #tokens: readonly Token[]
  readonly #properties: readonly string[]
  readonly #text: string
  #at = 0
  #depth = 0
  /** Inside `any(r:…)`: the name that stands for the element. */
  #variable: string | undefined

  constructor(tokens: readonly Token[], properties: readonly string[], text: string) {
    this.#tokens = tokens
    this.#properties = properties
    this.#text = text
  }

  parse(): MessageFilter {
    const filter = this.#or()
    if (this.#at < this.#tokens.length) throw this.#wrong()
    return filter
  }

  #or(): MessageFilter {
    if (++this.#depth > MAX_DEPTH) throw this.#wrong()
    const alternatives = [this.#and()]
    while (this.#takeWord('or')) alternatives.push(this.#and())
    this.#depth--
    return (message) => alternatives.some((filter) => filter(message))
  }

  #and(): MessageFilter {
    const conditions = [this.#unary()]
    while (this.#takeWord('and')) conditions.push(this.#unary())
    return (message) => conditions.every((filter) => filter(message))
  }

  #unary(): MessageFilter {
    let negated = false
    while (this.#takeWord('not')) negated = !negated
    const filter = this.#takeMark('(') ? this.#parenthesized() : this.#condition()
    return negated ? (message) => !filter(message) : filter
  }

  #parenthesized(): MessageFilter {
    const filter = this.#or()
    this.#requireMark(')')
    return filter
  }

  #condition(): MessageFilter {
    const next = this.#tokens[this.#at]
    if (next?.kind === 'name' && FUNCTIONS.includes(next.value.toLowerCase()) && this.#peekMark('(', 1)) {
      return this.#call(next.value.toLowerCase())
    }
    const start = this.#at
    const path = this.#path()
    if (path === 'lambda') return this.#any(start)
    const operator = this.#tokens[this.#at]
    const comparison = COMPARISONS.find(
      (name) => operator?.kind === 'name' && operator.value.toLowerCase() === name,
    )
    // A Boolean property can stand alone: `$filter=isRead`.
    if (!comparison) return (message) => path(message) === true
    this.#at++
    const literal = this.#literal()
    return (message) => compare(path(message), comparison, literal)
  }

  #call(name: string): MessageFilter {
    this.#at++
    this.#requireMark('(')
    const path = this.#path()
    if (path === 'lambda') throw this.#wrong()
    this.#requireMark(',')
    const literal = this.#literal()
    if (typeof literal !== 'string') throw this.#wrong()
    this.#requireMark(')')
    const wanted = literal.toLowerCase()
    const test = (value: string) =>
      name === 'startswith'
        ? value.startsWith(wanted)
        : name === 'endswith'
          ? value.endsWith(wanted)
          : value.includes(wanted)
    return (message) => {
      const value = path(message)
      return typeof value === 'string' && test(value.toLowerCase())
    }
  }

  /** `toRecipients/any(r:r/emailAddress/address eq '…')` */
  #any(start: number): MessageFilter {
    this.#at = start
    const collection = this.#takeName()
    this.#requireMark('/')
    this.#at++ // any
    this.#requireMark('(')
    const variable = this.#takeName()
    this.#requireMark(':')
    const outer = this.#variable
    if (outer !== undefined) throw this.#wrong()
    this.#variable = variable
    const filter = this.#or()
    this.#variable = outer
    this.#requireMark(')')
    return (message) => {
      const list = valueAt(message, [collection])
      return Array.isArray(list) && list.some((element) => filter({ [variable]: element }))
    }
  }

  #path(): Operand | 'lambda' {
    const names = [this.#takeName()]
    const known = this.#variable === undefined ? this.#properties : [this.#variable]
    if (!known.some((name) => name.toLowerCase() === names[0]?.toLowerCase())) {
      throw unknownProperty(names[0] ?? '')
    }
    while (this.#takeMark('/')) {
      const name = this.#takeName()
      if (name.toLowerCase() === 'any' && this.#peekMark('(', 0)) return 'lambda'
      names.push(name)
    }
    return (message) => valueAt(message, names)
  }

  #literal(): string | number | boolean | Date | null {
    const token = this.#tokens[this.#at++]
    if (token?.kind === 'text' || token?.kind === 'number') return token.value
    if (token?.kind === 'date') return new Date(token.value)
    const word = token?.kind === 'name' ? token.value.toLowerCase() : undefined
    if (word === 'true' || word === 'false') return word === 'true'
    if (word === 'null') return null
    throw this.#wrong()
  }

  #takeName(): string {
    const token = this.#tokens[this.#at++]
    if (token?.kind !== 'name') throw this.#wrong()
    return token.value
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'name' || token.value.toLowerCase() !== word) return false
    this.#at++
    return true
  }

  #peekMark(mark: string, ahead: number): boolean {
    const token = this.#tokens[this.#at + ahead]
    return token?.kind === 'mark' && token.value === mark
  }

  #takeMark(mark: string): boolean {
    if (!this.#peekMark(mark, 0)) return false
    this.#at++
    return true
  }

  #requireMark(mark: string): void {
    if (!this.#takeMark(mark)) throw this.#wrong()
  }

  #wrong(): GraphError {
    return invalidFilter(this.#text)
  }
}

function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw invalidFilter(text)
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  let at = 0
  while (at < end) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match) throw invalidFilter(text)
    const [, quoted, date, number, name, mark] = match
    if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted.slice(1, -1).replaceAll("''", "'") })
    else if (date !== undefined) tokens.push({ kind: 'date', value: Date.parse(date) })
    else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark })
    at = TOKEN.lastIndex
  }
  return tokens
}

/** A property path, names in any case. */
export function valueAt(source: unknown, path: readonly string[]): unknown {
  let value = source
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    value = key === undefined ? undefined : (value as Record<string, unknown>)[key]
  }
  return value
}

function compare(
  value: unknown,
  comparison: Comparison,
  literal: string | number | boolean | Date | null,
): boolean {
  const order = orderOf(value, literal)
  if (comparison === 'ne') return order !== 0
  if (order === undefined) return false
  switch (comparison) {
    case 'eq':
      return order === 0
    case 'gt':
      return order > 0
    case 'ge':
      return order >= 0
    case 'lt':
      return order < 0
    case 'le':
      return order <= 0
  }
}

/** Negative, 0 or positive; undefined when the two cannot be compared. Text is compared without regard to case. */
function orderOf(value: unknown, literal: string | number | boolean | Date | null): number | undefined {
  if (literal === null) return value === null || value === undefined ? 0 : undefined
  if (literal instanceof Date)
    return typeof value === 'string' ? Date.parse(value) - literal.getTime() : undefined
  if (typeof literal === 'string' && typeof value === 'string') {
    const [left, right] = [value.toLowerCase(), literal.toLowerCase()]
    return left < right ? -1 : left > right ? 1 : 0
  }
  if (typeof literal !== typeof value) return undefined
  return Number(value) - Number(literal)
}

export function unknownProperty(name: string): GraphError {
  return new GraphError(
    400,
    'RequestBroker--ParseUri',
    `Could not find a property named '${name.slice(0, 100)}' on type 'Microsoft.OutlookServices.Message'.`,
  )
}

function invalidFilter(text: string): GraphError {
  return new GraphError(
    400,
    'ErrorInvalidUrlQueryFilter',
    `The query filter '${text.slice(0, 200)}' is not understood.`,
  )
}
