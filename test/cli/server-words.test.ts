import { expect, it } from 'vitest'
import { serverWords } from '../../src/cli/server-words.ts'

it('names the server and who signs in, as typed, and nothing else', () => {
  const flags = {
    url: 'https://mail.contoso.com/EWS/Exchange.asmx',
    user: 'CONTOSO\\admin',
    impersonate: 'smtp:allan@contoso.com',
    'allow-plain-http': true,
    insecure: undefined,
    'password-stdin': true,
    timeout: '5',
    calendar: 'Editor',
  }
  expect(serverWords(flags)).toEqual([
    ...['--url', flags.url, '--user', flags.user, '--impersonate', flags.impersonate],
    '--allow-plain-http',
  ])
})

it('repeats no address that holds a password', () => {
  expect(serverWords({ proxy: 'http://me:geheim@proxy:8080', url: 'https://a:geheim@mail/x' })).toEqual([])
  expect(serverWords({ proxy: 'http://proxy:8080' })).toEqual(['--proxy', 'http://proxy:8080'])
})

it('names by which right mailboxes are seen to commands on many of them alone', () => {
  const flags = { 'impersonate-owners': false, 'trust-empty-lists': true, concurrency: '2' }
  for (const command of ['apply', 'revert'])
    expect(serverWords(flags, command)).toEqual(['--no-impersonate-owners', '--trust-empty-lists'])
  expect(serverWords({ 'impersonate-owners': true, insecure: false }, 'apply')).toEqual([
    '--impersonate-owners',
  ])
  expect(serverWords(flags, 'resolve')).toEqual([])
})
