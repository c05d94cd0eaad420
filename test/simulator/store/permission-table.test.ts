import { expect, test } from 'vitest'
import { PermissionTable, type Trustee } from '../../../src/simulator/store/permission-table.ts'
import { rightsOfLevel } from '../../../src/simulator/store/rights.ts'

const ADELE: Trustee = { kind: 'account', sid: 'S-1-5-21-1-2-3-1001' }
const reviewer = rightsOfLevel('Reviewer', 'ordinary')

test('an account has one entry, whatever the case of its SID; empty users may have several', () => {
  const table = PermissionTable.ofNewMailbox('ordinary')
  table.set(ADELE, reviewer)
  table.set({ kind: 'account', sid: 's-1-5-21-1-2-3-1001' }, rightsOfLevel('Editor', 'ordinary'))
  table.set({ kind: 'empty' }, reviewer)
  table.set({ kind: 'empty' }, reviewer)
  expect(table.entries().map((entry) => entry.trustee.kind)).toEqual([
    'default',
    'anonymous',
    'account',
    'empty',
    'empty',
  ])
  expect(table.rightsOfAccount(ADELE.sid)).toBe(rightsOfLevel('Editor', 'ordinary'))
})

test('a replaced table keeps Default when it is left out and clears Anonymous', () => {
  const table = PermissionTable.ofNewMailbox('ordinary')
  table.set({ kind: 'default' }, reviewer)
  table.set({ kind: 'anonymous' }, reviewer)
  table.set({ kind: 'external', identity: 'Owner@local' }, reviewer)
  table.replace([{ trustee: ADELE, rights: reviewer }])
  expect(table.entries()).toEqual([
    { trustee: { kind: 'default' }, rights: reviewer },
    { trustee: { kind: 'anonymous' }, rights: 0 },
    { trustee: ADELE, rights: reviewer },
  ])
})

test('removing says whether there was an entry', () => {
  const table = PermissionTable.ofNewMailbox('ordinary')
  table.set(ADELE, reviewer)
  expect(table.remove(ADELE)).toBe(true)
  expect(table.remove(ADELE)).toBe(false)
})

test('a mail folder stores no free/busy rights', () => {
  const table = PermissionTable.ofNewMailbox('ordinary')
  table.set(ADELE, 0x1c01)
  expect(table.rightsOfAccount(ADELE.sid)).toBe(0x401)
})
