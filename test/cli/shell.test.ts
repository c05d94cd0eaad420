import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { programName, shellCommand, shellQuote } from '../../src/cli/shell.ts'

describe('shellCommand', () => {
  it('quotes what a shell would take apart and leaves plain words alone', () => {
    expect(shellCommand('ews-delegates', 'delegate', 'list', "o'brien@contoso.com", 'a b', '$(id)')).toBe(
      "ews-delegates delegate list 'o'\\''brien@contoso.com' 'a b' '$(id)'",
    )
  })

  it.runIf(process.platform !== 'win32')('gives a shell back exactly the word', () => {
    for (const word of ["it's", '$HOME', '`id`', '!x', '\\', '"', '', 'a\nb']) {
      const echoed = execFileSync('/bin/sh', ['-c', `printf %s ${shellQuote(word)}`], { encoding: 'utf8' })
      expect(echoed).toBe(word)
    }
  })
})

describe('programName', () => {
  it('is what works: npx for whoever came through npm', () => {
    expect(programName({})).toBe('ews-delegates')
    expect(programName({ npm_lifecycle_event: 'start' })).toBe('npx ews-delegates')
  })
})
