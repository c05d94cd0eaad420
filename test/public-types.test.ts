import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '..', 'src')
const index = readFileSync(join(src, 'index.ts'), 'utf8')
const exported = new Set(
  [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace(/^\s*type /, '').trim()),
  ),
)

/** What grants are made of, and what programs that apply them hold in their hands. */
const files = [
  ...readdirSync(join(src, 'plan')).map((name) => join('plan', name)),
  ...['mailbox-state', 'mailbox-step', 'folder-name', 'grant-mode'].map((name) =>
    join('model', `${name}.ts`),
  ),
  join('backends', 'backend.ts'),
]

test('every type that is named by what the library exports for grants is exported too', () => {
  const texts = files.map((file) =>
    readFileSync(join(src, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
  )
  const types = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name),
    ),
  )
  // An interface to its end, a type to the next blank line, a function to its body.
  const SHAPES = [
    /^export interface (\w+)([\s\S]*?)^\}/gm,
    /^export type (\w+)([\s\S]*?)(?:\n\n|$(?![\s\S]))/gm,
    /^export (?:async )?function\*? (\w+)([\s\S]*?) \{$/gm,
  ]
  const missing = texts.flatMap((text) =>
    SHAPES.flatMap((shape) =>
      [...text.matchAll(shape)]
        .filter(([, name = '']) => exported.has(name))
        .flatMap(([, name = '', body = '']) =>
          [...body.matchAll(/(?<!['.\w])[A-Z]\w*/g)]
            .filter(([used]) => types.has(used) && !exported.has(used))
            .map(([used]) => `${used}, of ${name}`),
        ),
    ),
  )
  expect([...new Set(missing)]).toEqual([])
  expect(types.size).toBeGreaterThan(50)
})
