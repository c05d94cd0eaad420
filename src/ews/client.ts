import {
  ConnectionError,
  EwsDelegatesError,
  EwsResponseError,
  InvalidInputError,
  PermissionLossError,
  ReadBackError,
} from '../errors.ts'
import {
  checkDelegates,
  checkUsers,
  type DelegateInput,
  type DeliverMeetingRequests,
  parseDeliverMeetingRequests,
} from '../model/delegate.ts'
import type { EmailAddress } from '../model/email-address.ts'
import { checkPageSize, checkTraversal, FOLDER_TRAVERSALS, type FolderTraversal } from '../model/find-view.ts'
import {
  checkPermissionEdit,
  comparePermissions,
  type EditedPermissions,
  editPermissions,
  type PermissionChange,
  type PermissionEdit,
  type PermissionSet,
} from '../model/folder-permission.ts'
import {
  checkFolderTarget,
  describeFolder,
  type FolderId,
  type FolderTarget,
  isExplicit,
} from '../model/folder-target.ts'
import { DELETE_TYPES, type DeleteType, requireChoice } from '../model/item-rules.ts'
import { checkNewFolder, type NewFolder } from '../model/new-folder.ts'
import { RESOLVE_NAMES_SCOPES } from '../model/resolved-name.ts'
import { checkRestriction, type Restriction } from '../model/restriction.ts'
import { requireSmtpAddress, type UserInput } from '../model/user-ref.ts'
import { DEFAULT_BATCH_SIZE, inBatches } from './batch.ts'
import type { DelegateOutcome } from './elements/delegate-response.ts'
import type { Folder } from './elements/folder.ts'
import { EwsItems } from './items.ts'
import type { Operation } from './operation.ts'
import { addDelegate } from './operations/add-delegate.ts'
import { type CreatedFolder, type CreateFolderInput, createFolder } from './operations/create-folder.ts'
import { type DeletedFolder, type DeleteFolderInput, deleteFolder } from './operations/delete-folder.ts'
import { type ExpandDlOutput, expandDl } from './operations/expand-dl.ts'
import { type FindFolderInput, findFolder } from './operations/find-folder.ts'
import { type GetDelegateOutput, getDelegate } from './operations/get-delegate.ts'
import { type FolderOutcome, getFolder } from './operations/get-folder.ts'
import { removeDelegate } from './operations/remove-delegate.ts'
import { type ResolveNamesInput, type ResolveNamesOutput, resolveNames } from './operations/resolve-names.ts'
import { updateDelegate } from './operations/update-delegate.ts'
import { type UpdateFolderInput, updateFolder } from './operations/update-folder.ts'
import { pagedEntries } from './paging.ts'
import { amend } from './perform.ts'
import { hintFor, STALE_FOLDER_CODES } from './response-codes.ts'
import { EwsSession, type EwsSessionOptions } from './session.ts'
import { DEFAULT_VERSION, type ServerVersion } from './versions.ts'

/** See {@link EwsSessionOptions}. */
export type EwsClientOptions = EwsSessionOptions

export interface GetDelegatesOptions {
  /** Only these delegates, each with an outcome of its own. Default: all. */
  readonly users?: readonly UserInput[]
  /** Levels per folder as well. Default true. */
  readonly permissions?: boolean
}

export interface GetFolderOptions {
  /** The permission list as well. Default false: it takes more rights to see it than to see the folder. */
  readonly permissions?: boolean
  /**
   * `IdOnly`: only the ids, the kind, and the permission list if it is asked for; less for the server to work out
   * where there are many. Default `Default`.
   */
  readonly baseShape?: 'IdOnly' | 'Default'
}

export interface DelegateWriteOptions {
  /** Where meeting requests go, for the whole mailbox. Default: left as it is. */
  readonly deliverMeetingRequests?: DeliverMeetingRequests
}

export interface UpdateFolderPermissionsOptions {
  /**
   * Goes on when the list holds entries that cannot be written back (deleted accounts, entries without a user),
   * which takes them away. Default false: the write is refused.
   */
  readonly dropUnwritable?: boolean
}

export interface FindFoldersOptions {
  /** Default `Shallow`: the folders right below. `Deep`: all of them. */
  readonly traversal?: FolderTraversal
  readonly restriction?: Restriction
  /** How many folders are fetched at a time. Default {@link DEFAULT_PAGE_SIZE}. */
  readonly pageSize?: number
}

/** See {@link ResolveNamesInput}. */
export type ResolveNamesOptions = Omit<ResolveNamesInput, 'entry'>

/** What an edit would write, worked out from the folder as it is now. */
export interface PlannedFolderPermissions {
  readonly folder: Folder
  readonly before: PermissionSet
  readonly edited: EditedPermissions
  /** The request that would be sent; undefined when nothing would change. */
  readonly request: UpdateFolderInput | undefined
}

export interface UpdatedFolderPermissions {
  /** With the change key after the write. */
  readonly folder: FolderId
  /** False when the list was as wanted already and nothing was written. */
  readonly changed: boolean
  readonly changes: readonly PermissionChange[]
  readonly before: PermissionSet
  /** As read back after the write. */
  readonly after: PermissionSet
}

/** {@link DelegateOutcome} of an upsert, with what was done. */
export type UpsertOutcome = DelegateOutcome & { readonly action: 'add' | 'update' }

/**
 * A client of Exchange Web Services for delegates, folders and their permissions, and for items.
 *
 * Every method throws `InvalidInputError` before anything is sent when the arguments cannot be right;
 * `EwsResponseError` when Exchange refuses the request as a whole; `ConnectionError` and `XmlError` when there is no
 * usable answer. What is refused for one delegate or folder of several is in the outcomes, not thrown.
 */
export class EwsClient {
  /** Messages, calendar items, contacts, tasks. */
  readonly items: EwsItems
  readonly #session: EwsSession

  /** @throws InvalidInputError for an address that is not http(s), or plain http to another machine. */
  constructor(options: EwsClientOptions) {
    this.#session = new EwsSession(options)
    this.items = new EwsItems(this.#session, options.version ?? DEFAULT_VERSION)
  }

  /** What the server last said of itself; undefined before the first answer. */
  get serverVersion(): ServerVersion | undefined {
    return this.#session.serverVersion
  }

  /**
   * Whether calls act as the owner of a mailbox, as far as names tell: impersonating them, or signed in by the
   * mailbox's address. Asks no server.
   */
  actsAs(mailbox: string): boolean {
    return this.#session.actsAs(mailbox)
  }

  /**
   * Who may act for the owner, with their levels. Call as the owner or impersonating them: for others Exchange may
   * answer an empty list.
   * @param owner primary SMTP address.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdelegate-operation
   */
  async getDelegates(owner: string, options: GetDelegatesOptions = {}): Promise<GetDelegateOutput> {
    return this.call(getDelegate, {
      owner: requireSmtpAddress(owner, 'the owner'),
      includePermissions: options.permissions ?? true,
      users: checkUsers(options.users ?? []),
    })
  }

  /**
   * Makes users delegates of the owner: levels on six folders, and Send on Behalf. A folder that is not named gets
   * None. Existing sub-folders do not change.
   * @returns one outcome per delegate, in order.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/adddelegate-operation
   */
  async addDelegates(
    owner: string,
    delegates: readonly DelegateInput[],
    options: DelegateWriteOptions = {},
  ): Promise<DelegateOutcome[]> {
    return this.call(addDelegate, this.prepareAddDelegates(owner, delegates, options))
  }

  /**
   * Changes delegates: only what is named is sent, everything else stays. With no delegates, the delivery of
   * meeting requests alone is changed.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/updatedelegate-operation
   */
  async updateDelegates(
    owner: string,
    delegates: readonly DelegateInput[],
    options: DelegateWriteOptions = {},
  ): Promise<DelegateOutcome[]> {
    return this.call(updateDelegate, this.prepareUpdateDelegates(owner, delegates, options))
  }

  /**
   * Adds delegates, and updates those who are delegates already: what is named for them is changed, the rest of
   * what they have stays.
   */
  async upsertDelegates(
    owner: string,
    delegates: readonly DelegateInput[],
    options: DelegateWriteOptions = {},
  ): Promise<UpsertOutcome[]> {
    const added = await this.addDelegates(owner, delegates, options)
    const outcomes: UpsertOutcome[] = added.map((outcome) => ({ ...outcome, action: 'add' }))
    const existing = added.flatMap((outcome, position) =>
      !outcome.ok && outcome.code === 'ErrorDelegateAlreadyExists' ? [position] : [],
    )
    if (existing.length === 0) return outcomes
    const updates = existing.map((position) => delegates[position] as DelegateInput)
    let updated: DelegateOutcome[]
    try {
      updated = await this.updateDelegates(owner, updates, options)
    } catch (error) {
      // Those who were added must not vanish behind the failure of the others.
      if (!(error instanceof EwsDelegatesError) || !outcomes.some((outcome) => outcome.ok)) throw error
      updated = existing.map((position) => failedUpdate(added[position] as DelegateOutcome, error))
    }
    for (const [index, position] of existing.entries()) {
      outcomes[position] = { ...(updated[index] as DelegateOutcome), action: 'update' }
    }
    return outcomes
  }

  /**
   * Takes delegates away, with their levels and Send on Behalf.
   * @param users SMTP addresses or SIDs; an orphaned delegate is named by their SID.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/removedelegate-operation
   */
  async removeDelegates(owner: string, users: readonly UserInput[]): Promise<DelegateOutcome[]> {
    return this.call(removeDelegate, this.prepareRemoveDelegates(owner, users))
  }

  /**
   * One folder, by name and owner (explicit access) or by id (implicit access).
   * @throws EwsResponseError when it is not there or may not be seen; Exchange does not say which.
   */
  async getFolder(target: FolderTarget, options: GetFolderOptions = {}): Promise<Folder> {
    const [outcome] = await this.getFolders([target], options)
    return requireFolder(outcome)
  }

  /** Several folders, {@link DEFAULT_BATCH_SIZE} in one call, each with an outcome of its own. */
  async getFolders(
    targets: readonly FolderTarget[],
    options: GetFolderOptions = {},
  ): Promise<FolderOutcome[]> {
    const { permissions = false, baseShape = 'Default' } = options
    return inBatches(targets.map(checkFolderTarget), DEFAULT_BATCH_SIZE, {
      check: (part) => this.render(getFolder, { targets: part, permissions, baseShape }),
      send: (part) => this.call(getFolder, { targets: part, permissions, baseShape }),
      refused: (target, refusal) => ({ target, ...refusal }),
    })
  }

  /**
   * The folders in a folder, fetched page by page as they are asked for, each once. Permission lists are not among
   * what a search tells; see {@link getFolder}.
   * @throws EwsResponseError when the parent is not there or may not be seen.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
   */
  findFolders(
    parent: FolderTarget,
    options: FindFoldersOptions = {},
  ): AsyncGenerator<Folder, void, undefined> {
    const input = this.prepareFindFolders(parent, options)
    return pagedEntries(
      (page) => this.call(findFolder, { ...input, page }),
      (folder) => folder.id.id,
      checkPageSize(options.pageSize),
    )
  }

  /**
   * Creates folders, by name or with their class, each with an outcome of its own. They inherit the permissions of
   * the parent as it is now.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation
   */
  async createFolders(
    parent: FolderTarget,
    folders: readonly (string | NewFolder)[],
  ): Promise<CreatedFolder[]> {
    return this.call(createFolder, this.prepareCreateFolders(parent, folders))
  }

  /**
   * Deletes folders with everything in them, {@link DEFAULT_BATCH_SIZE} in one call. Well-known folders cannot be.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/deletefolder-operation
   */
  async deleteFolders(
    folders: readonly FolderTarget[],
    options: { readonly deleteType?: DeleteType } = {},
  ): Promise<DeletedFolder[]> {
    const input = this.prepareDeleteFolders(folders, options)
    return inBatches(input.ids, DEFAULT_BATCH_SIZE, {
      check: (ids) => this.render(deleteFolder, { ...input, ids }),
      send: (ids) => this.call(deleteFolder, { ...input, ids }),
      refused: (id, refusal) => ({ id, ...refusal }),
    })
  }

  /**
   * Whom a name, the start of one, an alias or an address can mean, in the directory and the caller's contacts. None
   * at all is an empty list.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
   */
  async resolveNames(entry: string, options: ResolveNamesOptions = {}): Promise<ResolveNamesOutput> {
    return this.call(resolveNames, this.prepareResolveNames(entry, options))
  }

  /**
   * Who is in a group, one level deep; undefined when the address is no group's.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation
   */
  async expandGroup(address: string): Promise<ExpandDlOutput | undefined> {
    return this.call(expandDl, { group: requireSmtpAddress(address, 'the group') })
  }

  /**
   * The one recipient whom a name means, with their primary SMTP address.
   * @throws EwsResponseError `ErrorNameResolutionNoResults`; or `ErrorNameResolutionMultipleResults`, whose hint
   *   lists the candidates.
   */
  async resolveName(
    entry: string,
    options: ResolveNamesOptions = {},
  ): Promise<EmailAddress & { readonly address: string }> {
    return requireOneName(entry, await this.resolveNames(entry, options))
  }

  /** Who has which rights on a folder. Needs the right to see it, which owners have. */
  async getFolderPermissions(target: FolderTarget): Promise<PermissionSet> {
    return requirePermissions(await this.getFolder(target, { permissions: true, baseShape: 'IdOnly' }))
  }

  /** Works out what {@link updateFolderPermissions} would write, without writing. */
  async planFolderPermissions(
    target: FolderTarget,
    edit: PermissionEdit,
    options: UpdateFolderPermissionsOptions = {},
  ): Promise<PlannedFolderPermissions> {
    checkPermissionEdit(edit)
    const folder = await this.getFolder(target, { permissions: true })
    const before = requirePermissions(folder)
    const edited = editPermissions(before, edit)
    const lost = before.unknownEntries.length + edited.unwritable.length + Number(edited.lacksDefault)
    if (edited.changes.length === 0 && (lost === 0 || !options.dropUnwritable)) {
      return { folder, before, edited, request: undefined }
    }
    if (lost > 0 && !options.dropUnwritable) throw permissionLoss(target, before, edited)
    const request = {
      folder: folder.id,
      element: folder.element,
      kind: before.kind,
      permissions: edited.entries,
    }
    return { folder, before, edited, request }
  }

  /**
   * Changes entries of a folder's permission list and leaves all others exactly as they are.
   *
   * The protocol replaces the list as a whole, so it is read, edited, written, and read back. A folder that
   * changed in between is read and edited once more.
   *
   * @throws PermissionLossError when entries cannot be written back and `dropUnwritable` is not set; ReadBackError
   *   when the list read back is not the one written.
   * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-set-folder-permissions-for-another-user-by-using-ews-in-exchange
   */
  async updateFolderPermissions(
    target: FolderTarget,
    edit: PermissionEdit,
    options: UpdateFolderPermissionsOptions = {},
  ): Promise<UpdatedFolderPermissions> {
    let planned = await this.planFolderPermissions(target, edit, options)
    let folder: FolderId
    try {
      folder = await this.#write(planned)
    } catch (error) {
      if (!(error instanceof EwsResponseError && STALE_FOLDER_CODES.has(error.responseCode))) throw error
      planned = await this.planFolderPermissions(withoutChangeKey(target), edit, options)
      folder = await this.#write(planned)
    }
    const { before, edited, request } = planned
    if (!request) return { folder, changed: false, changes: [], before, after: before }

    const after = await this.getFolderPermissions({ id: folder.id }).catch((error: unknown) => {
      throw amend(error, { mayHaveHappened: true })
    })
    const differences = comparePermissions(request.permissions, after)
    if (differences.length > 0) {
      throw new ReadBackError(
        `The permissions of ${describeFolder(target)} were written, but reading them back shows something else: ${differences.join(' ')}`,
        {
          differences,
          mayHaveHappened: true,
          hint: 'Somebody may be changing the same folder; list its permissions and try again.',
        },
      )
    }
    return { folder, changed: true, changes: edited.changes, before, after }
  }

  /** Checked input of {@link addDelegates}; with {@link render} it shows what would be sent. */
  prepareAddDelegates(
    owner: string,
    delegates: readonly DelegateInput[],
    options: DelegateWriteOptions = {},
  ) {
    if (delegates.length === 0) throw new InvalidInputError('No delegates to add are named.')
    return {
      owner: requireSmtpAddress(owner, 'the owner'),
      delegates: checkDelegates(owner, delegates, 'add'),
      ...checkDelivery(options),
    }
  }

  /** Checked input of {@link updateDelegates}. */
  prepareUpdateDelegates(
    owner: string,
    delegates: readonly DelegateInput[],
    options: DelegateWriteOptions = {},
  ) {
    const changes = checkDelegates(owner, delegates, 'update')
    if (changes.length === 0 && options.deliverMeetingRequests === undefined) {
      throw new InvalidInputError('The update changes nothing.', {
        hint: 'Name delegates to change, or where meeting requests go.',
      })
    }
    return { owner: requireSmtpAddress(owner, 'the owner'), delegates: changes, ...checkDelivery(options) }
  }

  /** Checked input of {@link removeDelegates}. */
  prepareRemoveDelegates(owner: string, users: readonly UserInput[]) {
    if (users.length === 0) throw new InvalidInputError('No delegates to remove are named.')
    return { owner: requireSmtpAddress(owner, 'the owner'), users: checkUsers(users) }
  }

  /** Checked input of {@link findFolders}, without a page. */
  prepareFindFolders(parent: FolderTarget, options: FindFoldersOptions = {}): FindFolderInput {
    const { restriction } = options
    return {
      parent,
      traversal: checkTraversal(options.traversal, FOLDER_TRAVERSALS),
      ...(restriction ? { restriction: checkRestriction(restriction) } : {}),
    }
  }

  /** Checked input of {@link createFolders}. */
  prepareCreateFolders(parent: FolderTarget, folders: readonly (string | NewFolder)[]): CreateFolderInput {
    if (folders.length === 0) throw new InvalidInputError('No folders to create are named.')
    return { parent, folders: folders.map(checkNewFolder) }
  }

  /** Checked input of {@link deleteFolders}. */
  prepareDeleteFolders(
    folders: readonly FolderTarget[],
    options: { readonly deleteType?: DeleteType } = {},
  ): DeleteFolderInput {
    const { deleteType = 'MoveToDeletedItems' } = options
    requireChoice(deleteType, DELETE_TYPES, 'a way to delete')
    const ids = folders.map((folder): FolderId => {
      // "Distinguished folders cannot be deleted." (ErrorDeleteDistinguishedFolder)
      if (!isExplicit(folder)) return folder
      throw new InvalidInputError(`${capitalize(describeFolder(folder))} cannot be deleted.`, {
        hint: 'Well-known folders stay; give the id of a folder that somebody made.',
      })
    })
    return { ids, deleteType }
  }

  /** Checked input of {@link resolveNames}. */
  prepareResolveNames(entry: string, options: ResolveNamesOptions = {}): ResolveNamesInput {
    if (typeof entry !== 'string' || entry.trim() === '') {
      throw new InvalidInputError('The name to look up is empty.')
    }
    requireChoice(options.scope, RESOLVE_NAMES_SCOPES, 'a place to look names up')
    return { ...options, entry: entry.trim() }
  }

  /** The SOAP envelope that {@link call} would send. Nothing is sent. */
  render<Input>(operation: Operation<Input, unknown>, input: Input): string {
    return this.#session.render(operation, input)
  }

  /** Sends one operation and reads its answer; the door for operations of your own. */
  call<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    return this.#session.call(operation, input)
  }

  async #write(planned: PlannedFolderPermissions): Promise<FolderId> {
    return planned.request ? this.call(updateFolder, planned.request) : planned.folder.id
  }
}

function failedUpdate({ user }: DelegateOutcome, error: EwsDelegatesError): DelegateOutcome {
  const doubt = error.mayHaveHappened ? ' It may have been made all the same.' : ''
  return {
    ok: false,
    ...(user ? { user } : {}),
    code: error instanceof EwsResponseError ? error.responseCode : error.code,
    message: `${error.message}${doubt}`,
  }
}

function requireOneName(
  entry: string,
  { candidates, complete }: ResolveNamesOutput,
): EmailAddress & { readonly address: string } {
  const text = entry.trim()
  // Names are matched by their beginnings, so a whole address can find others besides.
  const exact = candidates.filter(({ address }) => address?.toLowerCase() === text.toLowerCase())
  const [found, ...others] = exact.length === 1 ? exact : candidates
  const shown = JSON.stringify(text.slice(0, 80))
  if (!found) throw nameError(`${shown} is nobody’s name`, 'ErrorNameResolutionNoResults', undefined)
  if (others.length > 0) {
    const names = candidates
      .slice(0, 10)
      .map(({ name, address }) => (name ? `${name} <${address}>` : address))
    const more = candidates.length > 10 || !complete ? ', and others' : ''
    throw nameError(
      `${shown} can mean several`,
      'ErrorNameResolutionMultipleResults',
      `Name one by address: ${names.join(', ')}${more}.`,
    )
  }
  const { address, routingType = 'SMTP' } = found
  if (!address || routingType.toUpperCase() !== 'SMTP') {
    throw nameError(`${shown} has no SMTP address`, 'ErrorNameResolutionNoResults', undefined)
  }
  return { ...found, address }
}

function nameError(text: string, responseCode: string, hint: string | undefined): EwsResponseError {
  return new EwsResponseError(`${text} (${responseCode}).`, { responseCode, level: 'item', hint })
}

function requireFolder(outcome: FolderOutcome | undefined): Folder {
  if (!outcome) throw new ConnectionError('ERR_INVALID_RESPONSE', 'The server answered no folder.')
  if (outcome.ok) return outcome.folder
  throw new EwsResponseError(
    `${capitalize(describeFolder(outcome.target))}: ${outcome.message} (${outcome.code})`,
    {
      responseCode: outcome.code,
      level: 'item',
      hint: hintFor(outcome.code),
    },
  )
}

function requirePermissions(folder: Folder): PermissionSet {
  if (folder.permissions) return folder.permissions
  throw new ConnectionError('ERR_INVALID_RESPONSE', 'The server did not answer the folder’s permissions.', {
    hint: 'The account may not be allowed to see them; the owner is.',
  })
}

function permissionLoss(
  target: FolderTarget,
  before: PermissionSet,
  edited: EditedPermissions,
): PermissionLossError {
  const { unknownEntries } = before
  const unwritableEntries = edited.unwritable.length
  const parts = [
    ...(unknownEntries.length > 0
      ? [`${unknownEntries.length} of deleted accounts (${unknownEntries.join(', ')})`]
      : []),
    ...(unwritableEntries > 0
      ? [`${unwritableEntries} without a user, or without rights, that can be written`]
      : []),
  ]
  if (parts.length === 0) {
    return new PermissionLossError(
      `The server answered no Default entry for ${describeFolder(target)}, which every folder has; the list may be incomplete. Nothing was written.`,
      {
        unknownEntries,
        unwritableEntries,
        hint: 'Set Default in the same edit, or let it become None by allowing entries to be dropped.',
      },
    )
  }
  return new PermissionLossError(
    `The permissions of ${describeFolder(target)} hold entries that Exchange shows but does not take back: ${parts.join(', ')}. Nothing was written.`,
    {
      unknownEntries,
      unwritableEntries,
      hint: 'Look at them first; then repeat the edit and let them be dropped.',
    },
  )
}

function withoutChangeKey(target: FolderTarget): FolderTarget {
  return 'id' in target ? { id: target.id } : target
}

function checkDelivery(options: DelegateWriteOptions): DelegateWriteOptions {
  const { deliverMeetingRequests } = options
  return deliverMeetingRequests === undefined
    ? {}
    : { deliverMeetingRequests: parseDeliverMeetingRequests(deliverMeetingRequests) }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
