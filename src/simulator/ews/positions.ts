import type { Element } from '../../xml/element.ts'

/** Where an element's start tag stands: both numbers start at 1, the column at the first letter of the name. */
export interface Position {
  readonly line: number
  readonly column: number
}

/**
 * Finds the start tag of an element in the text it was parsed from: the n-th element of the tree, parents first, is
 * the n-th start tag of the text. Only wanted when a request is refused, so nothing is remembered while parsing.
 */
export function positionOf(text: string, root: Element, wanted: Element): Position {
  const ordinal = ordinalOf(root, wanted)
  const tag =
    /<(?:!--[\s\S]*?-->|!\[CDATA\[[\s\S]*?\]\]>|\?[\s\S]*?\?>|[^\s!?/](?:[^"'>]|"[^"]*"|'[^']*')*>)/g
  let seen = 0
  for (let match = tag.exec(text); match; match = tag.exec(text)) {
    if (text[match.index + 1] === '!' || text[match.index + 1] === '?') continue
    if (seen++ === ordinal) return positionAt(text, match.index + 1)
  }
  return { line: 1, column: 1 }
}

function ordinalOf(root: Element, wanted: Element): number {
  let count = 0
  const walk = (element: Element): boolean => {
    if (element === wanted) return true
    count++
    return element.children.some(walk)
  }
  return walk(root) ? count : 0
}

function positionAt(text: string, index: number): Position {
  const before = text.slice(0, index)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: index - lineStart + 1 }
}
