/**
 * ews-delegates: grant mailbox delegates and folder permissions over Exchange Web Services, and prove each grant by
 * sending through Microsoft Graph.
 *
 * The embedded Exchange is `ews-delegates/simulator`.
 */

// biome-ignore-all assist/source/organizeImports: grouped by what they are for, as a table of contents.

// The EWS client
export { DEFAULT_BATCH_SIZE, MAX_BATCH_SIZE } from './ews/batch.ts'
export {
  type DelegateWriteOptions,
  EwsClient,
  type EwsClientOptions,
  type FindFoldersOptions,
  type GetDelegatesOptions,
  type PlannedFolderPermissions,
  type ResolveNamesOptions,
  type UpdatedFolderPermissions,
  type UpdateFolderPermissionsOptions,
  type UpsertOutcome,
} from './ews/client.ts'
export {
  type BatchOptions,
  type CreateItemsOptions,
  type DeleteItemsOptions,
  EwsItems,
  type FindItemsOptions,
  type GetItemsOptions,
  type SendItemsOptions,
  type UpdateItemsOptions,
} from './ews/items.ts'

// Signing in
export type { Authenticator } from './auth/authenticator.ts'
export { basic } from './auth/basic.ts'
export { bearer, type TokenProvider } from './auth/bearer.ts'
export { readCertificate } from './auth/certificate.ts'
export { clientCertificate } from './auth/client-certificate.ts'
export { kerberos, type KerberosOptions } from './auth/kerberos.ts'
export {
  type AccessToken,
  DEFAULT_GRAPH_SCOPES,
  type DeviceCode,
  type MicrosoftSignIn,
  type MicrosoftSignInMethod,
  type MicrosoftSignInOptions,
  msal,
  type TokenResource,
} from './auth/msal.ts'
export { ntlm, type NtlmCredentials, type NtlmOptions } from './auth/ntlm.ts'
export { fileTokenCache, systemTokenCache, type TokenCache } from './auth/token-cache.ts'
export { readTokenClaims, type TokenClaims } from './auth/token-claims.ts'

// Finding the server, and what is wrong with a connection
export {
  discover,
  type DiscoverOptions,
  type DiscoveryResult,
  type DiscoveryStep,
  requireEwsUrl,
} from './discovery/discover.ts'
export { fileDiscoveryCache } from './discovery/discovery-cache.ts'
export { doctor, type DoctorOptions } from './doctor/doctor.ts'
export type { DoctorStep } from './doctor/step.ts'

// Users, delegates, levels and rights
export type { DelegateOutcome } from './ews/elements/delegate-response.ts'
export {
  type Delegate,
  DELEGATE_FOLDERS,
  type DelegateFolder,
  type DelegateInput,
  type DelegateLevels,
  DELIVER_MEETING_REQUESTS,
  type DeliverMeetingRequests,
} from './model/delegate.ts'
export {
  type EditedPermissions,
  editPermissions,
  type FolderPermission,
  type PermissionChange,
  type PermissionEdit,
  type PermissionInput,
  type PermissionSet,
  type WritablePermission,
} from './model/folder-permission.ts'
export {
  type CalendarPermissionLevel,
  DELEGATE_LEVELS,
  type DelegateLevel,
  type DelegateLevelRead,
  type FolderKind,
  type FolderRights,
  type ItemScope,
  LEVEL_RIGHTS,
  levelOf,
  NAMED_LEVELS,
  type NamedLevel,
  type PermissionLevel,
  type ReadAccess,
} from './model/permission-level.ts'
export {
  describeUser,
  type DistinguishedUser,
  type UserIdentity,
  type UserInput,
  type UserRef,
} from './model/user-ref.ts'

// Folders: explicit and implicit access
export type { EffectiveRights, Folder } from './ews/elements/folder.ts'
export type { CreatedFolder } from './ews/operations/create-folder.ts'
export type { DeletedFolder } from './ews/operations/delete-folder.ts'
export {
  DISTINGUISHED_FOLDERS,
  type DistinguishedFolder,
  type ExplicitFolder,
  explicitFolder,
  folderById,
  type FolderId,
  type FolderTarget,
  ownFolder,
} from './model/folder-target.ts'
export type { NewFolder } from './model/new-folder.ts'

// Items, and people by name
export type { MovedItem } from './ews/elements/move-copy.ts'
export type { Page, PageRequest } from './ews/elements/page.ts'
export type { CreatedItem } from './ews/operations/create-item.ts'
export type { DeletedItem } from './ews/operations/delete-item.ts'
export type { ItemOutcome } from './ews/operations/get-item.ts'
export type { ResolvedName, ResolveNamesOutput } from './ews/operations/resolve-names.ts'
export type { MeetingResponse } from './ews/operations/respond-to-meeting.ts'
export type { SentItem } from './ews/operations/send-item.ts'
export type { UpdatedItem } from './ews/operations/update-item.ts'
export type { DateTimeInput } from './model/date-time.ts'
export type { EmailAddress, EmailAddressInput } from './model/email-address.ts'
export {
  type CalendarView,
  DEFAULT_PAGE_SIZE,
  type FolderTraversal,
  type ItemTraversal,
  MAX_PAGE_SIZE,
  type SortKey,
} from './model/find-view.ts'
export { CONFLICT_RESOLUTIONS, type ConflictResolution, type ItemChange } from './model/item-change.ts'
export { itemById, type ItemId, type ItemIdInput } from './model/item-id.ts'
export {
  AFFECTED_TASK_OCCURRENCES,
  type AffectedTaskOccurrences,
  DELETE_TYPES,
  type DeleteType,
  MESSAGE_DISPOSITIONS,
  MEETING_ANSWERS,
  type MeetingAnswer,
  type MessageDisposition,
  SEND_MEETING_INVITATIONS,
  SEND_MEETING_UPDATES,
  type SendMeetingInvitations,
  type SendMeetingUpdates,
} from './model/item-rules.ts'
export type { ItemShape } from './model/item-shape.ts'
export {
  type Attachment,
  type AttachmentContent,
  type Attendee,
  type Body,
  type CalendarItem,
  type Contact,
  type ExtendedProperty,
  type FreeBusyStatus,
  type Importance,
  type Item,
  ITEM_TYPES,
  type ItemType,
  type MeetingMessage,
  type MeetingRequest,
  type Message,
  type NewAttachment,
  type NewItem,
  type OtherItem,
  type PostalAddress,
  type ResponseType,
  type Sensitivity,
  type Task,
  type TaskStatus,
} from './model/item.ts'
export type { ExtendedPropertyPath, IndexedPropertyPath, PropertyPath } from './model/property-path.ts'
export type { Recurrence, RecurrencePattern } from './model/recurrence.ts'
export type { ResolveNamesScope } from './model/resolved-name.ts'
export type { Restriction } from './model/restriction.ts'

// EWS operations, for callers who build on them
export type { Impersonation } from './ews/envelope.ts'
export type { Caller, Finding, Members, Operation, Outcome, Refusal, Settle } from './ews/operation.ts'
export {
  addDelegate,
  copyItem,
  createFolder,
  createItem,
  deleteFolder,
  deleteItem,
  expandDl,
  findFolder,
  findItem,
  getAttachment,
  getDelegate,
  getFolder,
  getItem,
  moveItem,
  removeDelegate,
  resolveNames,
  respondToMeeting,
  sendItem,
  updateDelegate,
  updateFolder,
  updateItem,
} from './ews/operations/index.ts'
export type { Notice } from './ews/perform.ts'
export { EXCHANGE_VERSIONS, type ExchangeVersion, type ServerVersion } from './ews/versions.ts'

// Sending through Graph
export type { AttachmentInput } from './graph/attachment.ts'
export type { BatchOutcome, BatchRequest } from './graph/batch.ts'
export {
  type Accepted,
  GraphClient,
  type GraphClientOptions,
  type ListFoldersOptions,
  type ListMessagesOptions,
  type MailboxOptions,
  type ReadOptions,
} from './graph/client.ts'
export type { MailFolder } from './graph/mail-folder.ts'
export type { FollowUpFlag, GraphMessage, InternetMessageHeader, MessageInput } from './graph/message.ts'
export { buildMime } from './graph/mime.ts'
export type { MailAddress, RecipientInput } from './graph/recipient.ts'
export {
  GRAPH_VERSIONS,
  type GraphRequest,
  type GraphVersion,
  type MailboxInput,
  odataText,
} from './graph/request.ts'
export type { SignedIn } from './graph/session.ts'
export { needsDraft, prepareSendMail, type SendMailInput, type SendMimeInput } from './graph/send-mail.ts'
export { type Cloud, type CloudName, CLOUDS, parseCloud } from './model/clouds.ts'

// Proving a grant
export { type DenialLayer, parseSendResult, SEND_RESULTS, type SendResult } from './proof/classify.ts'
export type { Denial, Finding as ProofFinding, Presence, Proof } from './proof/proof.ts'
export { leftBehindOf, type ProofProgress, proveSend, type ProveSendOptions } from './proof/prove-send.ts'
export { allAsExpected, type ProofOutcome, proveSends, type ProveSendsOptions } from './proof/prove-sends.ts'

// Grants for many mailboxes: describe, plan, apply, go on, put back
export type { Backend, ChangeOutcome, GroupMember, ListedFolder, ReadRequest } from './backends/backend.ts'
export { ewsBackend, type EwsBackendOptions } from './backends/ews-backend.ts'
export { type FolderName, parseFolderName } from './model/folder-name.ts'
export { GRANT_MODES, type GrantMode } from './model/grant-mode.ts'
export type {
  DelegateProblem,
  FolderState,
  Grant,
  MailboxState,
  MissingFolder,
} from './model/mailbox-state.ts'
export type {
  DelegateGrant,
  DelegateGrantChange,
  DelegatesStep,
  DeliveryChange,
  EntryChange,
  FolderStep,
  MailboxStep,
} from './model/mailbox-step.ts'
export {
  applyGrants,
  type ApplyOptions,
  applyPlans,
  type MailboxResult,
  type StepResult,
} from './plan/apply.ts'
export {
  accessOf,
  type AccessPath,
  audit,
  type AuditFinding,
  type AuditFindingKind,
  type AuditOptions,
  FINDING_KINDS,
  fixesOf,
  type MailboxAccess,
  type MailboxAudit,
  type UnknownGroup,
} from './plan/audit.ts'
export type { DesiredDelegate, DesiredFolder, DesiredMailbox, DesiredPermission } from './plan/desired.ts'
export type { DiffOptions } from './plan/diff.ts'
export {
  type ExportedMailbox,
  exportMailboxes,
  type ExportOptions,
  type FolderScope,
  writeGrantsJsonLines,
  writeGrantsYaml,
} from './plan/export.ts'
export { GRANTS_SCHEMA } from './plan/grants-schema.ts'
export {
  type GrantFormat,
  type Grants,
  grantsFile,
  type GrantsSource,
  readGrants,
  type ReadGrantsOptions,
} from './plan/grants.ts'
export {
  type Attempt,
  type JournaledMailbox,
  type JournalState,
  readJournalState,
} from './plan/journal-state.ts'
export {
  Journal,
  type JournalFile,
  type JournalHeader,
  type JournalOutcome,
  type JournalRecord,
  type JournalSource,
  type RunOptions,
  type MailboxStatus,
  readJournal,
} from './plan/journal.ts'
export { JournalError } from './plan/journal-error.ts'
export { type JournalLock, lockJournal } from './plan/journal-lock.ts'
export type { Blocked, Ground, MailboxPlan, Note, PlanError } from './plan/mailbox-plan.ts'
export { type PlanHeader, PlanWriter, readPlanFile, type SavedPlan } from './plan/plan-file.ts'
export { addToSummary, emptySummary, type PlanSummary } from './plan/plan-summary.ts'
export { plan, type PlanOptions } from './plan/plan.ts'
export type { Source } from './plan/pool.ts'
export { GrantsFileError, type Place, type Problem } from './plan/problem.ts'
export { POWERSHELL_HEAD, renderPowerShell } from './plan/render-powershell.ts'
export {
  type LineKind,
  type RenderedLine,
  renderMailboxPlan,
  type RenderOptions,
  renderSummary,
} from './plan/render.ts'
export { planRevert } from './plan/revert.ts'
export { expiredOnly, planClone, planOffboard, type WhoOptions } from './plan/who.ts'

// Transport, patience and traces
export type { Clock } from './http/clock.ts'
export { type ConnectionSettings, connectTransport } from './http/connect-transport.ts'
export { httpTransport } from './http/http-transport.ts'
export { type HarEntry, harEntry, type HarWriter, harWriter } from './http/har.ts'
export { proxyFromEnvironment } from './http/proxy.ts'
export { type Exchange, recorded } from './http/record.ts'
export { redactText } from './http/redact.ts'
export { failFast, patient, type PatientOptions, type RetryPolicy } from './http/retry-policy.ts'
export type { ClientCertificate } from './http/tls-settings.ts'
export { Traffic, type TrafficOptions } from './http/traffic.ts'
export type { HttpRequest, HttpResponse, Trace, TraceEntry, Transport } from './http/transport.ts'

// Errors
export {
  ConnectionError,
  type ErrorCode,
  EwsDelegatesError,
  EwsResponseError,
  GraphResponseError,
  InvalidInputError,
  PermissionLossError,
  ReadBackError,
  XmlError,
} from './errors.ts'
