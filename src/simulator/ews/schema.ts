import type { Element } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'

/**
 * Checks requests against a table of types written after Microsoft's schema, and words what it finds as .NET's
 * validator does, because that is the text which Exchange puts into `Violation` and which people search for.
 */

/** Text with no structure of its own. */
export interface SimpleType {
  /** Qualified name for the message, e.g. `…/types:PermissionLevelType`. */
  readonly name: string
  readonly accepts: (text: string) => boolean
  /** What .NET says after "is invalid according to its datatype '…' - ". */
  readonly reason: (text: string) => string
}

export interface AttributeUse {
  readonly type: SimpleType
  readonly required: boolean
}

/** One place in a sequence: an element, or one of several, as often as `min` and `max` say. */
export interface Particle {
  readonly elements: ReadonlyMap<string, { readonly namespace: string; readonly type: string }>
  readonly min: number
  readonly max: number
}

export interface ComplexType {
  readonly attributes: ReadonlyMap<string, AttributeUse>
  readonly particles: readonly Particle[]
  /** Allows whatever is inside; for parts that the simulator refuses or ignores as a whole. */
  readonly open: boolean
  /** Of an element that holds text and attributes. */
  readonly text?: SimpleType
}

export type SchemaType = SimpleType | ComplexType
export type Schema = ReadonlyMap<string, SchemaType>

export interface Violation {
  /** The element at which the request goes wrong. */
  readonly element: Element
  readonly message: string
}

/** Attributes that XML Schema itself allows everywhere. */
const INSTANCE_ATTRIBUTES = new Set(['type', 'nil', 'schemaLocation', 'noNamespaceSchemaLocation', 'lang'])

/** The first thing wrong, in document order; undefined when there is none. */
export function findViolation(schema: Schema, element: Element, typeName: string): Violation | undefined {
  const type = schema.get(typeName)
  if (!type) throw new Error(`The table of types has no ${typeName}.`)
  return 'accepts' in type ? simpleViolation(element, type) : complexViolation(schema, element, type)
}

function simpleViolation(element: Element, type: SimpleType): Violation | undefined {
  const undeclared = Object.keys(element.attributes).find((name) => !INSTANCE_ATTRIBUTES.has(name))
  if (undeclared) return { element, message: `The '${short(undeclared)}' attribute is not declared.` }
  const child = element.children[0]
  if (child) return textOnlyViolation(element, child)
  return textViolation(element, type)
}

function textOnlyViolation(element: Element, child: Element): Violation {
  return {
    element: child,
    message: `The element ${inNamespace(element)} cannot contain child element ${inNamespace(child)} because the parent element's content model is text only.`,
  }
}

function textViolation(element: Element, type: SimpleType): Violation | undefined {
  if (type.accepts(element.text)) return undefined
  return {
    element,
    message: `The '${element.namespace}:${element.name}' element is invalid - ${invalidValue(element.text, type)}`,
  }
}

function complexViolation(schema: Schema, element: Element, type: ComplexType): Violation | undefined {
  const attribute = attributeViolation(element, type)
  if (attribute || type.open) return attribute
  if (type.text) {
    const child = element.children[0]
    if (child) return textOnlyViolation(element, child)
    return textViolation(element, type.text)
  }

  let at = 0
  let count = 0
  for (const child of element.children) {
    for (let particle = type.particles[at]; particle; particle = type.particles[at]) {
      if (count < particle.max && declarationOf(particle, child)) break
      if (count < particle.min) break
      at++
      count = 0
    }
    const declaration = type.particles[at] && declarationOf(type.particles[at] as Particle, child)
    if (!declaration) {
      return {
        element: child,
        message: `The element ${inNamespace(element)} has invalid child element ${inNamespace(child)}.${expected(type, at, count)}`,
      }
    }
    count++
    const inner = findViolation(schema, child, declaration.type)
    if (inner) return inner
  }
  if (element.text.trim() !== '') {
    return {
      element,
      message: `The element ${inNamespace(element)} cannot contain text.${expected(type, at, count)}`,
    }
  }
  if (type.particles.some((particle, index) => index >= at && (index === at ? count : 0) < particle.min)) {
    return {
      element,
      message: `The element ${inNamespace(element)} has incomplete content.${expected(type, at, count)}`,
    }
  }
  return undefined
}

function attributeViolation(element: Element, type: ComplexType): Violation | undefined {
  for (const [name, value] of Object.entries(element.attributes)) {
    const use = type.attributes.get(name)
    if (!use) {
      if (INSTANCE_ATTRIBUTES.has(name) || type.open) continue
      return { element, message: `The '${short(name)}' attribute is not declared.` }
    }
    if (!use.type.accepts(value)) {
      return { element, message: `The '${name}' attribute is invalid - ${invalidValue(value, use.type)}` }
    }
  }
  for (const [name, use] of type.attributes) {
    if (use.required && element.attributes[name] === undefined) {
      return { element, message: `The required attribute '${name}' is missing.` }
    }
  }
  return undefined
}

function declarationOf(particle: Particle, child: Element): { readonly type: string } | undefined {
  const declaration = particle.elements.get(child.name)
  return declaration?.namespace === child.namespace ? declaration : undefined
}

/** The elements that could have stood here: the rest of this particle and all up to the next one that must come. */
function expected(type: ComplexType, at: number, count: number): string {
  const names: { name: string; namespace: string }[] = []
  for (let index = at; index < type.particles.length; index++) {
    const particle = type.particles[index] as Particle
    const used = index === at ? count : 0
    if (used < particle.max) {
      for (const [name, { namespace }] of particle.elements) names.push({ name, namespace })
    }
    if (used < particle.min) break
  }
  if (names.length === 0) return ''
  const groups = [NAMESPACES.messages, NAMESPACES.types]
    .map((namespace) => ({ namespace, names: names.filter((entry) => entry.namespace === namespace) }))
    .filter((group) => group.names.length > 0)
    .map(
      (group) => `'${group.names.map((entry) => entry.name).join(', ')}' in namespace '${group.namespace}'`,
    )
  return ` List of possible elements expected: ${groups.join(' as well as ')}.`
}

/** How the validator speaks of an element. */
export function inNamespace(element: Element): string {
  return element.namespace === ''
    ? `'${element.name}'`
    : `'${element.name}' in namespace '${element.namespace}'`
}

function invalidValue(value: string, type: SimpleType): string {
  const shown = short(value)
  return `The value '${shown}' is invalid according to its datatype '${type.name}' - ${type.reason(shown)}`
}

/** What the request holds is answered, but not at any length. */
function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
