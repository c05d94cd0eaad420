import { EwsResponseError, PermissionLossError } from '../errors.ts'
import type { EwsClient } from '../ews/client.ts'
import type { DelegateOutcome } from '../ews/elements/delegate-response.ts'
import type { Folder } from '../ews/elements/folder.ts'
import { updateFolder } from '../ews/operations/update-folder.ts'
import { STALE_FOLDER_CODES } from '../ews/response-codes.ts'
import { DELEGATE_FOLDERS, type DelegateFolder, type DelegateInput } from '../model/delegate.ts'
import {
  type FolderName,
  folderNameKey,
  folderNameParts,
  formatFolderPath,
  parseFolderName,
} from '../model/folder-name.ts'
import { editPermissions, type PermissionEdit, type PermissionSet } from '../model/folder-permission.ts'
import {
  type DistinguishedFolder,
  explicitFolder,
  type FolderTarget,
  folderById,
} from '../model/folder-target.ts'
import {
  type FolderState,
  findEntry,
  findFolderState,
  type MailboxState,
  type MissingFolder,
  rightsOf,
} from '../model/mailbox-state.ts'
import type { DelegateGrant, DelegatesStep, FolderStep, MailboxStep } from '../model/mailbox-step.ts'
import { DELEGATE_LEVELS, type DelegateLevel, LEVEL_RIGHTS } from '../model/permission-level.ts'
import { describeUser, isSmtpAddress } from '../model/user-ref.ts'
import type { Backend, ChangeOutcome, GroupMember, ListedFolder, ReadRequest } from './backend.ts'

export interface EwsBackendOptions {
  /**
   * The client by which a mailbox is read and written: one that impersonates the owner, or the same for all where
   * the account has Full Access.
   */
  readonly clientFor: (mailbox: string) => EwsClient
  /**
   * Believes an empty list of delegates that was not read as the owner. Exchange answers one to those who may not see
   * the list, too, so without this the delegates of such a mailbox are not known. For accounts with Full Access,
   * and owners who sign in by another name than the mailbox’s address. Default false.
   */
  readonly trustEmptyLists?: boolean
}

/** Exchange Web Services: one GetDelegate and one GetFolder to read, one write per step. */
export function ewsBackend(options: EwsBackendOptions): Backend {
  const clientFor = recentClients(options.clientFor)
  /** What GetFolder answered, with the change key that makes a write fail when somebody else wrote first. */
  const answered = new WeakMap<FolderState, Folder>()

  const paths = new PathResolver(clientFor)

  /** Mailboxes whose list of delegates was seen without acting as the owner, so that an empty one is believed. */
  const seen = new Set<string>()

  async function readDelegates(mailbox: string): Promise<Partial<MailboxState>> {
    const client = clientFor(mailbox)
    const { delegates, deliverMeetingRequests, outcomes } = await client.getDelegates(mailbox)
    if (!options.trustEmptyLists && !client.actsAs(mailbox)) {
      const key = mailbox.toLowerCase()
      if (outcomes.length === 0 && !seen.has(key)) return { delegatesUnread: EMPTY_LIST }
      seen.add(key)
      forgetOldest(seen, REMEMBERED)
    }
    return {
      delegates,
      delegateProblems: outcomes.flatMap((outcome) =>
        outcome.ok ? [] : [{ code: outcome.code, message: outcome.message }],
      ),
      ...(deliverMeetingRequests ? { deliverMeetingRequests } : {}),
    }
  }

  async function readFolders(mailbox: string, names: readonly FolderName[]) {
    const folders: FolderState[] = []
    const missing: MissingFolder[] = []
    const targets: { folder: FolderName; target: FolderTarget }[] = []
    for (const folder of names) {
      const target = await paths.targetOf(mailbox, folder)
      if (target) targets.push({ folder, target })
      else missing.push({ folder, code: 'ErrorFolderNotFound', message: `There is no folder ${folder}.` })
    }
    const outcomes = await clientFor(mailbox).getFolders(
      targets.map(({ target }) => target),
      { permissions: true, baseShape: 'IdOnly' },
    )
    for (const [index, outcome] of outcomes.entries()) {
      const { folder } = targets[index] as (typeof targets)[number]
      if (!outcome.ok) {
        paths.forget(mailbox, folder)
        missing.push({ folder, code: outcome.code, message: outcome.message })
      } else if (!outcome.folder.permissions) {
        missing.push({
          folder,
          code: 'ErrorAccessDenied',
          message: 'The server did not answer the folder’s permissions.',
        })
      } else {
        const { id, permissions } = outcome.folder
        const state: FolderState = { folder, id: id.id, permissions }
        answered.set(state, outcome.folder)
        folders.push(state)
      }
    }
    return { folders, missing }
  }

  async function read(mailbox: string, request: ReadRequest): Promise<MailboxState> {
    const [delegates, { folders, missing }] = await Promise.all([
      request.delegates ? readDelegates(mailbox) : {},
      request.folders.length > 0 ? readFolders(mailbox, request.folders) : { folders: [], missing: [] },
    ])
    return { mailbox, ...delegates, folders, missing }
  }

  async function applyFolder(
    mailbox: string,
    step: FolderStep,
    seen: MailboxState | undefined,
  ): Promise<ChangeOutcome[]> {
    let state = seen && findFolderState(seen, step.folder)
    if (!state || !answered.has(state)) {
      const { folders, missing } = await readFolders(mailbox, [step.folder])
      state = folders[0]
      if (!state) {
        const [gone] = missing
        throw new EwsResponseError(gone?.message ?? 'The folder is not there.', {
          responseCode: gone?.code ?? 'ErrorFolderNotFound',
          level: 'item',
        })
      }
    }
    const folder = answered.get(state) as Folder
    const { permissions } = state
    const edited = editPermissions(permissions, editOf(step, permissions))
    const unwritable = edited.unwritable.map(({ user }) => describeUser(user))
    const lost = [...permissions.unknownEntries, ...unwritable].filter((name) => !step.drops?.includes(name))
    const losses = {
      unknownEntries: permissions.unknownEntries,
      unwritableEntries: edited.unwritable.length,
    }
    if (lost.length > 0) {
      throw new PermissionLossError(
        `The folder’s permissions hold entries that Exchange shows but does not take back: ${lost.join(', ')}. Nothing was written.`,
        losses,
      )
    }
    const setsDefault = step.changes.some(
      ({ user }) => 'distinguishedUser' in user && user.distinguishedUser === 'Default',
    )
    if (!findEntry(permissions, { distinguishedUser: 'Default' }) && !setsDefault) {
      throw new PermissionLossError(
        'The server answered no entry for Default, which every folder has; the list may be incomplete. Nothing was written.',
        { ...losses, hint: 'Set Default in the same step.' },
      )
    }
    await clientFor(mailbox).call(updateFolder, {
      folder: folder.id,
      element: folder.element,
      kind: permissions.kind,
      permissions: edited.entries,
    })
    return step.changes.length === 0
      ? [{ ok: true }]
      : step.changes.map(({ user }) => ({ ok: true, user }) as const)
  }

  return {
    name: 'EWS',
    read,
    apply: async (mailbox, step, seen) =>
      step.type === 'folder'
        ? applyFolder(mailbox, step, seen)
        : applyDelegates(clientFor(mailbox), mailbox, step),
    refuses,
    lookUp: directory((mailbox, word) => lookUp(clientFor(mailbox), mailbox, word)),
    membersOf: (mailbox, address) => membersOf(clientFor(mailbox), address),
    listFolders: async function* (mailbox) {
      for await (const { id, ...folder } of listFolders(clientFor(mailbox), mailbox)) {
        // What is listed is read next, and need not be found level by level.
        if (folder.folder.startsWith('/')) paths.remember(mailbox, folder.folder, id)
        yield folder
      }
    },
    isStale: (error) => error instanceof EwsResponseError && STALE_FOLDER_CODES.has(error.responseCode),
  }
}

/** Exchange's answer to those who may not see the list is the same as for a list of nobody. */
const EMPTY_LIST = {
  code: 'ErrorAccessDenied',
  message:
    'Exchange answered an empty list of delegates, as it also does to those who may not see it. Sign in by the mailbox’s own address, or impersonate the owner; for an account that has Full Access, or is the owner by another name, say --trust-empty-lists (in a program: trustEmptyLists).',
} as const

/** More than are with the server at a time. */
const RECENT = 256

/**
 * A mailbox's calls go through one client, whose cookies keep them with the server that answered the first: another
 * one may not know yet what was written a moment ago.
 */
function recentClients(clientFor: EwsBackendOptions['clientFor']): EwsBackendOptions['clientFor'] {
  const clients = new Map<string, EwsClient>()
  return (mailbox) => {
    const client = clients.get(mailbox) ?? clientFor(mailbox)
    // Moved to the end, so that the one that goes first was not used for longest.
    clients.delete(mailbox)
    clients.set(mailbox, client)
    forgetOldest(clients, RECENT)
    return client
  }
}

function forgetOldest(entries: Map<string, unknown> | Set<string>, most: number): void {
  const [oldest] = entries.keys()
  if (entries.size > most && oldest !== undefined) entries.delete(oldest)
}

async function applyDelegates(
  client: EwsClient,
  mailbox: string,
  step: DelegatesStep,
): Promise<ChangeOutcome[]> {
  const options = step.delivery ? { deliverMeetingRequests: step.delivery.after } : {}
  const users = step.changes.map(({ user }) => user)
  const outcomes: readonly DelegateOutcome[] =
    step.action === 'remove'
      ? await client.removeDelegates(mailbox, users)
      : step.action === 'add'
        ? await client.addDelegates(mailbox, step.changes.map(inputOf), options)
        : await client.updateDelegates(mailbox, step.changes.map(inputOf), options)
  const results = outcomes.map((outcome, index): ChangeOutcome => {
    const user = users[index]
    const who = user ? { user } : {}
    return outcome.ok
      ? { ok: true, ...who }
      : { ok: false, ...who, code: outcome.code, message: outcome.message }
  })
  return step.delivery ? [...results, { ok: true }] : results
}

function inputOf({ user, after }: DelegatesStep['changes'][number]): DelegateInput {
  const grant: DelegateGrant = after ?? { levels: {} }
  const permissions: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const level = grant.levels[folder]
    if (level !== undefined) permissions[folder] = level as DelegateLevel
  }
  return {
    user,
    permissions,
    ...(grant.viewPrivateItems === undefined ? {} : { viewPrivateItems: grant.viewPrivateItems }),
    ...(grant.receiveCopiesOfMeetingMessages === undefined
      ? {}
      : { receiveCopiesOfMeetingMessages: grant.receiveCopiesOfMeetingMessages }),
  }
}

function editOf(step: FolderStep, present: PermissionSet): PermissionEdit {
  // The model refuses an edit that changes nothing, which is what only dropping unknown entries is: Default is set
  // to what it has.
  if (step.changes.length === 0) {
    const rights = findEntry(present, { distinguishedUser: 'Default' })?.rights ?? LEVEL_RIGHTS.None
    return { set: [{ user: 'Default', rights }] }
  }
  return {
    set: step.changes.flatMap(({ user, after }) =>
      after === undefined
        ? []
        : [typeof after === 'string' ? { user, level: after } : { user, rights: rightsOf(after) }],
    ),
    remove: step.changes.flatMap(({ user, after }) => (after === undefined ? [user] : [])),
  }
}

function refuses(step: MailboxStep): string | undefined {
  if (step.type === 'folder') return undefined
  for (const { after } of step.changes) {
    for (const [folder, level] of Object.entries(after?.levels ?? {})) {
      if (!(DELEGATE_LEVELS as readonly unknown[]).includes(level))
        return `EWS cannot give a delegate Custom on ${folder}; set the folder’s permissions instead.`
    }
  }
  return undefined
}

const GROUP_TYPES: ReadonlySet<string> = new Set(['PublicDL', 'PrivateDL', 'GroupMailbox'])

async function membersOf(client: EwsClient, address: string): Promise<readonly GroupMember[] | undefined> {
  const group = await client.expandGroup(address)
  if (!group) return undefined
  if (!group.complete) {
    throw new EwsResponseError('The server tells only a part of the members.', {
      responseCode: 'ErrorExceededFindCountLimit',
      level: 'item',
    })
  }
  return group.members.flatMap(({ address: member, routingType = 'SMTP', mailboxType = 'Mailbox' }) =>
    member && routingType.toUpperCase() === 'SMTP'
      ? [{ address: member, isGroup: GROUP_TYPES.has(mailboxType) }]
      : [],
  )
}

/**
 * Who is asked for once is not asked for again: a thousand mailboxes name the same assistant. What kept one mailbox
 * from an answer is its own, though: it may be busy, and the others are not.
 */
function directory(ask: NonNullable<Backend['lookUp']>): NonNullable<Backend['lookUp']> {
  const answers = new Map<string, Promise<string | undefined>>()
  return (mailbox, word) => {
    const key = word.trim().toLowerCase()
    const lookUp = () => {
      if (answers.size >= REMEMBERED) answers.clear()
      const answer = ask(mailbox, word)
      answers.set(key, answer)
      answer.catch(() => {
        if (answers.get(key) === answer) answers.delete(key)
      })
      return answer
    }
    return answers.get(key)?.catch(lookUp) ?? lookUp()
  }
}

/**
 * The directory alone is asked: what is in somebody's contacts must not decide who is meant.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
 */
async function lookUp(client: EwsClient, mailbox: string, word: string): Promise<string | undefined> {
  const wanted = word.trim().toLowerCase()
  try {
    const entry = wanted.includes('@') ? `smtp:${word.trim()}` : word
    const { candidates } = await client.resolveNames(entry, { scope: 'ActiveDirectory' })
    const addresses = candidates.flatMap(({ address, routingType = 'SMTP' }) =>
      address && routingType.toUpperCase() === 'SMTP' && isSmtpAddress(address) ? [address] : [],
    )
    const exact = addresses.find((address) => address.toLowerCase() === wanted)
    if (exact !== undefined) return exact
    const [only] = addresses
    const [candidate] = candidates
    if (candidates.length !== 1 || !candidate || !only) return undefined
    if (!wanted.includes('@')) return only
    // An address is matched by its beginning, and does not mean the longer one that begins alike, of which three are
    // listed at most.
    const listed = [only, ...(candidate.proxyAddresses ?? [])].map((address) => address.toLowerCase())
    return listed.includes(wanted) || !listed.some((address) => address.startsWith(wanted)) ? only : undefined
  } catch (error) {
    if (!(error instanceof EwsResponseError)) throw error
    if (NOBODY.has(error.responseCode)) return undefined
    // Who is taken for nobody would be added, or removed, as somebody else.
    const what = `${JSON.stringify(word.slice(0, 80))} could not be looked up for ${mailbox}`
    throw new EwsResponseError(`${what}: ${error.message}`, error)
  }
}

/**
 * What says that a name is nobody's, or not of one alone. Any other refusal says nothing of the name.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 */
const NOBODY: ReadonlySet<string> = new Set([
  'ErrorNameResolutionNoResults',
  'ErrorNameResolutionNoMailbox',
  'ErrorNameResolutionMultipleResults',
])

/** Folders whose names differ by language, and so are named by what they are. */
const WELL_KNOWN = [
  ...DELEGATE_FOLDERS,
  'sentitems',
  'drafts',
  'deleteditems',
  'outbox',
  'junkemail',
] as const satisfies readonly DistinguishedFolder[]

async function* listFolders(
  client: EwsClient,
  mailbox: string,
): AsyncGenerator<ListedFolder & { readonly id: string }, void, undefined> {
  const wellKnown = new Map<string, FolderName>()
  const outcomes = await client.getFolders(WELL_KNOWN.map((name) => explicitFolder(name, mailbox)))
  for (const [index, outcome] of outcomes.entries())
    if (outcome.ok) wellKnown.set(outcome.folder.id.id, WELL_KNOWN[index] as FolderName)
  // A child can come before its parent, so all of them are known before any is named.
  const found = new Map<string, Folder>()
  const top = explicitFolder('msgfolderroot', mailbox)
  for await (const folder of client.findFolders(top, { traversal: 'Deep', pageSize: 500 }))
    found.set(folder.id.id, folder)
  const paths = new Set<string>()
  for (const folder of found.values()) {
    const names: string[] = []
    for (let at: Folder | undefined = folder; at && names.length < 300; at = found.get(at.parentId?.id ?? ''))
      names.unshift(at.displayName ?? '?')
    const path = formatFolderPath(names)
    // A path must lead to this folder: not where it has blanks at its ends or control characters, or is there twice.
    const leads = isCanonical(path) && !paths.has(folderNameKey(path))
    paths.add(folderNameKey(path))
    yield {
      id: folder.id.id,
      folder: wellKnown.get(folder.id.id) ?? (leads ? path : `id:${folder.id.id}`),
      displayName: folder.displayName ?? '?',
      ...(folder.folderClass === undefined ? {} : { folderClass: folder.folderClass }),
    }
  }
}

function isCanonical(name: FolderName): boolean {
  try {
    // The replacement character stands for what XML cannot carry.
    return parseFolderName(name) === name && !name.includes('\uFFFD')
  } catch {
    return false
  }
}

const REMEMBERED = 10_000

/** Finds folders by their path, level by level, and remembers their ids: a mailbox is read more than once. */
class PathResolver {
  readonly #clientFor: EwsBackendOptions['clientFor']
  readonly #ids = new Map<string, string>()

  constructor(clientFor: EwsBackendOptions['clientFor']) {
    this.#clientFor = clientFor
  }

  async targetOf(mailbox: string, name: FolderName): Promise<FolderTarget | undefined> {
    const parts = folderNameParts(name)
    if ('id' in parts) return folderById(parts.id)
    if ('distinguished' in parts) return explicitFolder(parts.distinguished, mailbox)
    const key = keyOf(mailbox, name)
    const known = this.#ids.get(key)
    if (known) return folderById(known)
    let target: FolderTarget = explicitFolder('msgfolderroot', mailbox)
    for (const part of parts.path) {
      const child = await this.#findChild(mailbox, target, part)
      if (!child) return undefined
      target = folderById(child.id.id)
    }
    if ('id' in target) this.remember(mailbox, name, target.id)
    return target
  }

  remember(mailbox: string, name: FolderName, id: string): void {
    if (this.#ids.size >= REMEMBERED) this.#ids.clear()
    this.#ids.set(keyOf(mailbox, name), id)
  }

  forget(mailbox: string, name: FolderName): void {
    this.#ids.delete(keyOf(mailbox, name))
  }

  async #findChild(mailbox: string, parent: FolderTarget, name: string): Promise<Folder | undefined> {
    const restriction = { op: 'IsEqualTo', path: 'folder:DisplayName', value: name } as const
    for await (const folder of this.#clientFor(mailbox).findFolders(parent, { restriction })) {
      // Whether a comparison minds case is the server's business; two folders do not differ by it alone.
      if (folder.displayName?.toLowerCase() === name.toLowerCase()) return folder
    }
    return undefined
  }
}

function keyOf(mailbox: string, name: FolderName): string {
  return `${mailbox.toLowerCase()} ${folderNameKey(name)}`
}
