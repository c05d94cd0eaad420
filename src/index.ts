/**
 * ews-delegates: grant mailbox delegates and folder permissions over Exchange Web Services.
 *
 * The embedded Exchange is `ews-delegates/simulator`.
 */

// Signing in
export type { Authenticator } from './auth/authenticator.ts'
export { basic } from './auth/basic.ts'
export { bearer, type TokenProvider } from './auth/bearer.ts'
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
// The client
export {
  type DelegateWriteOptions,
  EwsClient,
  type EwsClientOptions,
  type GetDelegatesOptions,
  type PlannedFolderPermissions,
  type UpdatedFolderPermissions,
  type UpdateFolderPermissionsOptions,
  type UpsertOutcome,
} from './ews/client.ts'
export type { DelegateOutcome } from './ews/elements/delegate-response.ts'
export type { EffectiveRights, Folder } from './ews/elements/folder.ts'
// Operations, for callers who build on them
export type { Impersonation } from './ews/envelope.ts'
export type { Operation, Outcome, Refusal } from './ews/operation.ts'
export type { GetDelegateOutput } from './ews/operations/get-delegate.ts'
export type { FolderOutcome } from './ews/operations/get-folder.ts'
export {
  addDelegate,
  getDelegate,
  getFolder,
  removeDelegate,
  updateDelegate,
  updateFolder,
} from './ews/operations/index.ts'
export { EXCHANGE_VERSIONS, type ExchangeVersion, type ServerVersion } from './ews/versions.ts'
export type { AttachmentInput } from './graph/attachment.ts'
export type { BatchOutcome, BatchRequest } from './graph/batch.ts'
// Sending through Graph, and proving a grant
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
export { needsDraft, prepareSendMail, type SendMailInput, type SendMimeInput } from './graph/send-mail.ts'
export type { Clock } from './http/clock.ts'
// Transport
export { fetchTransport } from './http/fetch-transport.ts'
export type { HttpRequest, HttpResponse, Trace, TraceEntry, Transport } from './http/transport.ts'
export { CLOUDS, type Cloud, type CloudName, parseCloud } from './model/clouds.ts'
// Delegates
export {
  DELEGATE_FOLDERS,
  DELIVER_MEETING_REQUESTS,
  type Delegate,
  type DelegateFolder,
  type DelegateInput,
  type DelegateLevels,
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
// Folders: explicit and implicit access
export {
  DISTINGUISHED_FOLDERS,
  type DistinguishedFolder,
  type ExplicitFolder,
  explicitFolder,
  type FolderId,
  type FolderTarget,
  folderById,
  ownFolder,
} from './model/folder-target.ts'
// Levels, rights and folder permissions
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
// Users
export {
  type DistinguishedUser,
  describeUser,
  type UserIdentity,
  type UserInput,
  type UserRef,
} from './model/user-ref.ts'
export { type DenialLayer, parseSendResult, SEND_RESULTS, type SendResult } from './proof/classify.ts'
export type { Denial, Presence, Proof } from './proof/proof.ts'
export { type ProofProgress, type ProveSendOptions, proveSend } from './proof/prove-send.ts'
export { allAsExpected, type ProofOutcome, type ProveSendsOptions, proveSends } from './proof/prove-sends.ts'
