import { beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../ews-driver.ts'
import * as d from '../../ews-driver.ts'

const ews = d.useEws()

beforeAll(async () => {
  const mailbox = ews.mailbox(d.OWNER)
  const inbox = ews.folder(d.OWNER, 'inbox')
  for (const displayName of ['Projects', 'archive 2025', 'Émile', 'Zürich']) {
    mailbox.createFolder(inbox, { displayName, folderClass: 'IPF.Note' })
  }
  const projects = inbox.children().find((folder) => folder.displayName === 'Projects')
  if (projects) mailbox.createFolder(projects, { displayName: 'Apollo', folderClass: 'IPF.Note' })
  await ews.call(d.addDelegate(d.delegateUser(d.smtp(d.DELEGATE), { Calendar: 'Editor', Inbox: 'Reviewer' })))
  mailbox.createFolder(inbox, { displayName: 'Made later', folderClass: 'IPF.Note' })
})

interface Find {
  readonly in?: string
  readonly traversal?: string
  readonly shape?: string
  readonly view?: string
  readonly restriction?: string
}

function findFolder(find: Find = {}): string {
  return `<m:FindFolder Traversal="${find.traversal ?? 'Shallow'}">${find.shape ?? d.folderShape('Default')}${find.view ?? ''}${
    find.restriction === undefined ? '' : `<m:Restriction>${find.restriction}</m:Restriction>`
  }<m:ParentFolderIds>${find.in ?? d.distinguished('inbox')}</m:ParentFolderIds></m:FindFolder>`
}

function names(answer: Answer, at = 0): (string | undefined)[] | undefined {
  return d
    .at(d.messages(answer)[at], 'RootFolder', 'Folders')
    ?.children.map((folder) => d.textAt(folder, 'DisplayName'))
}

function page(answer: Answer) {
  return d.at(d.messages(answer)[0], 'RootFolder')?.attributes
}

const IN_INBOX = ['archive 2025', 'Made later', 'Projects', 'Zürich', 'Émile']

test('Shallow finds what is directly inside, Deep everything, parents first, SoftDeleted nothing', async () => {
  expect(names(await ews.call(findFolder()))).toEqual(IN_INBOX)
  expect(names(await ews.call(findFolder({ traversal: 'Deep' })))).toEqual([
    'archive 2025',
    'Made later',
    'Projects',
    'Apollo',
    'Zürich',
    'Émile',
  ])
  expect(names(await ews.call(findFolder({ traversal: 'SoftDeleted' })))).toEqual([])
})

test('without a view the answer is the whole and says so', async () => {
  expect(page(await ews.call(findFolder()))).toEqual({
    TotalItemsInView: '5',
    IncludesLastItemInRange: 'true',
  })
})

test('msgfolderroot holds the well-known folders, each as the element of its class', async () => {
  const answer = await ews.call(findFolder({ in: d.distinguished('msgfolderroot') }))
  const found = d.at(d.messages(answer)[0], 'RootFolder', 'Folders')?.children ?? []
  expect(
    Object.fromEntries(found.map((folder) => [d.textAt(folder, 'DisplayName'), folder.name])),
  ).toMatchObject({
    Calendar: 'CalendarFolder',
    Contacts: 'ContactsFolder',
    Tasks: 'TasksFolder',
    Inbox: 'Folder',
    'Sent Items': 'Folder',
  })
})

test('several parents have a message each, in order', async () => {
  const answer = await ews.call(
    findFolder({ in: d.distinguished('calendar') + d.distinguished('voicemail') + d.distinguished('inbox') }),
  )
  expect(d.codes(answer)).toEqual(['NoError', 'ErrorFolderNotFound', 'NoError'])
  expect(names(answer, 2)).toEqual(IN_INBOX)
})

describe('paging', () => {
  const indexed = (attributes: string) => `<m:IndexedPageFolderView ${attributes}/>`

  test('pages from the beginning join up to the whole', async () => {
    const seen: (string | undefined)[] = []
    for (let offset = 0; ; ) {
      const answer = await ews.call(
        findFolder({ view: indexed(`MaxEntriesReturned="2" Offset="${offset}" BasePoint="Beginning"`) }),
      )
      seen.push(...(names(answer) ?? []))
      const attributes = page(answer)
      expect(attributes?.TotalItemsInView).toBe('5')
      offset = Number(attributes?.IndexedPagingOffset)
      if (attributes?.IncludesLastItemInRange === 'true') break
    }
    expect(seen).toEqual(IN_INBOX)
  })

  test('pages from the end do too', async () => {
    const first = await ews.call(
      findFolder({ view: indexed('MaxEntriesReturned="3" Offset="0" BasePoint="End"') }),
    )
    expect(names(first)).toEqual(IN_INBOX.slice(2))
    expect(page(first)).toEqual({
      IndexedPagingOffset: '3',
      TotalItemsInView: '5',
      IncludesLastItemInRange: 'false',
    })
    const second = await ews.call(
      findFolder({ view: indexed('MaxEntriesReturned="3" Offset="3" BasePoint="End"') }),
    )
    expect(names(second)).toEqual(IN_INBOX.slice(0, 2))
    expect(page(second)?.IncludesLastItemInRange).toBe('true')
  })

  test('an offset beyond the end is an empty last page', async () => {
    const answer = await ews.call(
      findFolder({ view: indexed('MaxEntriesReturned="3" Offset="50" BasePoint="Beginning"') }),
    )
    expect(names(answer)).toEqual([])
    expect(page(answer)?.IncludesLastItemInRange).toBe('true')
  })

  test('a fractional view starts at its fraction', async () => {
    const answer = await ews.call(
      findFolder({
        view: '<m:FractionalPageFolderView MaxEntriesReturned="2" Numerator="1" Denominator="2"/>',
      }),
    )
    expect(names(answer)).toEqual(IN_INBOX.slice(2, 4))
    expect(page(answer)).toMatchObject({ NumeratorOffset: '4', AbsoluteDenominator: '5' })
  })

  test.each([
    [indexed('MaxEntriesReturned="0" Offset="0" BasePoint="Beginning"'), 'ErrorInvalidPagingMaxRows'],
    [indexed('Offset="-1" BasePoint="Beginning"'), 'ErrorInvalidIndexedPagingParameters'],
    ['<m:FractionalPageFolderView Numerator="3" Denominator="2"/>', 'ErrorInvalidFractionalPagingParameters'],
  ])('%s is refused', async (view, code) => {
    expect(d.codes(await ews.call(findFolder({ view })))).toEqual([code])
  })
})

describe('restrictions', () => {
  const name = '<t:FieldURI FieldURI="folder:DisplayName"/>'
  const constant = (value: string) =>
    `<t:FieldURIOrConstant><t:Constant Value="${value}"/></t:FieldURIOrConstant>`
  const contains = (value: string, attributes: string) =>
    `<t:Contains ${attributes}>${name}<t:Constant Value="${value}"/></t:Contains>`
  const equals = (value: string) => `<t:IsEqualTo>${name}${constant(value)}</t:IsEqualTo>`

  test.each([
    [equals('projects'), ['Projects']],
    [
      `<t:IsNotEqualTo>${name}${constant('Projects')}</t:IsNotEqualTo>`,
      IN_INBOX.filter((it) => it !== 'Projects'),
    ],
    [contains('proj', 'ContainmentMode="Prefixed" ContainmentComparison="IgnoreCase"'), ['Projects']],
    [contains('proj', 'ContainmentMode="Prefixed" ContainmentComparison="Exact"'), []],
    [contains('20', 'ContainmentMode="PrefixOnWords" ContainmentComparison="Exact"'), ['archive 2025']],
    [
      contains('c', 'ContainmentMode="Substring" ContainmentComparison="Exact"'),
      ['archive 2025', 'Projects', 'Zürich'],
    ],
    [
      contains(
        'emile',
        'ContainmentMode="FullString" ContainmentComparison="IgnoreCaseAndNonSpacingCharacters"',
      ),
      ['Émile'],
    ],
    [`<t:Or>${equals('Projects')}${equals('Zürich')}</t:Or>`, ['Projects', 'Zürich']],
    [`<t:And>${equals('Projects')}${equals('Zürich')}</t:And>`, []],
    [`<t:Not>${equals('Projects')}</t:Not>`, IN_INBOX.filter((it) => it !== 'Projects')],
    [
      `<t:IsGreaterThan><t:FieldURI FieldURI="folder:ChildFolderCount"/>${constant('0')}</t:IsGreaterThan>`,
      ['Projects'],
    ],
    ['<t:Exists><t:FieldURI FieldURI="folder:FolderClass"/></t:Exists>', IN_INBOX],
    [
      `<t:IsEqualTo><t:ExtendedFieldURI PropertyTag="0x3613" PropertyType="String"/>${constant('IPF.Note')}</t:IsEqualTo>`,
      IN_INBOX,
    ],
  ])('%s', async (restriction, expected) => {
    expect(names(await ews.call(findFolder({ restriction })))).toEqual(expected)
  })

  test.each([
    [
      `<t:IsEqualTo><t:FieldURI FieldURI="folder:PermissionSet"/>${constant('x')}</t:IsEqualTo>`,
      'ErrorUnsupportedPathForQuery',
    ],
    [
      `<t:IsEqualTo><t:FieldURI FieldURI="item:Subject"/>${constant('x')}</t:IsEqualTo>`,
      'ErrorInvalidPropertyRequest',
    ],
    [`<t:Or>${equals('x').repeat(300)}</t:Or>`, 'ErrorRestrictionTooComplex'],
  ])(
    'a restriction that cannot be evaluated is refused, also where nothing would be found',
    async (restriction, code) => {
      expect(d.codes(await ews.call(findFolder({ restriction, in: d.distinguished('drafts') })))).toEqual([
        code,
      ])
    },
  )
})

describe('as a delegate', () => {
  test('a folder made after the delegate was added inherits, existing ones do not change', async () => {
    const answer = await ews.call(findFolder({ in: d.distinguished('inbox', d.OWNER), traversal: 'Deep' }), {
      as: d.DELEGATE,
    })
    expect(names(answer)).toEqual(['Made later'])
    expect(page(answer)?.TotalItemsInView).toBe('1')
  })

  test('a parent that may not be opened is not found', async () => {
    const answer = await ews.call(findFolder({ in: d.distinguished('msgfolderroot', d.OWNER) }), {
      as: d.DELEGATE,
    })
    expect(d.messages(answer).map(d.outcome)).toEqual([
      'ErrorItemNotFound: The specified object was not found in the store.',
    ])
  })
})

test('the permission set cannot be found with', async () => {
  const answer = await ews.call(findFolder({ shape: d.folderShape('IdOnly', ['folder:PermissionSet']) }))
  expect(d.codes(answer)).toEqual(['ErrorInvalidPropertyForOperation'])
})

d.testThatEverythingWasValid(ews)
