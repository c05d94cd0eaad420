import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { completionsFor } from '../../src/cli/completion.ts'
import { runCli } from './run-cli.ts'

const complete = (...words: string[]) => completionsFor(words, COMMANDS)

describe('completion', () => {
  it('offers the first words of commands, then the second', () => {
    expect(complete('')).toEqual([
      ...new Set(COMMANDS.commands.map(({ name }) => name.split(' ')[0])),
      'help',
    ])
    expect(complete('fol')).toEqual(['folder-permission', 'folder'])
    expect(complete('delegate', '')).toEqual(['list', 'add', 'update', 'remove'])
    expect(complete('delegate', 'u')).toEqual(['update'])
  })

  it('offers a command’s flags, both ways of a switch, and none that was given', () => {
    expect(complete('delegate', 'add', 'a@b.c', 'd@e.f', '--cal')).toEqual(['--calendar'])
    expect(complete('delegate', 'add', 'a@b.c', 'd@e.f', '--no-')).toEqual([
      '--no-private-items',
      '--no-meeting-copies',
      '--no-wait',
    ])
    expect(complete('delegate', 'add', '--calendar', 'Editor', '--cal')).toEqual([])
  })

  it('offers the levels after a level’s flag, in any case', () => {
    expect(complete('delegate', 'add', '--calendar', '')).toEqual(['None', 'Reviewer', 'Author', 'Editor'])
    expect(complete('delegate', 'add', '--calendar', 'e')).toEqual(['Editor'])
    expect(complete('delegate', 'list', 'a@b.c', '--output', 'j')).toEqual(['json'])
  })

  it('finds the command behind flags and their values', () => {
    expect(complete('--output', 'json', 'delegate', 'l')).toEqual(['list'])
    expect(complete('-o', 'json', '--trace', 'delegate', 'l')).toEqual(['list'])
    expect(complete('--user=a', 'delegate', 'add', '--cal')).toEqual(['--calendar'])
    expect(complete('--output', 'j')).toEqual(['json'])
    expect(complete('delegate', '--url', 'x', 'l')).toEqual(['list'])
  })

  it('knows short flags, and takes them for given', () => {
    expect(complete('delegate', 'list', 'a@b.c', '-o', '')).toEqual(['text', 'json', 'csv'])
    expect(complete('delegate', 'list', '-o', 'json', '--outp')).toEqual([])
    expect(complete('delegate', 'add', '--private-items', '--no-priv')).toEqual([])
    expect(complete('delegate', 'remove', '-y', 'a@b.c', 'd@e.f', '--ye')).toEqual([])
  })

  it('offers a flag that can be repeated again', () => {
    expect(complete('mail', 'send', '--to', 'a@b.c', '--to')).toEqual(['--to', '--token-stdin'])
  })

  it('offers what a flag takes after its equals sign', () => {
    expect(complete('delegate', 'list', '--output=')).toEqual([
      '--output=text',
      '--output=json',
      '--output=csv',
    ])
    expect(complete('delegate', 'add', '--calendar=e')).toEqual(['--calendar=Editor'])
    expect(complete('delegate', 'add', '--url=')).toEqual([])
  })

  it('offers the versions of Exchange', () => {
    expect(complete('delegate', 'list', 'a@b.c', '--server-version', 'exchange2013')).toEqual([
      'Exchange2013',
      'Exchange2013_SP1',
    ])
  })

  it('offers commands after help', () => {
    expect(complete('help', 'del')).toEqual(['delegate'])
    expect(complete('help', 'delegate', 'u')).toEqual(['update'])
    expect(complete('hel')).toEqual(['help'])
    expect(complete('help', 'delegate', 'list', '')).toEqual([])
  })

  it('offers no flags after --', () => {
    expect(complete('delegate', 'add', '--', '--cal')).toEqual([])
  })

  it('offers nothing where only the person knows the value', () => {
    expect(complete('delegate', 'add', '--url', '')).toEqual([])
    expect(complete('delegate', 'list', '')).toEqual([])
  })

  it('offers folders and levels where operands want them, past flags with values', () => {
    expect(complete('folder-permission', 'set', '--user', 'admin', 'a@b.c', 'cal')).toEqual(['calendar'])
    expect(complete('folder-permission', 'set', 'a@b.c', 'calendar', 'm@b.c', 'Publishing')).toEqual([
      'PublishingEditor',
      'PublishingAuthor',
    ])
  })

  it('takes a blank for an empty word, which Windows PowerShell cannot pass', () => {
    expect(complete('delegate', ' ')).toEqual(['list', 'add', 'update', 'remove'])
  })

  it('is printed a line each for the scripts of the shells', async () => {
    const run = await runCli(['__complete', 'delegate', 'r'])
    expect(run).toMatchObject({ code: 0, stdout: 'remove\n', stderr: '' })
  })

  it.each(['bash', 'zsh', 'fish', 'powershell'])('has a script for %s', async (shell) => {
    const run = await runCli(['completion', shell])
    expect(run.code).toBe(0)
    expect(run.stdout).toContain('ews-delegates __complete')
  })

  it('takes the shell from the environment when none is named', async () => {
    expect((await runCli(['completion'], { env: { SHELL: '/usr/bin/fish' } })).stdout).toContain('for fish')
    expect(await runCli(['completion'], { env: {} })).toMatchObject({ code: 2 })
    expect((await runCli(['completion', 'bsh'])).stderr).toContain('Did you mean bash?')
  })
})
