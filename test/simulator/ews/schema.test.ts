import { describe, expect, test } from 'vitest'
import * as d from '../ews-driver.ts'

const ews = d.useEws()
const T = 'http://schemas.microsoft.com/exchange/services/2006/types'
const M = 'http://schemas.microsoft.com/exchange/services/2006/messages'

const user = d.smtp(d.DELEGATE)
const shape = d.folderShape()
const inbox = d.distinguished('inbox')

async function violation(body: string) {
  const answer = await ews.call(body)
  const details = d.at(answer.body, 'detail', 'MessageXml')
  return {
    status: answer.status,
    code: d.faultCode(answer),
    text: d.textAt(details, 'Violation') ?? '',
    line: Number(d.textAt(details, 'LineNumber')),
    position: Number(d.textAt(details, 'LinePosition')),
    fault: d.textAt(answer.body, 'faultstring'),
  }
}

test('a violation says what, where, and what was expected, as Exchange does', async () => {
  const found = await violation(
    '\n    <m:GetDelegate IncludePermissions="true">\n  <m:UserIds/></m:GetDelegate>',
  )
  const text = `The element 'GetDelegate' in namespace '${M}' has invalid child element 'UserIds' in namespace '${M}'. List of possible elements expected: 'Mailbox' in namespace '${M}'.`
  expect(found).toEqual({
    status: 500,
    code: 'ErrorSchemaValidation',
    text,
    fault: `The request failed schema validation: ${text}`,
    // The envelope's first four lines come before it.
    line: 6,
    position: 4,
  })
})

describe('order', () => {
  test.each([
    [
      'DelegateUsers before Mailbox',
      `<m:AddDelegate><m:DelegateUsers>${d.delegateUser(user)}</m:DelegateUsers>${d.mailboxElement()}</m:AddDelegate>`,
    ],
    [
      'DeliverMeetingRequests before DelegateUsers',
      `<m:UpdateDelegate>${d.mailboxElement()}<m:DeliverMeetingRequests>NoForward</m:DeliverMeetingRequests><m:DelegateUsers>${d.delegateUser(user)}</m:DelegateUsers></m:UpdateDelegate>`,
    ],
    ['Inbox before Tasks', d.addDelegate(d.delegateUser(user, { Inbox: 'Editor', Tasks: 'Editor' }))],
    [
      'the alphabetical order of the reference pages',
      d.addDelegate(d.delegateUser(user, { Calendar: 'Editor', Contacts: 'Editor', Inbox: 'Editor' })),
    ],
    [
      'an address before a SID',
      d.addDelegate(
        d.delegateUser(
          `<t:UserId><t:PrimarySmtpAddress>x@contoso.com</t:PrimarySmtpAddress><t:SID>S-1-5-21-1</t:SID></t:UserId>`,
        ),
      ),
    ],
    [
      'ViewPrivateItems before ReceiveCopiesOfMeetingMessages',
      d.addDelegate(
        `<t:DelegateUser>${user}<t:ViewPrivateItems>true</t:ViewPrivateItems><t:ReceiveCopiesOfMeetingMessages>true</t:ReceiveCopiesOfMeetingMessages></t:DelegateUser>`,
      ),
    ],
    [
      'FolderIds before FolderShape',
      `<m:GetFolder><m:FolderIds>${inbox}</m:FolderIds>${shape}</m:GetFolder>`,
    ],
    [
      'AdditionalProperties before BaseShape',
      `<m:GetFolder><m:FolderShape><t:AdditionalProperties><t:FieldURI FieldURI="folder:DisplayName"/></t:AdditionalProperties><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>${inbox}</m:FolderIds></m:GetFolder>`,
    ],
    [
      'ParentFolderIds before Restriction',
      `<m:FindFolder Traversal="Shallow">${shape}<m:ParentFolderIds>${inbox}</m:ParentFolderIds><m:Restriction><t:Exists><t:FieldURI FieldURI="folder:DisplayName"/></t:Exists></m:Restriction></m:FindFolder>`,
    ],
    [
      'the level before the rights',
      d.setPermissions(
        inbox,
        `<t:Permissions><t:Permission>${user}<t:PermissionLevel>Custom</t:PermissionLevel><t:CanCreateItems>true</t:CanCreateItems></t:Permission></t:Permissions>`,
      ),
    ],
    [
      'Updates before the id',
      `<m:UpdateFolder><m:FolderChanges><t:FolderChange><t:Updates><t:DeleteFolderField><t:FieldURI FieldURI="folder:PermissionSet"/></t:DeleteFolderField></t:Updates>${inbox}</t:FolderChange></m:FolderChanges></m:UpdateFolder>`,
    ],
  ])('%s is a violation', async (_what, body) => {
    const found = await violation(body)
    expect(found.code).toBe('ErrorSchemaValidation')
    expect(found.text).toMatch(/has invalid child element '\w+' in namespace/)
  })
})

describe('elements', () => {
  test.each([
    [
      'an unknown one',
      d.getDelegate().replace('</m:GetDelegate>', '<m:More/></m:GetDelegate>'),
      "invalid child element 'More'",
    ],
    [
      'one twice',
      `<m:GetDelegate IncludePermissions="true">${d.mailboxElement()}${d.mailboxElement()}</m:GetDelegate>`,
      "invalid child element 'Mailbox'",
    ],
    [
      'none where one must be',
      `<m:RemoveDelegate>${d.mailboxElement()}</m:RemoveDelegate>`,
      "has incomplete content. List of possible elements expected: 'UserIds'",
    ],
    ['an empty list', d.removeDelegate(''), "The element 'UserIds' in namespace"],
    [
      'an empty FolderIds',
      `<m:GetFolder>${shape}<m:FolderIds/></m:GetFolder>`,
      "expected: 'FolderId, DistinguishedFolderId' in namespace",
    ],
    [
      'text between elements',
      d.getDelegate().replace('<m:Mailbox>', 'hello<m:Mailbox>'),
      'cannot contain text',
    ],
    ['an element inside text', d.addDelegate(d.delegateUser(d.smtp('<t:b/>'))), 'content model is text only'],
    [
      'a permission without a level',
      d.setPermissions(inbox, `<t:Permissions><t:Permission>${user}</t:Permission></t:Permissions>`),
      'has incomplete content',
    ],
    [
      'Permissions in a CalendarFolder',
      d.setPermissions(inbox, '<t:Permissions/>', 'CalendarFolder'),
      "invalid child element 'Permissions'",
    ],
    [
      'two folders in one update',
      d.updateFolder(
        inbox,
        '<t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder/><t:Folder/></t:SetFolderField>',
      ),
      "invalid child element 'Folder'",
    ],
    [
      'two paging views',
      `<m:FindFolder Traversal="Shallow">${shape}<m:IndexedPageFolderView Offset="0" BasePoint="End"/><m:FractionalPageFolderView Numerator="0" Denominator="1"/><m:ParentFolderIds>${inbox}</m:ParentFolderIds></m:FindFolder>`,
      "invalid child element 'FractionalPageFolderView'",
    ],
  ])('%s', async (_what, body, expected) => {
    const found = await violation(body)
    expect(found.code).toBe('ErrorSchemaValidation')
    expect(found.text).toContain(expected)
  })
})

describe('attributes', () => {
  test.each([
    [
      'IncludePermissions missing',
      `<m:GetDelegate>${d.mailboxElement()}</m:GetDelegate>`,
      "The required attribute 'IncludePermissions' is missing.",
    ],
    [
      'IncludePermissions that is no boolean',
      d.getDelegate(undefined, d.OWNER, 'yes'),
      "The 'IncludePermissions' attribute is invalid - The value 'yes' is invalid according to its datatype 'http://www.w3.org/2001/XMLSchema:boolean' - The string 'yes' is not a valid Boolean value.",
    ],
    [
      'an unknown attribute',
      d.getDelegate().replace('IncludePermissions', 'More="1" IncludePermissions'),
      "The 'More' attribute is not declared.",
    ],
    ['a FolderId without Id', d.getFolder('<t:FolderId/>'), "The required attribute 'Id' is missing."],
    [
      'an unknown distinguished folder',
      d.getFolder(d.distinguished('postbox')),
      `The 'Id' attribute is invalid - The value 'postbox' is invalid according to its datatype '${T}:DistinguishedFolderIdNameType' - The Enumeration constraint failed.`,
    ],
    [
      'Traversal missing',
      `<m:FindFolder>${shape}<m:ParentFolderIds>${inbox}</m:ParentFolderIds></m:FindFolder>`,
      "The required attribute 'Traversal' is missing.",
    ],
    [
      'an unknown FieldURI',
      d.getFolder(inbox, 'IdOnly', ['folder:Nonsense']),
      "The 'FieldURI' attribute is invalid",
    ],
    [
      'a property tag that is none',
      d.getFolder(inbox, 'IdOnly', ['<t:ExtendedFieldURI PropertyTag="0xfffff" PropertyType="String"/>']),
      "The 'PropertyTag' attribute is invalid",
    ],
  ])('%s', async (_what, body, expected) => {
    const found = await violation(body)
    expect(found.code).toBe('ErrorSchemaValidation')
    expect(found.text).toContain(expected)
  })
})

describe('values', () => {
  test.each([
    [
      'a level',
      d.addDelegate(d.delegateUser(user, { Calendar: 'Owner' })),
      `The '${T}:CalendarFolderPermissionLevel' element is invalid - The value 'Owner' is invalid according to its datatype '${T}:DelegateFolderPermissionLevelType' - The Enumeration constraint failed.`,
    ],
    [
      'a level in other letters',
      d.addDelegate(d.delegateUser(user, { Calendar: 'editor' })),
      'The Enumeration constraint failed.',
    ],
    [
      'a level with a blank',
      d.addDelegate(d.delegateUser(user, { Calendar: ' Editor' })),
      'The Enumeration constraint failed.',
    ],
    [
      'a flag',
      d.addDelegate(`<t:DelegateUser>${user}<t:ViewPrivateItems>yes</t:ViewPrivateItems></t:DelegateUser>`),
      'is not a valid Boolean value',
    ],
    ['a delivery', d.updateDelegate(undefined, 'Nobody'), 'DeliverMeetingRequestsType'],
    [
      'a free/busy level on a mail folder',
      d.setPermissions(inbox, `<t:Permissions>${d.permission(user, 'FreeBusyTimeOnly')}</t:Permissions>`),
      `${T}:PermissionLevelType`,
    ],
    [
      'free/busy reading on a mail folder',
      d.setPermissions(
        inbox,
        `<t:Permissions>${d.permission(user, 'Custom', '<t:ReadItems>TimeOnly</t:ReadItems>')}</t:Permissions>`,
      ),
      `${T}:PermissionReadAccessType`,
    ],
    ['an empty address', d.getDelegate(undefined, ''), 'The actual length is less than the MinLength value.'],
    ['a base shape', d.getFolder(inbox, 'Everything'), `${T}:DefaultShapeNamesType`],
  ])('%s outside its type is a violation', async (_what, body, expected) => {
    const found = await violation(body)
    expect(found.code).toBe('ErrorSchemaValidation')
    expect(found.text).toContain(expected)
  })
})

test('the position is that of the element, also after comments, CDATA and attributes with angle brackets', async () => {
  const body = `<!-- <m:Mailbox> -->\n<m:RemoveDelegate>${d.mailboxElement()}<m:UserIds><t:UserId>\n  <t:DisplayName><![CDATA[<t:SID>]]></t:DisplayName><t:Oops a="<>"/></t:UserId></m:UserIds></m:RemoveDelegate>`
  const found = await violation(body.replace('a="<>"', 'a=">"'))
  expect(found.text).toContain("invalid child element 'Oops'")
  expect(found.line).toBe(6)
  expect(found.position).toBe('  <t:DisplayName><![CDATA[<t:SID>]]></t:DisplayName>'.length + 2)
})

test('what xsi allows everywhere is no violation', async () => {
  const answer = await ews.call(
    d
      .getDelegate()
      .replace(
        '<m:Mailbox>',
        '<m:Mailbox xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="t:EmailAddressType">',
      ),
  )
  expect(answer.status).toBe(200)
})

d.testThatEverythingWasValid(ews)
