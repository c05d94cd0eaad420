import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { FLAG_HINTS, flagHint } from '../../src/cli/flag-hints.ts'
import { allFlags } from '../../src/cli/flags.ts'

/** The library alone: it knows no flags. */
const library = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/^(?:cli|simulator)\b/.test(path))
  .map((path) => readFileSync(join('src', path), 'utf8'))
  .join('\n')

it.each(FLAG_HINTS)('“%s” is a hint of the library, and becomes “%s”', (words, typed) => {
  expect(library).toContain(words)
  const flags = allFlags(COMMANDS)
  for (const [, name = ''] of typed.matchAll(/--([a-z-]+)/g)) expect(Object.keys(flags)).toContain(name)
  expect(flagHint(`Before ${words} after.`)).toBe(`Before ${typed} after.`)
})

it('leaves other hints as they are', () => {
  expect(flagHint('Check the network.')).toBe('Check the network.')
})
