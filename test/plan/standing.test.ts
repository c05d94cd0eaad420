import { describe, expect, test } from 'vitest'
import type { Grant, MailboxState } from '../../src/model/mailbox-state.ts'
import { rightsOf } from '../../src/model/mailbox-state.ts'
import type { DelegateGrantChange } from '../../src/model/mailbox-step.ts'
import { levelOf } from '../../src/model/permission-level.ts'
import { standingsOf } from '../../src/plan/standing.ts'

const ann = { smtpAddress: 'ann@contoso.com' }

/** Nobody is a delegate, and Ann has at most this on the tasks. */
function stateOf(grant: Grant | undefined): MailboxState {
  const rights = rightsOf(grant ?? 'None')
  const entries = grant ? [{ user: ann, rights, level: levelOf(rights, 'ordinary') }] : []
  return {
    mailbox: 'owner@contoso.com',
    delegates: [],
    folders: [{ folder: 'tasks', permissions: { kind: 'ordinary', entries, unknownEntries: [] } }],
  }
}
const standing = (grant: Grant | undefined, change: Partial<DelegateGrantChange>) => {
  const after = { levels: { tasks: 'None' as const } }
  return standingsOf(stateOf(grant), {
    type: 'delegates',
    action: 'add',
    changes: [{ user: ann, after, ...change }],
  })
}

describe('the addition of a delegate', () => {
  test.each<[string, Grant | undefined, Partial<DelegateGrantChange>]>([
    ['nothing is there', undefined, {}],
    ['it takes what it knows of', 'Contributor', { replaces: { tasks: 'Contributor' } }],
    ['it gives what is there', 'Editor', { after: { levels: { tasks: 'Editor' } } }],
  ])('is to be made where %s', (_, grant, change) => {
    expect(standing(grant, change)).toEqual(['todo'])
  })

  test.each<[string, Grant, Partial<DelegateGrantChange>]>([
    ['was given since', 'Contributor', {}],
    ['forbids what Default allows', 'None', {}],
    ['is another by now', 'Owner', { replaces: { tasks: 'Contributor' } }],
    ['is more than it gives', 'Editor', { after: { levels: { tasks: 'Reviewer' } } }],
  ])('takes away no entry that %s', (_, grant, change) => {
    expect(standing(grant, change)).toEqual(['moved'])
  })
})
