import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts'
import type { Recipient } from '../../src/simulator/store/directory.ts'
import type { Folder } from '../../src/simulator/store/folder.ts'
import type { Mailbox } from '../../src/simulator/store/mailbox.ts'
import { childText, type Element, findChild, findChildren, parseXml } from '../../src/xml/element.ts'
import { type NamedXml, schemaDirectory, validateEnvelopes } from '../helpers/schema.ts'

/** Everything here is written by hand: the simulator is not to be tested with the client's own XML. */

export const OWNER = 'AllanD@contoso.com'
export const DELEGATE = 'AdeleV@contoso.com'
export const OTHER = 'MeganB@contoso.com'
export const STRANGER = 'PattiF@contoso.com'
export const ADMINISTRATOR = 'admin@contoso.com'

const M = 'http://schemas.microsoft.com/exchange/services/2006/messages'
const T = 'http://schemas.microsoft.com/exchange/services/2006/types'
const S = 'http://schemas.xmlsoap.org/soap/envelope/'

export interface Call {
  /** Who signs in; the owner unless given. */
  readonly as?: string
  readonly authorization?: string
  /** The contents of `s:Header`; a plain RequestServerVersion unless given. */
  readonly header?: string
  readonly httpHeaders?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The first element in the body. */
  readonly body: Element
}

export interface EwsDriver {
  readonly simulator: Simulator
  /** Sends a body in an envelope. */
  call(body: string, options?: Call): Promise<Answer>
  /** Sends a whole document. */
  post(envelope: string | Uint8Array, options?: Call): Promise<Answer>
  recipient(address: string): Recipient
  mailbox(address: string): Mailbox
  folder(address: string, name: string): Folder
  /** Leaves the last request and its answer out of what is checked against the schemas. */
  forgetLast(): void
}

/**
 * Starts one simulator for the tests of a file, and ends the file with a test that every answer it gave is valid
 * against Microsoft's schemas, and every request too that was not refused for its schema.
 */
export function useEws(options: () => SimulatorOptions = () => ({})): EwsDriver {
  let simulator: Simulator | undefined
  const running = (): Simulator => {
    if (!simulator) throw new Error('The simulator is not running.')
    return simulator
  }
  const seen: NamedXml[] = []
  beforeAll(async () => {
    simulator = await startSimulator(options())
  })
  afterAll(() => running().close())

  async function post(envelope: string | Uint8Array, call: Call = {}): Promise<Answer> {
    const response = await fetch(running().ews, {
      method: 'POST',
      headers: {
        'content-type': 'text/xml; charset=utf-8',
        authorization: call.authorization ?? basic(call.as ?? OWNER),
        ...call.httpHeaders,
      },
      body: envelope,
    })
    const text = await response.text()
    const body = text === '' ? EMPTY : (findChild(parseXml(text), 'Body', S)?.children[0] ?? EMPTY)
    const number = seen.length
    if (text !== '') seen.push({ name: `answer-${number}.xml`, xml: text })
    if (typeof envelope === 'string' && response.status === 200) {
      seen.push({ name: `request-${number}.xml`, xml: envelope })
    }
    return { status: response.status, headers: response.headers, text, body }
  }

  return {
    get simulator() {
      return running()
    },
    post,
    call: (body, call = {}) => post(envelope(body, call.header), call),
    recipient: (address) => {
      const found = running().exchange.directory.find(address)
      if (!found) throw new Error(`There is no ${address}.`)
      return found
    },
    mailbox(address) {
      const found = running().exchange.mailboxOf(this.recipient(address))
      if (!found) throw new Error(`${address} has no mailbox.`)
      return found
    },
    folder(address, name) {
      const found = this.mailbox(address).distinguished(name)
      if (!found) throw new Error(`${address} has no ${name}.`)
      return found
    },
    forgetLast() {
      seen.splice(-2)
    },
    // The last test of a file calls it.
    ...{ seen },
  }
}

/** Call this last in a file. */
export function testThatEverythingWasValid(driver: EwsDriver): void {
  test.skipIf(!schemaDirectory)('every request and answer above is valid against the schemas', async () => {
    const { seen } = driver as EwsDriver & { seen: NamedXml[] }
    expect(await validateEnvelopes(seen)).toEqual([])
  })
}

export function basic(address: string, password: string = DEFAULT_PASSWORD): string {
  return `Basic ${Buffer.from(`${address}:${password}`).toString('base64')}`
}

export function envelope(
  body: string,
  header = '<t:RequestServerVersion Version="Exchange2013_SP1"/>',
): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="${S}" xmlns:m="${M}" xmlns:t="${T}">
  <s:Header>${header}</s:Header>
  <s:Body>${body}</s:Body>
</s:Envelope>`
}

export function impersonate(address: string): string {
  return `<t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>${address}</t:SmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`
}

export function mailboxElement(address: string = OWNER): string {
  return `<m:Mailbox><t:EmailAddress>${address}</t:EmailAddress></m:Mailbox>`
}

export function smtp(address: string): string {
  return `<t:UserId><t:PrimarySmtpAddress>${address}</t:PrimarySmtpAddress></t:UserId>`
}

export function sid(text: string): string {
  return `<t:UserId><t:SID>${text}</t:SID></t:UserId>`
}

/** A `t:DelegateUser`: levels by the folder's wire name, then the flags. */
export function delegateUser(
  userId: string,
  levels: Readonly<Record<string, string>> = {},
  flags: { copies?: boolean | number; privateItems?: boolean | number } = {},
): string {
  const permissions = Object.entries(levels)
    .map(([folder, level]) => `<t:${folder}FolderPermissionLevel>${level}</t:${folder}FolderPermissionLevel>`)
    .join('')
  return `<t:DelegateUser>${userId}${
    permissions && `<t:DelegatePermissions>${permissions}</t:DelegatePermissions>`
  }${
    flags.copies === undefined
      ? ''
      : `<t:ReceiveCopiesOfMeetingMessages>${flags.copies}</t:ReceiveCopiesOfMeetingMessages>`
  }${flags.privateItems === undefined ? '' : `<t:ViewPrivateItems>${flags.privateItems}</t:ViewPrivateItems>`}</t:DelegateUser>`
}

export function addDelegate(users: string, deliver?: string, owner: string = OWNER): string {
  return `<m:AddDelegate>${mailboxElement(owner)}<m:DelegateUsers>${users}</m:DelegateUsers>${deliverElement(deliver)}</m:AddDelegate>`
}

export function updateDelegate(users?: string, deliver?: string, owner: string = OWNER): string {
  return `<m:UpdateDelegate>${mailboxElement(owner)}${
    users === undefined ? '' : `<m:DelegateUsers>${users}</m:DelegateUsers>`
  }${deliverElement(deliver)}</m:UpdateDelegate>`
}

export function getDelegate(users?: string, owner: string = OWNER, includePermissions = 'true'): string {
  return `<m:GetDelegate IncludePermissions="${includePermissions}">${mailboxElement(owner)}${
    users === undefined ? '' : `<m:UserIds>${users}</m:UserIds>`
  }</m:GetDelegate>`
}

export function removeDelegate(users: string, owner: string = OWNER): string {
  return `<m:RemoveDelegate>${mailboxElement(owner)}<m:UserIds>${users}</m:UserIds></m:RemoveDelegate>`
}

export function distinguished(name: string, owner?: string, changeKey?: string): string {
  const key = changeKey === undefined ? '' : ` ChangeKey="${changeKey}"`
  return owner === undefined
    ? `<t:DistinguishedFolderId Id="${name}"${key}/>`
    : `<t:DistinguishedFolderId Id="${name}"${key}><t:Mailbox><t:EmailAddress>${owner}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
}

export function folderId(id: string, changeKey?: string): string {
  return `<t:FolderId Id="${id}"${changeKey === undefined ? '' : ` ChangeKey="${changeKey}"`}/>`
}

export function getFolder(ids: string, base = 'IdOnly', fields: readonly string[] = []): string {
  return `<m:GetFolder>${folderShape(base, fields)}<m:FolderIds>${ids}</m:FolderIds></m:GetFolder>`
}

/** Fields are FieldURIs, or whole path elements. */
export function folderShape(base = 'IdOnly', fields: readonly string[] = []): string {
  const paths = fields
    .map((field) => (field.startsWith('<') ? field : `<t:FieldURI FieldURI="${field}"/>`))
    .join('')
  return `<m:FolderShape><t:BaseShape>${base}</t:BaseShape>${
    paths && `<t:AdditionalProperties>${paths}</t:AdditionalProperties>`
  }</m:FolderShape>`
}

/** An UpdateFolder that replaces a permission set; `set` is what stands inside `t:PermissionSet`. */
export function setPermissions(id: string, set: string, element = 'Folder'): string {
  return updateFolder(
    id,
    `<t:SetFolderField><t:FieldURI FieldURI="folder:PermissionSet"/><t:${element}><t:PermissionSet>${set}</t:PermissionSet></t:${element}></t:SetFolderField>`,
  )
}

export function updateFolder(id: string, updates: string): string {
  return `<m:UpdateFolder><m:FolderChanges><t:FolderChange>${id}<t:Updates>${updates}</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`
}

export function permission(userId: string, level: string, rights = '', element = 'Permission'): string {
  return `<t:${element}>${userId}${rights}<t:${element}Level>${level}</t:${element}Level></t:${element}>`
}

export const DEFAULT_USER = '<t:UserId><t:DistinguishedUser>Default</t:DistinguishedUser></t:UserId>'
export const ANONYMOUS_USER = '<t:UserId><t:DistinguishedUser>Anonymous</t:DistinguishedUser></t:UserId>'

/** Code and text of one response message, or of a root that is one. */
export function outcome(message: Element): string {
  const code = childText(message, 'ResponseCode', M) ?? ''
  const text = childText(message, 'MessageText', M)
  return text === undefined ? code : `${code}: ${text}`
}

/** The response messages of an answer. */
export function messages(answer: Answer): Element[] {
  return [...(findChild(answer.body, 'ResponseMessages', M)?.children ?? [])]
}

export function codes(answer: Answer): string[] {
  return messages(answer).map((message) => childText(message, 'ResponseCode', M) ?? '')
}

/** The code of a fault, which has to be one. */
export function faultCode(answer: Answer): string | undefined {
  if (answer.body.name !== 'Fault') return undefined
  const detail = findChild(answer.body, 'detail')
  return detail && childText(detail, 'ResponseCode')
}

/** An element's descendant by a path of local names. */
export function at(element: Element | undefined, ...path: string[]): Element | undefined {
  return path.reduce<Element | undefined>((here, name) => here && findChild(here, name), element)
}

export function textAt(element: Element | undefined, ...path: string[]): string | undefined {
  return at(element, ...path)?.text.trim()
}

/** A permission set in short: who has which level. */
export function levels(folder: Element | undefined): Record<string, string> {
  const set = at(folder, 'PermissionSet')
  const list = at(set, 'Permissions') ?? at(set, 'CalendarPermissions')
  const result: Record<string, string> = {}
  for (const entry of list?.children ?? []) {
    const user = at(entry, 'UserId')
    const name =
      textAt(user, 'DistinguishedUser') ??
      textAt(user, 'PrimarySmtpAddress') ??
      textAt(user, 'ExternalUserIdentity') ??
      '(empty)'
    result[name] = textAt(entry, 'PermissionLevel') ?? textAt(entry, 'CalendarPermissionLevel') ?? ''
  }
  return result
}

/** The folders of a GetFolder, UpdateFolder or FindFolder answer's messages; undefined where there is none. */
export function folders(answer: Answer): (Element | undefined)[] {
  return messages(answer).map((message) => at(message, 'Folders')?.children[0])
}

export { findChildren }

function deliverElement(value: string | undefined): string {
  return value === undefined ? '' : `<m:DeliverMeetingRequests>${value}</m:DeliverMeetingRequests>`
}

const EMPTY: Element = { name: '', namespace: '', attributes: {}, children: [], text: '' }

// --- items ---------------------------------------------------------------------------------------------------------

/** Fields are FieldURIs, or whole path elements. */
export function itemShape(base = 'IdOnly', fields: readonly string[] = [], more = ''): string {
  const paths = fields
    .map((field) => (field.startsWith('<') ? field : `<t:FieldURI FieldURI="${field}"/>`))
    .join('')
  return `<m:ItemShape><t:BaseShape>${base}</t:BaseShape>${more}${
    paths && `<t:AdditionalProperties>${paths}</t:AdditionalProperties>`
  }</m:ItemShape>`
}

export interface FindOptions {
  readonly base?: string
  readonly fields?: readonly string[]
  /** A view, whole. */
  readonly view?: string
  /** What stands inside `m:Restriction`. */
  readonly restriction?: string
  /** What stands inside `m:SortOrder`. */
  readonly sort?: string
  readonly query?: string
  readonly traversal?: string
}

/** A FindItem; `parents` are folder ids. */
export function findItem(parents: string, options: FindOptions = {}): string {
  const { base, fields, view = '', restriction, sort, query, traversal = 'Shallow' } = options
  return `<m:FindItem Traversal="${traversal}">${itemShape(base, fields)}${view}${
    restriction === undefined ? '' : `<m:Restriction>${restriction}</m:Restriction>`
  }${sort === undefined ? '' : `<m:SortOrder>${sort}</m:SortOrder>`}<m:ParentFolderIds>${parents}</m:ParentFolderIds>${
    query === undefined ? '' : `<m:QueryString>${query}</m:QueryString>`
  }</m:FindItem>`
}

export function getItem(ids: string, base = 'IdOnly', fields: readonly string[] = [], more = ''): string {
  return `<m:GetItem>${itemShape(base, fields, more)}<m:ItemIds>${ids}</m:ItemIds></m:GetItem>`
}

/** A CreateItem; `attributes` as they stand in the element, `folder` a folder id. */
export function createItem(
  items: string,
  attributes = 'MessageDisposition="SaveOnly"',
  folder?: string,
): string {
  return `<m:CreateItem ${attributes}>${
    folder === undefined ? '' : `<m:SavedItemFolderId>${folder}</m:SavedItemFolderId>`
  }<m:Items>${items}</m:Items></m:CreateItem>`
}

/** An UpdateItem of one item; `updates` stand inside `t:Updates`. */
export function updateItem(
  id: string,
  updates: string,
  attributes = 'ConflictResolution="AutoResolve" MessageDisposition="SaveOnly" SendMeetingInvitationsOrCancellations="SendToNone"',
): string {
  return `<m:UpdateItem ${attributes}><m:ItemChanges><t:ItemChange>${id}<t:Updates>${updates}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`
}

/** Sets one property; `element` is the item's, `value` the property's, whole. */
export function setField(field: string, element: string, value: string): string {
  const path = field.startsWith('<') ? field : `<t:FieldURI FieldURI="${field}"/>`
  return `<t:SetItemField>${path}<t:${element}>${value}</t:${element}></t:SetItemField>`
}

export function deleteItem(
  ids: string,
  type = 'MoveToDeletedItems',
  attributes = 'SendMeetingCancellations="SendToNone" AffectedTaskOccurrences="AllOccurrences"',
): string {
  return `<m:DeleteItem DeleteType="${type}" ${attributes}><m:ItemIds>${ids}</m:ItemIds></m:DeleteItem>`
}

export function moveCopy(operation: 'CopyItem' | 'MoveItem', ids: string, folder: string): string {
  return `<m:${operation}><m:ToFolderId>${folder}</m:ToFolderId><m:ItemIds>${ids}</m:ItemIds></m:${operation}>`
}

export function sendItem(ids: string, folder?: string, saves = true): string {
  return `<m:SendItem SaveItemToFolder="${saves}"><m:ItemIds>${ids}</m:ItemIds>${
    folder === undefined ? '' : `<m:SavedItemFolderId>${folder}</m:SavedItemFolderId>`
  }</m:SendItem>`
}

/** A `t:ItemId`, from an answer's or from the store's item. */
export function itemId(item: Element | { entryId: string; changeKey?: string }): string {
  const found = 'entryId' in item ? undefined : at(item, 'ItemId')
  const [id, key] =
    'entryId' in item ? [item.entryId, item.changeKey] : [found?.attributes.Id, found?.attributes.ChangeKey]
  return `<t:ItemId Id="${id}"${key === undefined ? '' : ` ChangeKey="${key}"`}/>`
}

/** A `t:Mailbox`. */
export function mailbox(address: string): string {
  return `<t:Mailbox><t:EmailAddress>${address}</t:EmailAddress></t:Mailbox>`
}

/** The items of all messages of an answer. */
export function items(answer: Answer): Element[] {
  return messages(answer).flatMap((message) => [
    ...((at(message, 'Items') ?? at(message, 'RootFolder', 'Items'))?.children ?? []),
  ])
}

/** The subjects of a FindItem's items. */
export function subjects(answer: Answer): (string | undefined)[] {
  return items(answer).map((item) => textAt(item, 'Subject'))
}
