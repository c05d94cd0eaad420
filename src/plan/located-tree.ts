import type { Document } from 'yaml'
import type { Place, Problems } from './problem.ts'

/** A value of YAML or JSON with the places where its parts stand. */
export type Tree = MapTree | ListTree | ScalarTree

export interface MapTree {
  readonly kind: 'map'
  readonly at: Place
  readonly entries: ReadonlyMap<string, Tree>
  readonly keys: ReadonlyMap<string, Place>
}

interface ListTree {
  readonly kind: 'list'
  readonly at: Place
  readonly items: readonly Tree[]
}

interface ScalarTree {
  readonly kind: 'scalar'
  readonly at: Place
  readonly value: unknown
}

/** Of the format's own nesting, with some room. */
export const MAX_DEPTH = 12

/**
 * Parses one document of YAML.
 * @param firstLine the line of the file on which the text begins.
 * @param options `fragment`: cut out of a larger text, so that an anchor can stand outside.
 * @returns undefined when it is no YAML; the reasons are with the problems. What can be understood nevertheless, such
 *   as a key that is there twice, is with the problems beside the tree.
 */
export async function parseTree(
  text: string,
  file: string,
  firstLine: number,
  problems: Problems,
  options: { readonly fragment?: boolean } = {},
): Promise<Tree | undefined> {
  // Loaded here: whoever uses the library for single calls reads no files.
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(line, 1) + firstLine - 1}:${Math.max(col, 1)}`
  }
  let document: Document.Parsed
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      strict: true,
      // It compares each key with each: the folders of a large role would take minutes. Done below.
      uniqueKeys: false,
    })
  } catch {
    // The parser is recursive; nesting deep enough ends its stack.
    problems.add(place(0), 'This is nested too deeply.')
    return undefined
  }
  const faults = [...document.errors, ...document.warnings]
  for (const fault of faults) problems.add(place(fault.pos[0]), sentence(fault.message))
  if (document.errors.length > 0) return undefined

  // An alias stands for what its anchor gave, the same object: a file of a few lines can unfold to billions.
  const anchors = new Map<string, Tree>()
  let cut = false
  const convert = (node: unknown, inherited: Place, depth: number): Tree => {
    const range = (node as { range?: readonly [number, number, number] | null } | null)?.range
    const at = range ? place(range[0]) : inherited
    if (isAlias(node)) {
      const known = anchors.get(node.source)
      if (known) return known
      cut = true
      if (!options.fragment) problems.add(at, `There is no anchor &${node.source} before this.`)
      return { kind: 'scalar', at, value: undefined }
    }
    const tree = depth > MAX_DEPTH ? tooDeep(at) : convertValue(node, at, depth)
    const anchor = (node as { anchor?: string } | null)?.anchor
    if (anchor !== undefined) anchors.set(anchor, tree)
    return tree
  }
  const tooDeep = (at: Place): Tree => {
    problems.add(at, 'This is nested too deeply.')
    return { kind: 'scalar', at, value: undefined }
  }
  const convertValue = (node: unknown, at: Place, depth: number): Tree => {
    if (isMap(node)) {
      const entries = new Map<string, Tree>()
      const keys = new Map<string, Place>()
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '?'
        const keyRange = (key as { range?: readonly [number, number, number] | null } | null)?.range
        const keyAt = keyRange ? place(keyRange[0]) : at
        if (isScalar(key) && keys.has(name))
          problems.add(keyAt, `${JSON.stringify(name.slice(0, 60))} stands here twice.`)
        keys.set(name, keyAt)
        entries.set(name, convert(value, keyAt, depth + 1))
      }
      return { kind: 'map', at, entries, keys }
    }
    if (isSeq(node))
      return { kind: 'list', at, items: node.items.map((item) => convert(item, at, depth + 1)) }
    return { kind: 'scalar', at, value: isScalar(node) ? node.value : null }
  }
  const tree = convert(document.contents, place(0), 0)
  return cut && options.fragment ? undefined : tree
}

function sentence(message: string): string {
  const line = message.split('\n')[0] as string
  return /[.!?]$/.test(line) ? line : `${line}.`
}
