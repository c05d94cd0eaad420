/**
 * An embedded Exchange: one store of mailboxes, folders, permissions, delegates and send rights, behind an EWS face
 * and a Graph face that know nothing of each other. It reads and writes its own messages and shares no rule with
 * the client, so that a misunderstanding on one side does not cancel itself out on the other.
 *
 * ## Modelled
 *
 * EWS, `POST /EWS/Exchange.asmx` (the path in any case), as Exchange 2016 (15.1.2507):
 * - GetDelegate, AddDelegate, UpdateDelegate, RemoveDelegate: folder permissions on the six folders, Send on Behalf
 *   in the directory, the two flags, and DeliverMeetingRequests for the whole mailbox.
 * - GetFolder, FindFolder, UpdateFolder, CreateFolder, DeleteFolder, EmptyFolder, SyncFolderHierarchy: permission sets
 *   of both shapes, EffectiveRights, display names; restrictions and paging in FindFolder.
 * - FindItem (indexed and fractional pages, calendar and contacts views, restrictions, sort orders, simple query
 *   strings), GetItem, CreateItem, UpdateItem, DeleteItem, CopyItem, MoveItem, SendItem, SyncFolderItems, and file
 *   attachments: messages, appointments and series, contacts, tasks; the properties people use, others by extended
 *   property.
 * - Meetings: requests, updates, cancellations and responses between the calendars of the tenant; delegates receive
 *   them, and the owner's copy goes, as DeliverMeetingRequests and ReceiveCopiesOfMeetingMessages say.
 * - ResolveNames, ExpandDL, ConvertId, GetServerTimeZones, GetUserConfiguration (nobody has any), GetUserAvailability.
 * - Every call is decided in `store/access.ts`: the owner, Full Access, impersonation, folder permissions with owned and
 *   all items, private items for whoever may see them, free/busy rights for the availability service alone.
 * - Permissions as MS-OXCPERM member rights; an entry of the user's own decides alone, else the union of their
 *   groups' entries, else Default. A folder made later inherits; existing ones do not change.
 * - Explicit access (DistinguishedFolderId and Mailbox) and implicit access (ids, which belong to one mailbox).
 * - Basic, Bearer and NTLM (`sign-in.ts`, `ntlm/`), over HTTP or over TLS with a certificate from an authority made for
 *   the run (`tls/`); ExchangeImpersonation with all four identifiers, for administrators and for applications with
 *   `full_access_as_app`.
 * - Requests are checked against the order, attributes and enumerations of Microsoft's schema and refused with
 *   ErrorSchemaValidation, line, position and violation.
 * - Deleted accounts leave orphans: `UnknownEntries` in permission sets, ErrorDelegateNoUser in GetDelegate.
 *
 * Graph, the sign-in service and Autodiscover: see `graph/dispatch.ts`, `entra/dispatch.ts` and
 * `autodiscover/dispatch.ts`. What goes wrong on command: `faults/fault.ts`; from outside, through `control.ts`.
 *
 * ## Not modelled, and refused by name
 *
 * - Every other EWS operation: the fault ErrorInvalidOperation, whose text names it. (ErrorInvalidRequest and the
 *   version errors would make clients repeat the request under every version they know.)
 * - SOAP headers that change as whom a request runs (SerializedSecurityContext, ManagementRole and the like), and
 *   unknown ones with mustUnderstand; a proxied or compressed request (HTTP 415); SOAP 1.2.
 * - Writing extended properties of folders; reading them gives a handful that every folder has.
 * - Of items: reading MIME content (it is written, for appointments too, as a message); items and links as attachments;
 *   post items and distribution lists; grouping and SeekToCondition pages; most of Advanced Query Syntax; regenerating
 *   tasks; changing, or cancelling for attendees, one occurrence of a series; CancelCalendarItem, RemoveItem and
 *   SuppressReadReceipt. Properties that are not modelled are left out of answers and refused in writes.
 * - Time zones of a client's own making (ErrorTimeZone), except in GetUserAvailability, which has only those;
 *   suggestions of meeting times; ids in the formats StoreId and EwsLegacyId.
 * - Group delegates, archives, public folders, federated sharing; throttling other than on command.
 *
 * ## Chosen where no document answers
 *
 * - Level of a delegate error: what concerns the mailbox or the caller (ErrorAccessDenied, ErrorNonExistentMailbox,
 *   ErrorNonPrimarySmtpAddress, ErrorInvalidMailbox) is on the root, what concerns one delegate is in that
 *   delegate's message.
 * - DeliverMeetingRequests starts as DelegatesAndSendInformationToMe, Outlook's default; AddDelegate and
 *   UpdateDelegate without a value leave it, with one set it even when every delegate is refused.
 * - The same delegate twice in one request is handled in order: the second AddDelegate finds a delegate
 *   (ErrorDelegateAlreadyExists), the second RemoveDelegate finds none (ErrorNotDelegate), two updates add up.
 * - GetDelegate by somebody else: an empty list for whoever can open something in the mailbox (asked by name:
 *   ErrorNotDelegate), else ErrorAccessDenied. Changing delegates takes the owner, Full Access, or impersonation of
 *   either; being an administrator is not enough.
 * - A level of None is no entry: the delegate is then like everybody else, and Default applies. GetDelegate leaves
 *   such folders out, as Microsoft's sample does.
 * - Send on Behalf without a delegate's flags (granted in the directory), or flags without Send on Behalf: GetDelegate
 *   answers ErrorDelegateMissingConfiguration for that delegate; UpdateDelegate mends and RemoveDelegate clears it;
 *   AddDelegate mends the former. Groups with Send on Behalf: ErrorDelegateNoUser.
 * - Meeting copies without Editor on the calendar, and groups as delegates: ErrorDelegateValidationFailed. `Custom` in
 *   a delegate request: ErrorInvalidDelegatePermission. A delegate may be named by an alias, a mailbox may not.
 * - Replacing a permission set drops orphans, external and empty entries. A set without Default keeps the Default
 *   entry (MS-OXCPERM says so of ReplaceRows), without Anonymous gives it None.
 * - Rights next to a named level are ignored, as Exchange 2013 and later do; a calendar entry without ReadAny keeps
 *   exactly the free/busy rights it was given, because None and FreeBusyTimeOnly would otherwise be the same.
 * - A new mailbox: Default and Anonymous None, on the calendar Default FreeBusyTimeOnly.
 * - Every write, of permissions too, changes the folder's ChangeKey. A stale one is ErrorIrresolvableConflict, an
 *   unreadable one ErrorInvalidChangeKey; one that is left out is not asked for, as the schema allows.
 * - Opening a folder takes Visible, ReadAny or Owner, so free/busy rights alone do not open a calendar; reading or
 *   writing its permission set or name takes Owner. A folder that is not there or may not be seen is ErrorItemNotFound
 *   in somebody else's mailbox and ErrorFolderNotFound in one's own.
 * - An item that may not be read in a folder that may be opened is ErrorAccessDenied; in one that may not, and somebody
 *   else's private item, ErrorItemNotFound. Private items are hidden whoever made them. One's own items can be read in
 *   every folder that can be opened. A target folder that is not there or may not be seen is ErrorSavedItemFolderNotFound,
 *   ErrorToFolderNotFound, ErrorParentFolderNotFound or ErrorSyncFolderNotFound.
 * - Deleting takes the right where the item is, and none on Deleted Items. A folder is deleted by whoever owns it; its
 *   contents are not recoverable. Whoever makes a folder gets no more rights on it than its parent gives.
 * - AutoResolve wants a change key (ErrorChangeKeyRequired), and like AlwaysOverwrite writes over whatever changed in
 *   between; NeverOverwrite wants the present one (ErrorIrresolvableConflict), and so does SendItem (ErrorChangeKeyRequiredForWriteOperations,
 *   ErrorStaleObject).
 * - Messages made in, or sent from, somebody else's mailbox are from its owner unless they say otherwise; sending takes
 *   Send As or Send on Behalf, Full Access is not enough. SendItem without SavedItemFolderId keeps its copy in the
 *   caller's Sent Items. Copies into other mailboxes are answered without ids, as the operation pages say.
 * - Times are answered in UTC; without a zone they are read in TimeZoneContext's, else in the appointment's
 *   StartTimeZone, else in UTC. All-day events are moved to midnight in their zone.
 * - A meeting request stands in the attendee's calendar at once, tentatively; the request goes to Deleted Items when it
 *   is answered, and a declined meeting too. Private meetings are forwarded to delegates who may see private items only.
 * - FindItem without a sort order: the newest first. A series is one item there, and one by one in a CalendarView, which
 *   takes no restriction (ErrorInvalidArgument). SyncFolderItems returns whatever is named, bodies too.
 * - The folders every mailbox has keep their names (ErrorFolderSavePropertyError).
 * - FindFolder with folder:PermissionSet is ErrorInvalidPropertyForOperation.
 * - Impersonation faults come with HTTP 500; the right is checked before the name is looked up.
 * - A request without RequestServerVersion is answered; it gets none of the properties that Exchange 2010 and 2013
 *   added unless it names them. The delegate operations refuse Exchange2007 with ErrorIncorrectSchemaVersion.
 * - A body that is not XML, cut off, or nested too deep is ErrorSchemaValidation; one above 35 MB is
 *   ErrorMessageSizeExceeded with HTTP 413; a header that is not modelled is ErrorInvalidOperation.
 *   The name of an operation in another namespace is ErrorSchemaValidation, worded as for any element out of place.
 */

export type { SigningKeys } from './authentication.ts'
export { DEFAULT_APP, DEFAULT_PASSWORD, DEFAULT_TENANT } from './default-tenant.ts'
export type {
  Busy,
  Drop,
  ExceededConnections,
  Fault,
  FaultFace,
  FaultKind,
  FaultPlan,
  FaultSelection,
  Garbage,
  GarbageKind,
  Gzip,
  Latency,
  Redirect,
  Slow,
  Status,
  Truncate,
} from './faults/fault.ts'
export { parseFaults, readFaultFile } from './faults/fault-file.ts'
export type { ActiveFault, Faults } from './faults/faults.ts'
export { type LoggedRequest, RequestLog } from './request-log.ts'
export { type Simulator, type SimulatorOptions, startSimulator, type TlsOptions } from './server.ts'
export { SIGN_IN_SCHEMES, type SignInScheme } from './sign-in.ts'
export type { Directory, Recipient, RecipientKind, SendRight } from './store/directory.ts'
export type { Exchange, StoreRandom } from './store/exchange.ts'
export type { Folder } from './store/folder.ts'
export type { Address, Item } from './store/item.ts'
export type { Mailbox } from './store/mailbox.ts'
export type { OddEntry } from './store/odd-entries.ts'
export type { PermissionEntry, PermissionTable, Trustee } from './store/permission-table.ts'
export {
  type AutodiscoverRedirect,
  parseTenant,
  readTenantFile,
  type Tenant,
  type TenantApp,
  type TenantDescription,
  type TenantGroup,
  type TenantItem,
  type TenantMailbox,
  type TenantSendRight,
} from './tenant-file.ts'
export { type Certificate, type CertificateValidity, makeApplicationCertificate } from './tls/certificate.ts'
