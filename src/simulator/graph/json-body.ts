import { unreadableBody } from './errors.ts'

/**
 * Reads values out of a JSON body as the service does: property names in any case, annotations (`@odata.…`) left
 * aside, anything the type does not have refused by name.
 */
export class JsonObject {
  /** As Graph names it in its messages, such as `microsoft.graph.message`. */
  readonly type: string
  readonly #fields = new Map<string, { readonly name: string; readonly value: unknown }>()

  constructor(value: unknown, type: string) {
    this.type = type
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw unreadableBody(
        `An unexpected ${nodeName(value)} node was found when reading from the JSON reader. A 'StartObject' node was expected.`,
      )
    }
    for (const [name, field] of Object.entries(value))
      this.#fields.set(name.toLowerCase(), { name, value: field })
  }

  /** As the caller spelled them. */
  names(): string[] {
    return [...this.#fields.values()].map(({ name }) => name)
  }

  has(name: string): boolean {
    return this.#fields.has(name.toLowerCase())
  }

  value(name: string): unknown {
    return this.#fields.get(name.toLowerCase())?.value
  }

  /** Refuses what is not among these; annotations can be anywhere. */
  allow(names: readonly string[]): void {
    const known = new Set(names.map((name) => name.toLowerCase()))
    for (const [folded, { name }] of this.#fields) {
      if (known.has(folded) || name.includes('@')) continue
      throw unreadableBody(
        `The property '${name.slice(0, 100)}' does not exist on type '${this.type}'. Make sure to only use property names that are defined by the type or mark the type as open type.`,
      )
    }
  }

  /** Undefined when absent or null. */
  text(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw unexpected(value, 'Edm.String')
    return value
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name)
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'boolean') throw unexpected(value, 'Edm.Boolean')
    return value
  }

  integer(name: string): number | undefined {
    const value = this.value(name)
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw unexpected(value, 'Edm.Int64')
    return value
  }

  /** One of the members of an enumeration, in any case. */
  member<Value extends string>(name: string, members: readonly Value[], type: string): Value | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const member = members.find((candidate) => candidate.toLowerCase() === text.toLowerCase())
    if (!member) throw unreadableBody(`Requested value '${text.slice(0, 100)}' was not found in ${type}.`)
    return member
  }

  object(name: string, type: string): JsonObject | undefined {
    const value = this.value(name)
    return value === undefined || value === null ? undefined : new JsonObject(value, type)
  }

  objects(name: string, type: string): JsonObject[] | undefined {
    return this.list(name)?.map((value) => new JsonObject(value, type))
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.map((value) => {
      if (typeof value !== 'string') throw unexpected(value, 'Edm.String')
      return value
    })
  }

  list(name: string): unknown[] | undefined {
    const value = this.value(name)
    if (value === undefined || value === null) return undefined
    if (!Array.isArray(value)) {
      throw unreadableBody(
        `An unexpected ${nodeName(value)} node was found when reading from the JSON reader. A 'StartArray' node was expected.`,
      )
    }
    return value
  }
}

/** @throws GraphError unless the body is one JSON object. */
export function parseJsonBody(body: Buffer, type: string): JsonObject {
  if (body.length === 0) throw unreadableBody('Empty Payload. JSON content expected.')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw unreadableBody(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    )
  }
  return new JsonObject(value, type)
}

function unexpected(value: unknown, type: string) {
  if (typeof value === 'object') {
    return unreadableBody(
      `An unexpected ${nodeName(value)} node was found when reading from the JSON reader. A 'PrimitiveValue' node was expected.`,
    )
  }
  return unreadableBody(
    `Cannot convert the literal '${String(value).slice(0, 100)}' to the expected type '${type}'.`,
  )
}

function nodeName(value: unknown): string {
  if (Array.isArray(value)) return `'StartArray'`
  return typeof value === 'object' && value !== null ? `'StartObject'` : `'PrimitiveValue'`
}
