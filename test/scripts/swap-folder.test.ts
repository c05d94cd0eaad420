import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

// A script, and as such without types.
const script = join(import.meta.dirname, '..', '..', 'scripts', 'swap-folder.mjs')
const { swapFolder } = (await import(script)) as { swapFolder(next: string, target: string): void }

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'swap-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function folder(name: string, content: string): string {
  const path = join(root, name)
  mkdirSync(join(path, 'bin'), { recursive: true })
  writeFileSync(join(path, 'bin', 'program.js'), content)
  return path
}
const content = (path: string) => readFileSync(join(path, 'bin', 'program.js'), 'utf8')

describe('what was built', () => {
  test('takes the place of what was there, of which nothing stays', () => {
    const target = folder('dist', 'old')
    writeFileSync(join(target, 'removed.js'), '')
    swapFolder(folder('.build-1', 'new'), target)
    expect(content(target)).toBe('new')
    expect(readdirSync(target)).toEqual(['bin'])
    expect(readdirSync(root)).toEqual(['dist'])
  })

  test('goes where nothing was', () => {
    swapFolder(folder('.build-1', 'new'), join(root, 'dist'))
    expect(content(join(root, 'dist'))).toBe('new')
  })

  test('that is not there leaves the old one', () => {
    const target = folder('dist', 'old')
    expect(() => swapFolder(join(root, '.build-1'), target)).toThrow(/ENOENT/)
    expect(content(target)).toBe('old')
    expect(existsSync(join(root, '.build-1.old'))).toBe(false)
  })
})
