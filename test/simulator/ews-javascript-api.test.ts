import {
  BasePropertySet,
  ConnectingIdType,
  DelegateFolderPermissionLevel,
  DelegateUser,
  ExchangeService,
  ExchangeVersion,
  Folder,
  FolderId,
  FolderPermission,
  FolderPermissionLevel,
  FolderSchema,
  FolderTraversal,
  FolderView,
  ImpersonatedUserId,
  Mailbox,
  MeetingRequestsDeliveryScope,
  PermissionScope,
  PropertySet,
  SearchFilter,
  ServiceError,
  ServiceResult,
  StandardUser,
  Uri,
  UserId,
  WebCredentials,
  WellKnownFolderName,
} from 'ews-javascript-api'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { schemaDirectory, validateEnvelopes } from '../helpers/schema.ts'
import * as d from './ews-driver.ts'

/**
 * A client nobody here wrote, over HTTP: what it sends has to be understood, and what it is answered has to be what
 * it expects of Exchange. Where it is known to be wrong itself, the test says so and shows it.
 */
const ews = d.useEws()

function service(user: string = d.OWNER, version = ExchangeVersion.Exchange2013_SP1): ExchangeService {
  const result = new ExchangeService(version)
  result.Credentials = new WebCredentials(user, DEFAULT_PASSWORD)
  result.Url = new Uri(ews.simulator.ews)
  return result
}

const owner = () => new Mailbox(d.OWNER)

function delegate(address: string, levels: Partial<DelegateUser['Permissions']> = {}): DelegateUser {
  const user = new DelegateUser(address)
  Object.assign(user.Permissions, levels)
  return user
}

async function list() {
  const answer = await service().GetDelegates(owner(), true)
  return answer.DelegateUserResponses.map((response) => {
    const { UserId: user, Permissions: levels } = response.DelegateUser
    return {
      address: user?.PrimarySmtpAddress,
      calendar: DelegateFolderPermissionLevel[levels.CalendarFolderPermissionLevel],
      inbox: DelegateFolderPermissionLevel[levels.InboxFolderPermissionLevel],
      tasks: DelegateFolderPermissionLevel[levels.TasksFolderPermissionLevel],
      copies: response.DelegateUser.ReceiveCopiesOfMeetingMessages,
      privateItems: response.DelegateUser.ViewPrivateItems,
    }
  })
}

interface Failure {
  readonly ErrorCode?: number
  readonly ResponseCode?: number
  readonly LineNumber?: number
  readonly message?: string
}

/** What it threw, which is not always an Error. */
async function failure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work
  } catch (error) {
    return error as Failure
  }
  throw new Error('It did not fail.')
}

beforeEach(async () => {
  await ews.call(d.removeDelegate([d.DELEGATE, d.OTHER, d.STRANGER].map(d.smtp).join('')))
})

describe('delegates', () => {
  test('AddDelegates and GetDelegates: levels, flags and the delivery of meeting requests', async () => {
    const adele = delegate(d.DELEGATE, {
      CalendarFolderPermissionLevel: DelegateFolderPermissionLevel.Editor,
      InboxFolderPermissionLevel: DelegateFolderPermissionLevel.Reviewer,
    })
    adele.ReceiveCopiesOfMeetingMessages = true
    const megan = delegate(d.OTHER, { TasksFolderPermissionLevel: DelegateFolderPermissionLevel.Author })
    megan.ViewPrivateItems = true
    const added = await service().AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesAndMe, [
      adele,
      megan,
    ])
    expect(added.map((response) => response.Result)).toEqual([ServiceResult.Success, ServiceResult.Success])
    expect(added.map((response) => response.DelegateUser.UserId?.DisplayName)).toEqual([
      'Adele Vance',
      'Megan Bowen',
    ])

    const answer = await service().GetDelegates(owner(), true)
    expect(answer.MeetingRequestsDeliveryScope).toBe(MeetingRequestsDeliveryScope.DelegatesAndMe)
    expect(await list()).toEqual([
      {
        address: d.DELEGATE,
        calendar: 'Editor',
        inbox: 'Reviewer',
        tasks: 'None',
        copies: true,
        privateItems: false,
      },
      {
        address: d.OTHER,
        calendar: 'None',
        inbox: 'None',
        tasks: 'Author',
        copies: false,
        privateItems: true,
      },
    ])
    const { directory } = ews.simulator.exchange
    expect(directory.has(ews.recipient(d.OWNER), ews.recipient(d.DELEGATE), 'SendOnBehalf')).toBe(true)
  })

  test('GetDelegates of nobody is an empty list with the delivery of meeting requests', async () => {
    const answer = await service(d.STRANGER).GetDelegates(new Mailbox(d.STRANGER), true)
    expect(answer.DelegateUserResponses).toEqual([])
    expect(answer.MeetingRequestsDeliveryScope).toBe(
      MeetingRequestsDeliveryScope.DelegatesAndSendInformationToMe,
    )
  })

  test('GetDelegates of named users, by address and by SID', async () => {
    await service().AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, delegate(d.DELEGATE))
    const bySid = new UserId()
    bySid.SID = ews.recipient(d.DELEGATE).sid
    const answer = await service().GetDelegates(owner(), false, [bySid, new UserId(d.STRANGER)])
    expect(answer.DelegateUserResponses.map((response) => ServiceError[response.ErrorCode])).toEqual([
      'NoError',
      'ErrorNotDelegate',
    ])
    expect(answer.DelegateUserResponses[1]?.ErrorMessage).toBe('The user is not a delegate for the mailbox.')
  })

  test('a partial failure is one response among others', async () => {
    const added = await service().AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, [
      delegate(d.OWNER),
      delegate(d.DELEGATE),
      delegate('nobody@contoso.com'),
    ])
    expect(added.map((response) => ServiceError[response.ErrorCode])).toEqual([
      'ErrorDelegateCannotAddOwner',
      'NoError',
      'ErrorDelegateNoUser',
    ])
  })

  test('its own bug: of users given one by one it sends the first one last', async () => {
    const added = await service().AddDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.OWNER),
      delegate(d.DELEGATE),
    )
    const request = ews.simulator.requests.operations('AddDelegate').at(-1)?.requestBody ?? ''
    expect(request.indexOf(d.DELEGATE)).toBeLessThan(request.lastIndexOf(d.OWNER))
    expect(added.map((response) => ServiceError[response.ErrorCode])).toEqual([
      'NoError',
      'ErrorDelegateCannotAddOwner',
    ])
  })

  test('UpdateDelegates of a delegate that was read changes what was set on it', async () => {
    await service().AddDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.DELEGATE, { CalendarFolderPermissionLevel: DelegateFolderPermissionLevel.Editor }),
    )
    const [read] = (await service().GetDelegates(owner(), true)).DelegateUserResponses
    if (!read) throw new Error('There is no delegate.')
    read.DelegateUser.Permissions.InboxFolderPermissionLevel = DelegateFolderPermissionLevel.Author
    const updated = await service().UpdateDelegates(
      owner(),
      MeetingRequestsDeliveryScope.NoForward,
      read.DelegateUser,
    )
    expect(updated[0]?.Result).toBe(ServiceResult.Success)
    expect(await list()).toMatchObject([{ calendar: 'Editor', inbox: 'Author', tasks: 'None' }])
  })

  test('UpdateDelegates of a fresh object takes every other level away: it always sends all six', async () => {
    await service().AddDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.DELEGATE, { CalendarFolderPermissionLevel: DelegateFolderPermissionLevel.Editor }),
    )
    await service().UpdateDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.DELEGATE, { InboxFolderPermissionLevel: DelegateFolderPermissionLevel.Author }),
    )
    const request = ews.simulator.requests.operations('UpdateDelegate').at(-1)?.requestBody
    expect(request?.match(/FolderPermissionLevel>None</g)).toHaveLength(5)
    expect(await list()).toMatchObject([{ calendar: 'None', inbox: 'Author' }])
  })

  test('RemoveDelegates takes them away, and the second time says they are none', async () => {
    await service().AddDelegates(owner(), MeetingRequestsDeliveryScope.DelegatesOnly, delegate(d.DELEGATE))
    const remove = () => service().RemoveDelegates(owner(), new UserId(d.DELEGATE))
    expect((await remove()).map((response) => ServiceError[response.ErrorCode])).toEqual(['NoError'])
    expect((await remove()).map((response) => ServiceError[response.ErrorCode])).toEqual(['ErrorNotDelegate'])
    expect(await list()).toEqual([])
  })

  test('somebody who may not is told so', async () => {
    const error = await failure(
      service(d.STRANGER).AddDelegates(
        owner(),
        MeetingRequestsDeliveryScope.DelegatesOnly,
        delegate(d.DELEGATE),
      ),
    )
    expect(ServiceError[error.ErrorCode ?? 0]).toBe('ErrorAccessDenied')
  })
})

describe('impersonation', () => {
  test('lets an administrator manage the delegates of somebody else', async () => {
    const administrator = service(d.ADMINISTRATOR)
    administrator.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, d.OWNER)
    const added = await administrator.AddDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.DELEGATE),
    )
    expect(added[0]?.Result).toBe(ServiceResult.Success)
  })

  test('by somebody who may not is a fault with its code', async () => {
    const stranger = service(d.STRANGER)
    stranger.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, d.OWNER)
    const error = await failure(stranger.GetDelegates(owner(), true))
    // A fault's code lies elsewhere than a response's in this client.
    expect(ServiceError[error.ResponseCode ?? 0]).toBe('ErrorImpersonateUserDenied')
  })
})

describe('folders', () => {
  const withPermissions = () =>
    new PropertySet(BasePropertySet.FirstClassProperties, [FolderSchema.Permissions])
  /** The list is there, but not in the type. */
  const items = (folder: Folder) => (folder.Permissions as unknown as { Items: FolderPermission[] }).Items
  const entryOf = (folder: Folder, address: string) =>
    items(folder).find((item) => item.UserId.PrimarySmtpAddress === address)
  const entriesOf = (name: string) => ews.folder(d.OWNER, name).permissions.entries().length
  const explicit = (name: WellKnownFolderName) => new FolderId(name, owner())

  function entries(folder: Folder) {
    return items(folder).map((entry) => [
      entry.UserId.PrimarySmtpAddress ??
        (entry.UserId.StandardUser === null ? null : StandardUser[entry.UserId.StandardUser as StandardUser]),
      FolderPermissionLevel[entry.PermissionLevel],
    ])
  }

  test('Folder.Bind by name and owner, then by the id it returned', async () => {
    await service().AddDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.DELEGATE, { CalendarFolderPermissionLevel: DelegateFolderPermissionLevel.Editor }),
    )
    const adele = service(d.DELEGATE)
    const calendar = await Folder.Bind(adele, explicit(WellKnownFolderName.Calendar))
    expect(calendar.constructor.name).toBe('CalendarFolder')
    expect(calendar.DisplayName).toBe('Calendar')
    const again = await Folder.Bind(adele, new FolderId(calendar.Id.UniqueId))
    expect(again.Id.UniqueId).toBe(ews.folder(d.OWNER, 'calendar').id)

    const error = await failure(Folder.Bind(adele, explicit(WellKnownFolderName.Inbox)))
    expect(ServiceError[error.ErrorCode ?? 0]).toBe('ErrorItemNotFound')
  })

  test('permissions are read with their levels, on mail folders and calendars', async () => {
    await service().AddDelegates(
      owner(),
      MeetingRequestsDeliveryScope.DelegatesOnly,
      delegate(d.DELEGATE, {
        CalendarFolderPermissionLevel: DelegateFolderPermissionLevel.Editor,
        InboxFolderPermissionLevel: DelegateFolderPermissionLevel.Reviewer,
      }),
    )
    const calendar = await Folder.Bind(service(), explicit(WellKnownFolderName.Calendar), withPermissions())
    expect(entries(calendar)).toEqual([
      ['Default', 'FreeBusyTimeOnly'],
      ['Anonymous', 'None'],
      [d.DELEGATE, 'Editor'],
    ])
    const inbox = await Folder.Bind(service(), explicit(WellKnownFolderName.Inbox), withPermissions())
    expect(entries(inbox)).toEqual([
      ['Default', 'None'],
      ['Anonymous', 'None'],
      [d.DELEGATE, 'Reviewer'],
    ])
  })

  test('an entry is added, changed and removed, and the others stay', async () => {
    const bind = () => Folder.Bind(service(), explicit(WellKnownFolderName.Inbox), withPermissions())
    const folder = await bind()
    folder.Permissions.Add(new FolderPermission(d.DELEGATE, FolderPermissionLevel.PublishingEditor))
    await folder.Update()
    expect(entries(await bind())).toEqual([
      ['Default', 'None'],
      ['Anonymous', 'None'],
      [d.DELEGATE, 'PublishingEditor'],
    ])

    const changed = await bind()
    const entry = entryOf(changed, d.DELEGATE)
    if (!entry) throw new Error('There is no entry.')
    entry.PermissionLevel = FolderPermissionLevel.Contributor
    changed.Permissions.Add(new FolderPermission(d.OTHER, FolderPermissionLevel.Author))
    await changed.Update()
    expect(entries(await bind())).toEqual([
      ['Default', 'None'],
      ['Anonymous', 'None'],
      [d.DELEGATE, 'Contributor'],
      [d.OTHER, 'Author'],
    ])

    const less = await bind()
    for (const item of [...items(less)]) {
      if (item.UserId.PrimarySmtpAddress) less.Permissions.Remove(item)
    }
    await less.Update()
    expect(entries(await bind())).toEqual([
      ['Default', 'None'],
      ['Anonymous', 'None'],
    ])
  })

  test('custom rights are read as they are', async () => {
    ews
      .folder(d.OWNER, 'journal')
      .permissions.set({ kind: 'account', sid: ews.recipient(d.DELEGATE).sid }, 0x402 | 0x10 | 0x200)
    const read = entryOf(
      await Folder.Bind(service(), explicit(WellKnownFolderName.Journal), withPermissions()),
      d.DELEGATE,
    )
    expect([read?.CanCreateItems, read?.CanCreateSubFolders, read?.IsFolderContact]).toEqual([
      true,
      false,
      true,
    ])
    expect(FolderPermissionLevel[read?.PermissionLevel ?? -1]).toBe('Custom')
  })

  test('its own bug: it writes the scopes of custom rights as numbers, which the schema refuses', async () => {
    const folder = await Folder.Bind(service(), explicit(WellKnownFolderName.Contacts), withPermissions())
    const custom = new FolderPermission(d.DELEGATE, FolderPermissionLevel.None)
    custom.CanCreateItems = true
    custom.DeleteItems = PermissionScope.Owned
    folder.Permissions.Add(custom)
    const error = await failure(folder.Update())
    expect(ServiceError[error.ResponseCode ?? 0]).toBe('ErrorSchemaValidation')
    const request = ews.simulator.requests.operations('UpdateFolder').at(-1)
    expect(request?.requestBody).toContain('<t:DeleteItems>1</t:DeleteItems>')
    expect(request?.responseBody).toContain("The value '1' is invalid")
    expect(entriesOf('contacts')).toBe(2)
  })

  test('a folder that was changed in between is a conflict', async () => {
    const folder = await Folder.Bind(service(), explicit(WellKnownFolderName.Notes), withPermissions())
    ews.folder(d.OWNER, 'notes').touch()
    folder.Permissions.Add(new FolderPermission(d.DELEGATE, FolderPermissionLevel.Reviewer))
    const error = await failure(folder.Update())
    expect(ServiceError[error.ErrorCode ?? 0]).toBe('ErrorIrresolvableConflict')
  })

  test('its own bug: with an unknown entry in the list it reads no permissions at all, and says nothing', async () => {
    ews.simulator.plantOddEntry(d.OWNER, 'tasks', { unknownEntry: 'S-1-5-21-9-9-9-9' })
    const folder = await Folder.Bind(service(), explicit(WellKnownFolderName.Tasks), withPermissions())
    const answer = ews.simulator.requests.operations('GetFolder').at(-1)?.responseBody
    expect(answer).toContain(
      '<t:UnknownEntries><t:UnknownEntry>S-1-5-21-9-9-9-9</t:UnknownEntry></t:UnknownEntries>',
    )
    expect(answer?.match(/<t:Permission>/g)).toHaveLength(2)
    expect(items(folder)).toEqual([])
  })

  test('FindFolders pages through folders and filters them', async () => {
    for (const displayName of ['One', 'Two', 'Three']) {
      ews
        .mailbox(d.OWNER)
        .createFolder(ews.folder(d.OWNER, 'drafts'), { displayName, folderClass: 'IPF.Note' })
    }
    const view = new FolderView(2)
    view.Traversal = FolderTraversal.Deep
    const first = await service().FindFolders(explicit(WellKnownFolderName.Drafts), view)
    expect(first.Folders.map((folder) => folder.DisplayName)).toEqual(['One', 'Three'])
    // It reads IndexedPagingOffset and then forgets it: NextPageOffset is always null for folders.
    expect([first.TotalCount, first.MoreAvailable, first.NextPageOffset]).toEqual([3, true, null])
    view.Offset = 2
    const second = await service().FindFolders(explicit(WellKnownFolderName.Drafts), view)
    expect(second.Folders.map((folder) => folder.DisplayName)).toEqual(['Two'])
    expect(second.MoreAvailable).toBe(false)

    const filter = new SearchFilter.ContainsSubstring(FolderSchema.DisplayName, 't')
    const found = await service().FindFolders(
      explicit(WellKnownFolderName.Drafts),
      filter,
      new FolderView(10),
    )
    expect(found.Folders.map((folder) => folder.DisplayName)).toEqual(['Three', 'Two'])
  })

  test('a folder is renamed', async () => {
    const made = ews
      .mailbox(d.OWNER)
      .createFolder(ews.folder(d.OWNER, 'outbox'), { displayName: 'Before', folderClass: 'IPF.Note' })
    const folder = await Folder.Bind(service(), new FolderId(made.id))
    folder.DisplayName = 'Afterwards'
    await folder.Update()
    expect(made.displayName).toBe('Afterwards')
    // Its own bug: it does not escape text, so this is no XML.
    folder.DisplayName = 'This & that'
    const error = await failure(folder.Update())
    expect(ServiceError[error.ResponseCode ?? 0]).toBe('ErrorSchemaValidation')
    expect(made.displayName).toBe('Afterwards')
  })
})

describe('versions and refusals', () => {
  test.each([
    ExchangeVersion.Exchange2007_SP1,
    ExchangeVersion.Exchange2010_SP2,
    ExchangeVersion.Exchange2013,
    ExchangeVersion.Exchange2016,
  ])('the version %s works', async (version) => {
    const exchange = service(d.OWNER, version)
    expect((await exchange.GetDelegates(owner(), true)).DelegateUserResponses).toEqual([])
    expect(exchange.ServerInfo.MajorVersion).toBe(15)
    expect(exchange.ServerInfo.VersionString).toBe('Exchange2016')
  })

  test('an operation that is not modelled is refused by name', async () => {
    const error = await failure(service().GetRoomLists())
    expect(ServiceError[error.ResponseCode ?? 0]).toBe('ErrorInvalidOperation')
    expect(error.message).toContain('GetRoomLists is not modelled')
  })

  test('a wrong password is 401', async () => {
    const exchange = service()
    exchange.Credentials = new WebCredentials(d.OWNER, 'wrong')
    await failure(exchange.GetDelegates(owner(), true))
    expect(ews.simulator.requests.entries().at(-1)?.status).toBe(401)
  })
})

const answers: { name: string; xml: string }[] = []
afterAll(() => answers.splice(0))

test.skipIf(!schemaDirectory)('every answer it was given is valid against the schemas', async () => {
  for (const [index, entry] of ews.simulator.requests.entries().entries()) {
    if (entry.responseBody !== '') answers.push({ name: `answer-${index}.xml`, xml: entry.responseBody })
  }
  expect(answers.length).toBeGreaterThan(50)
  expect(await validateEnvelopes(answers)).toEqual([])
})
