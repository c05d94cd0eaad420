import { NAMESPACES } from '../../xml/namespaces.ts'
import type { ComplexType, Particle, Schema, SchemaType, SimpleType } from './schema.ts'

/**
 * How the tables of types are written.
 *
 * A sequence is written as strings `prefix:Name[?|*|+] Type`; an array in it is a choice, whose first string says
 * how often (`1`, `?`, `*`, `+`). Attributes are `Type` or `Type!` when required. `text` is the type of a text that
 * has attributes.
 */
export type Part = string | readonly [occurs: '1' | '?' | '*' | '+', ...elements: string[]]

export interface Notation {
  readonly attributes?: Readonly<Record<string, string>>
  readonly sequence?: readonly Part[]
  readonly text?: string
  readonly open?: true
}

/** Optional elements of the types namespace in their order, as `Name` (a string), `Name:Type` or `Name*:Type`. */
export function optionals(text: string): readonly Part[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [name = '', type = 'string'] = word.split(':')
      return name.endsWith('*') ? `t:${name} ${type}` : `t:${name}? ${type}`
    })
}

/** The table of every type by the schema's name. */
export function readSchema(
  simpleTypes: Readonly<Record<string, SimpleType>>,
  complexTypes: Readonly<Record<string, Notation>>,
): Schema {
  const simple = (name: string): SimpleType => {
    const type = simpleTypes[name]
    if (!type) throw new Error(`There is no simple type ${name}.`)
    return type
  }
  return new Map<string, SchemaType>([
    ...Object.entries(simpleTypes),
    ...Object.entries(complexTypes).map(([name, notation]): [string, SchemaType] => [
      name,
      readType(notation, simple),
    ]),
  ])
}

function readType(notation: Notation, simple: (name: string) => SimpleType): ComplexType {
  const attributes = new Map(
    Object.entries(notation.attributes ?? {}).map(([name, type]) => {
      const required = type.endsWith('!')
      return [name, { type: simple(required ? type.slice(0, -1) : type), required }]
    }),
  )
  return {
    attributes,
    particles: (notation.sequence ?? []).map(particle),
    open: notation.open ?? false,
    ...(notation.text === undefined ? {} : { text: simple(notation.text) }),
  }
}

function particle(part: Part): Particle {
  const [occurs, ...elements] = typeof part === 'string' ? [part.match(/[?*+](?= )/)?.[0] ?? '1', part] : part
  return {
    elements: new Map(
      elements.map((text) => {
        const [, prefix, name, type] = /^([mt]):(\w+)[?*+]? (\w+)$/.exec(text) ?? []
        if (!name || !type) throw new Error(`${text} is not in the notation of the table of types.`)
        return [name, { namespace: prefix === 'm' ? NAMESPACES.messages : NAMESPACES.types, type }]
      }),
    ),
    min: occurs === '?' || occurs === '*' ? 0 : 1,
    max: occurs === '*' || occurs === '+' ? Number.POSITIVE_INFINITY : 1,
  }
}

/** A list of words. */
export function enumeration(name: string, values: readonly string[]): SimpleType {
  const known = new Set(values)
  return {
    name: `${NAMESPACES.types}:${name}`,
    accepts: (text) => known.has(text),
    reason: () => 'The Enumeration constraint failed.',
  }
}

export function pattern(name: string, expression: RegExp): SimpleType {
  return {
    name: `${NAMESPACES.types}:${name}`,
    accepts: (text) => expression.test(text),
    reason: () => 'The Pattern constraint failed.',
  }
}
