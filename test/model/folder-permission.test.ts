import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import {
  comparePermissions,
  editPermissions,
  type FolderPermission,
  type PermissionSet,
  type WritablePermission,
} from '../../src/model/folder-permission.ts'
import { completeRights, LEVEL_RIGHTS, levelOf, NAMED_LEVELS } from '../../src/model/permission-level.ts'
import { userKey } from '../../src/model/user-ref.ts'
import { anyRights } from '../helpers/rights-arbitrary.ts'

const entry = (user: FolderPermission['user'], level: keyof typeof LEVEL_RIGHTS): FolderPermission => ({
  user,
  level,
  rights: LEVEL_RIGHTS[level],
})
const everybody = [
  entry({ distinguishedUser: 'Default' }, 'FreeBusyTimeOnly'),
  entry({ distinguishedUser: 'Anonymous' }, 'None'),
]
const megan = { sid: 'S-1-5-21-7', smtpAddress: 'megan@contoso.com', displayName: 'Megan Bowen' }
const calendar = (...entries: FolderPermission[]): PermissionSet => ({
  kind: 'calendar',
  entries: [...everybody, ...entries],
  unknownEntries: [],
})

describe('editPermissions', () => {
  test('a new entry is added and nobody else changes', () => {
    const present = calendar(entry(megan, 'Reviewer'))
    const edited = editPermissions(present, { set: [{ user: 'alex@contoso.com', level: 'Editor' }] })
    expect(edited.entries.map((item) => [userKey(item.user), item.level])).toEqual([
      ['Default', 'FreeBusyTimeOnly'],
      ['Anonymous', 'None'],
      ['sid:S-1-5-21-7', 'Reviewer'],
      ['smtp:alex@contoso.com', 'Editor'],
    ])
    expect(edited.changes).toHaveLength(1)
  })

  test('an entry is found by address or by SID, and written under one identifier', () => {
    const present = calendar(entry(megan, 'Reviewer'))
    for (const user of ['MEGAN@contoso.com', 'S-1-5-21-7']) {
      const edited = editPermissions(present, { set: [{ user, level: 'Author' }] })
      expect(edited.entries).toHaveLength(3)
      expect(edited.entries[2]).toEqual({
        user: { sid: 'S-1-5-21-7' },
        level: 'Author',
        rights: LEVEL_RIGHTS.Author,
      })
      expect(edited.changes).toEqual([
        {
          user: megan,
          before: present.entries[2],
          after: { user: megan, level: 'Author', rights: LEVEL_RIGHTS.Author },
        },
      ])
    }
  })

  test('setting what is there already is no change', () => {
    expect(
      editPermissions(calendar(entry(megan, 'Reviewer')), {
        set: [{ user: 'megan@contoso.com', level: 'Reviewer' }],
      }).changes,
    ).toEqual([])
  })

  test('rights that make a named level are written under its name', () => {
    const { entries } = editPermissions(calendar(), {
      set: [{ user: 'alex@contoso.com', rights: { readItems: 'FullDetails', folderVisible: true } }],
    })
    expect(entries.at(-1)?.level).toBe('Reviewer')
  })

  test('a removal takes one entry away; one who has none is reported', () => {
    const edited = editPermissions(calendar(entry(megan, 'Reviewer')), {
      remove: ['megan@contoso.com', 'alex@contoso.com'],
    })
    expect(edited.entries).toHaveLength(2)
    expect(edited.changes).toEqual([{ user: megan, before: entry(megan, 'Reviewer') }])
    expect(edited.notFound).toEqual([{ smtpAddress: 'alex@contoso.com' }])
  })

  test('Default can be set but not removed', () => {
    expect(
      editPermissions(calendar(), { set: [{ user: 'Default', level: 'Reviewer' }] }).entries[0]?.level,
    ).toBe('Reviewer')
    expect(() => editPermissions(calendar(), { remove: ['Default'] })).toThrow('cannot be removed')
  })

  test('Default and Anonymous are written even when the list that was read lacks them', () => {
    const { entries } = editPermissions(
      { kind: 'ordinary', entries: [], unknownEntries: [] },
      { set: [{ user: 'a@b.c', level: 'Reviewer' }] },
    )
    expect(entries.map((item) => userKey(item.user))).toEqual(['smtp:a@b.c', 'Default', 'Anonymous'])
  })

  test('entries without a user, or with an external one, are set apart as unwritable', () => {
    const odd = [entry({}, 'Reviewer'), entry({ externalUser: 'Member@local' }, 'Reviewer')]
    const edited = editPermissions(calendar(...odd), { set: [{ user: 'a@b.c', level: 'Reviewer' }] })
    expect(edited.unwritable).toEqual(odd)
    expect(edited.entries).toHaveLength(3)
  })

  test.each([
    ['the same user twice', { set: [{ user: 'a@b.c', level: 'Editor' as const }], remove: ['A@B.c'] }],
    [
      'one entry by address and by SID',
      { set: [{ user: 'megan@contoso.com', level: 'Editor' as const }], remove: ['S-1-5-21-7'] },
    ],
    ['nothing', {}],
    ['a level and rights', { set: [{ user: 'a@b.c', level: 'Editor', rights: {} } as never] }],
    ['Custom by name', { set: [{ user: 'a@b.c', level: 'Custom' } as never] }],
  ])('an edit that names %s is refused', (_, edit) => {
    expect(() => editPermissions(calendar(entry(megan, 'Reviewer')), edit)).toThrow(InvalidInputError)
  })

  test.each([
    [{ level: 'FreeBusyTimeOnly' as const }],
    [{ rights: { readItems: 'TimeAndSubjectAndLocation' as const } }],
  ])('%j is refused on a folder that is no calendar', (grant) => {
    const inbox: PermissionSet = { kind: 'ordinary', entries: everybody, unknownEntries: [] }
    expect(() => editPermissions(inbox, { set: [{ user: 'a@b.c', ...grant } as never] })).toThrow(
      'only calendar folders',
    )
  })
})

describe('whatever the list and the edit', () => {
  const rights = anyRights()
  // Users 0 to 9, of which some have only a SID, some only an address, some both.
  const number = fc.integer({ min: 0, max: 9 })
  const identity = (n: number) => ({
    ...(n % 3 === 0 ? {} : { smtpAddress: `user${n}@contoso.com` }),
    ...(n % 3 === 1 ? {} : { sid: `S-1-5-21-${n}` }),
  })
  const reference = (n: number) => (n % 3 === 0 ? `S-1-5-21-${n}` : `User${n}@contoso.com`)
  const present = fc.uniqueArray(fc.tuple(number, rights), { selector: ([n]) => n }).map(
    (users): PermissionSet =>
      calendar(
        ...users.map(([n, given]) => ({
          user: identity(n),
          level: levelOf(given, 'calendar'),
          rights: given,
        })),
      ),
  )
  const grant = fc.oneof(
    fc.constantFrom(...NAMED_LEVELS).map((level) => ({ level })),
    rights.map((given) => ({ rights: given })),
  )
  const edit = fc
    .uniqueArray(fc.tuple(number, fc.option(grant)), { selector: ([n]) => n, minLength: 1 })
    .map((named) => ({
      numbers: named.map(([n]) => n),
      edit: {
        set: named.flatMap(([n, given]) => (given ? [{ user: reference(n), ...given } as never] : [])),
        remove: named.flatMap(([n, given]) => (given ? [] : [reference(n)])),
      },
      wanted: new Map(named.map(([n, given]) => [n, given])),
    }))
  const isUser = (n: number) => (item: { user: object }) =>
    JSON.stringify(item.user).match(new RegExp(`(user${n}@|21-${n}")`, 'i')) !== null

  // As a server answers it: whatever identifier was written, all that the user has.
  const answered = (item: WritablePermission): FolderPermission => {
    const known = Array.from({ length: 10 }, (_, n) => n).find((n) => isUser(n)(item))
    return { ...item, user: known === undefined ? { ...item.user } : identity(known) }
  }

  test('those who are not named keep their exact rights; those who are have what the edit says; both always stand once', () => {
    fc.assert(
      fc.property(present, edit, (list, { numbers, edit: change, wanted }) => {
        const { entries } = editPermissions(list, change)
        for (let n = 0; n < 10; n++) {
          const before = list.entries.find(isUser(n))
          const after = entries.filter(isUser(n))
          if (!numbers.includes(n)) {
            expect(after.map((item) => item.rights)).toEqual(before ? [before.rights] : [])
            continue
          }
          const given = wanted.get(n)
          const expected = !given
            ? []
            : 'rights' in given
              ? [completeRights(given.rights)]
              : [LEVEL_RIGHTS[given.level]]
          expect(after.map((item) => item.rights)).toEqual(expected)
        }
        const keys = entries.map((item) => userKey(item.user))
        expect(new Set(keys).size).toBe(keys.length)
        expect(keys).toEqual(expect.arrayContaining(['Default', 'Anonymous']))
      }),
      { numRuns: 500 },
    )
  })

  test('editing twice changes nothing the second time', () => {
    fc.assert(
      fc.property(present, edit, (list, { edit: change }) => {
        const first = editPermissions(list, change)
        const again = editPermissions({ ...list, entries: first.entries.map(answered) }, change)
        expect(again.changes).toEqual([])
      }),
    )
  })

  test('a list that was written as edited compares as equal, and any other right as a difference', () => {
    fc.assert(
      fc.property(present, edit, rights, (list, { edit: change }, other) => {
        const { entries } = editPermissions(list, change)
        const readBack = { ...list, entries: entries.map(answered) }
        expect(comparePermissions(entries, readBack)).toEqual([])
        const last = readBack.entries.at(-1)
        if (!last || JSON.stringify(last.rights) === JSON.stringify(other)) return
        const changed = {
          ...readBack,
          entries: [
            ...readBack.entries.slice(0, -1),
            { ...last, rights: { ...last.rights, folderVisible: !last.rights.folderVisible } },
          ],
        }
        expect(comparePermissions(entries, changed)).toHaveLength(1)
      }),
    )
  })
})

test('a lost entry and an unexpected one are both named', () => {
  const wanted = editPermissions(calendar(), { set: [{ user: 'a@b.c', level: 'Editor' }] }).entries
  expect(comparePermissions(wanted, calendar(entry({ smtpAddress: 'x@b.c' }, 'Reviewer')))).toEqual([
    'a@b.c has no entry.',
    'x@b.c has an entry that was not written.',
  ])
})

test('an entry of None for Anonymous, which is written along with a list that lacks it, is no difference', () => {
  const [everybody] = calendar().entries
  const found = (...entries: FolderPermission[]) => ({ ...calendar(), entries })
  const wanted = everybody ? [{ ...everybody, user: { distinguishedUser: 'Default' as const } }] : []
  const anonymous = (level: 'None' | 'Reviewer') => entry({ distinguishedUser: 'Anonymous' }, level)
  expect(comparePermissions(wanted, found(...calendar().entries, anonymous('None')))).toEqual([])
  expect(comparePermissions(wanted, found(...calendar().entries.slice(0, 1), anonymous('Reviewer')))).toEqual(
    ['Anonymous has an entry that was not written.'],
  )
})
