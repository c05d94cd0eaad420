import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Element, parseXml } from '../../src/xml/element.ts'

const root = join(import.meta.dirname, '..', '..', 'soap-fixtures')

/** The text of a fixture, e.g. `readFixture('get-delegate/response.xml')`. */
export function readFixture(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The paths of all fixtures below a folder, or of all. */
export function listFixtures(folder = ''): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.xml'))
    .map((name) => join(folder, name))
    .sort()
}

/** A document as an ordered tree: prefixes and white space between elements do not count, order does. */
export function asTree(xml: string): unknown {
  return simplify(parseXml(xml))
}

function simplify(element: Element): unknown {
  return {
    name: `{${element.namespace}}${element.name}`,
    ...(Object.keys(element.attributes).length > 0 ? { attributes: { ...element.attributes } } : {}),
    ...(element.text === '' ? {} : { text: element.text }),
    ...(element.children.length > 0 ? { children: element.children.map(simplify) } : {}),
  }
}

/** The folders of operations on items and of searches; `test/ews/item-operations.test.ts` builds their requests. */
const ITEM_OPERATIONS =
  /^(?:(?:find|get|create|send|update|delete|copy|move)-item|(?:find|create|delete)-folder|resolve-names|expand-dl|get-attachment)\//

/**
 * The request fixtures that one of the two test files of operations has to build. Every fixture belongs to one of
 * them, so none is left unbuilt.
 */
export function requestFixtures(of: 'items' | 'others'): string[] {
  return listFixtures().filter(
    (path) => /\/request[^/]*\.xml$/.test(path) && ITEM_OPERATIONS.test(path) === (of === 'items'),
  )
}
