import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

// A script, and as such without types.
const script = join(import.meta.dirname, '..', '..', 'scripts', 'swap-folder.mjs')
const { removeLeftovers, swapFolder } = (await import(script)) as {
  swapFolder(next: string, target: string): void
  removeLeftovers(prefix: string, target: string): void
}

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

/** From now on it is two hours later. */
function twoHoursLater(): void {
  const later = Date.now() + 7_200_000
  vi.spyOn(Date, 'now').mockReturnValue(later)
}
afterEach(() => vi.restoreAllMocks())

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

  test('is not kept from its place by another that gets there while the old one is put back', () => {
    const target = folder('dist', 'old')
    const next = folder('.build-1', 'new')
    const { renameSync } = fs
    const calls: string[] = []
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      calls.push(String(from))
      if (calls.length === 2) throw Object.assign(new Error('EPERM'), { code: 'EPERM' })
      if (calls.length === 3) folder('dist', 'of another build')
      renameSync(from, to)
    })
    syncBuiltinESMExports()
    try {
      swapFolder(next, target)
    } finally {
      vi.restoreAllMocks()
      syncBuiltinESMExports()
    }
    expect(calls.slice(0, 3)).toEqual([target, next, `${next}.old`])
    expect(content(target)).toBe('new')
    expect(readdirSync(root)).toEqual(['dist'])
  })
})

describe('what builds left behind that were killed', () => {
  test('goes after an hour, and not before', () => {
    const target = folder('dist', 'new')
    folder('.build-1', 'half')
    folder('.build-1.old', 'old')
    removeLeftovers('.build-', target)
    expect(readdirSync(root).sort()).toEqual(['.build-1', '.build-1.old', 'dist'])
    twoHoursLater()
    removeLeftovers('.build-', target)
    expect(readdirSync(root)).toEqual(['dist'])
    expect(content(target)).toBe('new')
  })

  test('is put back where nothing else is', () => {
    const target = join(root, 'dist')
    folder('.build-1', 'half')
    folder('.build-1.old', 'old')
    twoHoursLater()
    removeLeftovers('.build-', target)
    expect(content(target)).toBe('old')
    expect(readdirSync(root)).toEqual(['dist'])
  })

  test('is not what another build has just set aside, however long ago that was built', () => {
    const target = folder('dist', 'new')
    const old = folder('.build-1.old', 'old')
    utimesSync(old, new Date(0), new Date(0))
    removeLeftovers('.build-', target)
    expect(content(old)).toBe('old')
  })
})
