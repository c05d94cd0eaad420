import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'
import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder, type DeliverMeetingRequests } from '../model/delegate.ts'
import { type FolderName, folderNameKey, folderNameParts } from '../model/folder-name.ts'
import type { GrantMode } from '../model/grant-mode.ts'
import { isFreeBusyLevel } from '../model/permission-level.ts'
import { encodingOf, TEXT_ENCODINGS, type TextEncoding } from '../model/text-encoding.ts'
import { describeUser, userKey } from '../model/user-ref.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox } from './desired.ts'
import { readCsvStatements } from './grants-csv.ts'
import { type DocumentHead, readHead, readMailbox } from './grants-document.ts'
import type { JournalSource } from './journal.ts'
import { jsonLines, jsonPieces } from './json-pieces.ts'
import { parseJson } from './located-json.ts'
import { parseTree, type Tree } from './located-tree.ts'
import { PackedTexts } from './packed-texts.ts'
import { type NamedRole, type Place, Problems } from './problem.ts'
import type { DelegateStatement, FolderStatement, Head, MailboxStatement, Role } from './statement.ts'
import { type YamlPiece, yamlEntries, yamlPieces } from './yaml-pieces.ts'

export const GRANT_FORMATS = ['yaml', 'json', 'jsonl', 'csv'] as const
export type GrantFormat = (typeof GRANT_FORMATS)[number]

/** One file, standard input, or text. */
export interface GrantsSource {
  /** Stands before the line numbers of the messages. */
  readonly name: string
  /** Bytes or text, whole or as it comes. */
  readonly content: string | AsyncIterable<string | Uint8Array>
  /** Default: after the ending of the name; otherwise after the first character. */
  readonly format?: GrantFormat
}

export interface ReadGrantsOptions {
  /** For files that do not say it themselves, as CSV cannot. Default additive. */
  readonly mode?: GrantMode
  /**
   * How many characters the descriptions may take with defaults, roles and aliases unfolded; a file of a few lines
   * can unfold to more than any memory holds. Default 256 million, some two million grants.
   */
  readonly largestUnfolded?: number
}

const LARGEST_UNFOLDED = 256_000_000

/** Checked descriptions of mailboxes, as often as they are walked. */
export interface Grants {
  readonly mailboxes: Iterable<DesiredMailbox>
  readonly count: number
  /** What was read, for the journal. */
  readonly source: JournalSource
}

/** A file as a source. */
export function grantsFile(path: string, format?: GrantFormat): GrantsSource {
  // Opened when it is read, so that a file that is not there is told then.
  const content = {
    [Symbol.asyncIterator]: () => createReadStream(path)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
  }
  return { name: path, content, ...(format ? { format } : {}) }
}

/**
 * Reads descriptions of grants, several files together, and checks all of it before anything is handed out.
 *
 * What is said of each mailbox is held as compact text, some hundred bytes, because a row at the end of a file may
 * belong to the mailbox at its beginning. It is put together when it is walked.
 *
 * @throws GrantsFileError with every mistake, each with file, line and column.
 */
export async function readGrants(
  sources: readonly GrantsSource[],
  options: ReadGrantsOptions = {},
): Promise<Grants> {
  const problems = new Problems()
  const reader = new GrantsReader(problems, options)
  const hash = createHash('sha256')
  for (const source of sources) await reader.read(source, (bytes) => hash.update(bytes))
  reader.check()
  const [first] = sources
  if (first && !reader.lists && problems.count === 0)
    problems.add(
      `${first.name}:1:1`,
      reader.isTables
        ? 'No mailbox is described: no row follows the one that names the columns.'
        : `No mailbox is described${sources.length > 1 ? ' in any of these files' : ''}. If that is meant, write mailboxes: [].`,
    )
  problems.throwIfAny()
  return {
    count: reader.count,
    mailboxes: { [Symbol.iterator]: () => reader.mailboxes() },
    source: { kind: 'grants', names: sources.map(({ name }) => name), sha256: hash.digest('hex') },
  }
}

/** Collects what files say, then puts together what is said of each mailbox. */
class GrantsReader {
  /** Was there a mailbox, or a list of them? */
  lists = false
  /** Were all of the files tables? */
  isTables = true
  readonly #problems: Problems
  readonly #mode: GrantMode
  readonly #heads: Head[] = []
  readonly #roles = new Map<string, Role>()
  readonly #texts = new PackedTexts()
  /** Of each mailbox the numbers of its texts; most have one. */
  readonly #statements = new Map<string, number | number[]>()
  readonly #largest: number
  #held = 0
  /** How many the statements name, the same ones of several counted anew. */
  #delegates = 0
  /** A head was no YAML: which roles there are is not known. */
  #headLost = false

  constructor(problems: Problems, options: ReadGrantsOptions) {
    this.#problems = problems
    this.#mode = options.mode ?? 'additive'
    this.#largest = options.largestUnfolded ?? LARGEST_UNFOLDED
  }

  async read(source: GrantsSource, seen: (bytes: Uint8Array) => void): Promise<void> {
    try {
      await this.#readAll(source, seen)
    } catch (error) {
      if (!(error instanceof NotText)) throw error
      this.#headLost = true
    }
  }

  async #readAll(source: GrantsSource, seen: (bytes: Uint8Array) => void): Promise<void> {
    const { name } = source
    this.#problems.begin(name)
    const chunks = decoded(source, seen, this.#problems)
    const { format, rest } = await formatOf(source, chunks)
    if (format === 'csv') {
      const head = this.#heads.push({ mode: this.#mode }) - 1
      for await (const statement of readCsvStatements(rest, name, head, this.#problems)) this.#add(statement)
      return
    }
    this.isTables = false
    let head = this.#heads.push({ mode: this.#mode }) - 1
    if (format !== 'yaml') {
      const pieces = format === 'json' ? jsonPieces(rest, name, this.#problems) : jsonLines(rest)
      for await (const piece of pieces) {
        if (piece.text.trim() === '') continue
        if (piece.kind === 'document') head = this.#heads.push({ mode: this.#mode }) - 1
        const tree = parseJson(piece.text, name, piece, this.#problems)
        if (tree && piece.kind === 'item') this.#addMailbox(tree, head)
        else if (tree) this.#readHead(tree, head)
        else if (piece.kind !== 'item') this.#headLost = true
      }
      return
    }
    for await (const piece of yamlPieces(rest, name, this.#problems)) {
      if (piece.kind === 'document') head = this.#heads.push({ mode: this.#mode }) - 1
      const faults = new Problems()
      const tree = await parseTree(piece.text, name, piece.line, faults)
      if (tree) this.#problems.addAll(faults.list())
      else if (piece.kind === 'document') await this.#readBroken(piece, name, head, faults)
      else this.#problems.addAll(faults.list())
      if (tree) this.#readPiece(tree, piece, head)
    }
  }

  #readPiece(tree: Tree, { kind }: YamlPiece, head: number): void {
    if (kind === 'document') this.#readHead(tree, head)
    else for (const item of tree.kind === 'list' ? tree.items : [tree]) this.#addMailbox(item, head)
  }

  #readHead(tree: Tree, head: number): void {
    // An empty file, or one of comments.
    if (tree.kind === 'scalar' && tree.value === null) return
    const document = readHead(tree, this.#problems)
    if (tree.kind === 'map' && tree.entries.has('mailboxes')) this.lists = true
    this.#heads[head] = this.#headOf(document, tree.kind === 'map' && tree.entries.has('mode'))
    for (const item of document.mailboxes) this.#addMailbox(item, head)
  }

  /** Entry by entry, so that a fault hides the mistakes of its own entry only. */
  async #readBroken(piece: YamlPiece, name: string, head: number, faults: Problems): Promise<void> {
    // What follows the first fault of a text is often only its consequence.
    const [first] = faults.list()
    const line = Number(/:(\d+):\d+$/.exec(first?.at ?? '')?.[1])
    if (first) this.#problems.addAll([first])
    for await (const part of yamlEntries(piece, name)) {
      const own = new Problems()
      const tree = await parseTree(part.text, name, part.line, own, { fragment: true })
      if (tree) {
        this.#problems.addAll(own.list())
        this.#readPiece(tree, part, head)
        continue
      }
      if (part.kind === 'document') this.#headLost = true
      // What lacks its end is seen at the beginning of what follows.
      const told = line >= part.line && line <= part.line + part.text.split('\n').length
      if (!told) this.#problems.addAll(own.list().slice(0, 1))
    }
  }

  /** Puts every mailbox together once, for the mistakes that only show then, and for what all of it takes. */
  check(): void {
    for (const role of this.#problems.rolesLeftOut) this.#checkRole(role)
    this.#refuseHuge()
    for (const numbers of this.#statements.values()) {
      const texts = this.#textsOf(numbers)
      const statements = statementsOf(texts)
      const combined = JSON.stringify(this.#combine(statements))
      // Instead of what is said of it.
      for (const { length } of texts) this.#held -= length
      this.#hold(combined.length, statements[0] as MailboxStatement)
    }
  }

  get count(): number {
    return this.#statements.size
  }

  *mailboxes(): Generator<DesiredMailbox, void, undefined> {
    for (const numbers of this.#statements.values()) yield this.#combine(statementsOf(this.#textsOf(numbers)))
  }

  #headOf(document: DocumentHead, saysMode: boolean): Head {
    for (const [name, role] of document.roles) {
      const known = this.#roles.get(name)
      if (known) this.#problems.add(role.at, `The role ${name} is defined twice, first at ${known.at}.`)
      else this.#roles.set(name, role)
    }
    return {
      mode: saysMode ? document.mode : this.#mode,
      ...(document.defaults ? { defaults: document.defaults } : {}),
    }
  }

  #addMailbox(tree: Parameters<typeof readMailbox>[0], head: number): void {
    const statement = readMailbox(tree, head, this.#problems)
    if (statement) this.#add(statement)
  }

  /** @throws GrantsFileError when it is too much, with what was found so far. */
  #hold(length: number, { at }: MailboxStatement): void {
    this.#held += length
    if (this.#held > this.#largest) this.#refuseAt(at)
  }

  /** Before any is unfolded: by then a minute would have gone by, and one mailbox alone can be too much. */
  #refuseHuge(): void {
    const roles = new Map([...this.#roles].map(([name, role]) => [name, leastUnfolded(role)]))
    const heads = this.#heads.map(({ defaults }) => {
      if (!defaults) return 0
      const unfolded = (key: string, value: unknown) => (key === 'at' || key === 'role' ? undefined : value)
      const text = JSON.stringify([defaults.delegates, defaults.folders], unfolded)
      return text.length + sum((defaults.delegates ?? []).map(({ role }) => roles.get(role?.name ?? '') ?? 0))
    })
    // At the very most, without a look at each mailbox.
    const most = (sizes: Iterable<number>) => [...sizes].reduce((a, b) => Math.max(a, b), 0)
    if (most(heads) * this.#statements.size + most(roles.values()) * this.#delegates <= this.#largest) return
    let unfolded = 0
    for (const numbers of this.#statements.values()) {
      const statements = statementsOf(this.#textsOf(numbers))
      const [{ head, at }] = statements as [MailboxStatement]
      // Of rows that add to each other, each names the role.
      const named = new Map<string, string>()
      for (const statement of statements) {
        for (const delegate of statement.delegates ?? []) {
          const role = this.#roleOf(delegate, this.#headFor(statement))
          if (role) named.set(userKey(delegate.user), role.name)
        }
      }
      unfolded += (heads[head] as number) + sum([...named.values()].map((name) => roles.get(name) ?? 0))
      if (unfolded > this.#largest) this.#refuseAt(at)
    }
  }

  /** @throws GrantsFileError with what was found so far. */
  #refuseAt(at: Place): void {
    const most = `${Math.round(this.#largest / 1_000_000)} MB`
    this.#problems.add(
      at,
      `Up to this mailbox the descriptions unfold to more than ${most}; are the defaults, a role, or what an alias stands for, meant for all of them? Otherwise divide the mailboxes among several runs.`,
    )
    this.#problems.throwIfAny()
  }

  #add(statement: MailboxStatement): void {
    this.lists = true
    const key = statement.mailbox.toLowerCase()
    const text = JSON.stringify(statement)
    this.#hold(text.length, statement)
    this.#delegates += statement.delegates?.length ?? 0
    const number = this.#texts.add(text)
    const known = this.#statements.get(key)
    if (typeof known === 'object') known.push(number)
    // A part of a string keeps the whole alive, which here may be the file: a copy does not.
    else if (known === undefined) this.#statements.set(Buffer.from(key).toString(), number)
    else this.#statements.set(key, [known, number])
  }

  #textsOf(numbers: number | readonly number[]): string[] {
    return [numbers].flat().map((number) => this.#texts.get(number))
  }

  #combine(statements: readonly MailboxStatement[]): DesiredMailbox {
    const first = statements[0] as MailboxStatement
    const problems = this.#problems
    const mode = first.mode ?? this.#headFor(first).mode
    for (const statement of statements.slice(1)) {
      const other = statement.mode ?? this.#headFor(statement).mode
      if (other !== mode)
        problems.add(
          statement.at,
          `${first.mailbox} is described as ${mode} at ${first.at} and as ${other} here.`,
        )
    }
    const delegates = new Map<string, CollectedDelegate>()
    const folders = new FolderCollector(problems)
    for (const statement of statements) {
      for (const { folder, permissions } of statement.folders) {
        folders.open(folder)
        for (const permission of permissions) folders.add(folder, permission, RANK.own)
      }
      for (const delegate of statement.delegates ?? []) {
        const isOwner = userKey(delegate.user) === userKey({ smtpAddress: first.mailbox })
        // An owner who stands in their own list can be described off it.
        if (isOwner && !delegate.absent) {
          problems.add(delegate.at, `${first.mailbox} owns the mailbox and cannot be their own delegate.`)
          if (delegate.role) this.#checkRole(delegate.role)
        } else this.#addDelegate(delegates, delegate, this.#headFor(statement), folders, RANK.own)
      }
    }
    // What a mailbox says itself goes before what holds for all.
    const named = new Set(delegates.keys())
    const heads = [...new Set(statements.map((statement) => this.#headFor(statement)))]
    for (const head of heads) {
      for (const { folder, permissions } of head.defaults?.folders ?? []) {
        folders.open(folder)
        for (const permission of permissions) folders.add(folder, permission, RANK.default)
      }
      for (const delegate of head.defaults?.delegates ?? []) {
        const key = userKey(delegate.user)
        if (named.has(key) || key === userKey({ smtpAddress: first.mailbox })) continue
        this.#addDelegate(delegates, delegate, head, folders, RANK.default)
      }
    }
    const delivery =
      this.#oneDelivery(statements) ?? this.#oneDelivery(heads.flatMap(({ defaults }) => defaults ?? []))
    const described = [...statements, ...heads.flatMap(({ defaults }) => defaults ?? [])].some(
      (said) => said.delegates,
    )
    for (const delegate of delegates.values()) {
      folders.settle(delegate)
      checkCopies(delegate.merged, delegate.at, problems)
    }
    return {
      mailbox: first.mailbox,
      mode,
      ...(delivery ? { deliverMeetingRequests: delivery } : {}),
      ...(described ? { delegates: [...delegates.values()].map(({ merged }) => merged) } : {}),
      folders: folders.folders(),
    }
  }

  #headFor(statement: MailboxStatement): Head {
    return this.#heads[statement.head] as Head
  }

  #roleOf(delegate: DelegateStatement, { defaults }: Head): DelegateStatement['role'] {
    return delegate.role ?? (saysNothing(delegate) ? defaults?.role : undefined)
  }

  /** The role, or undefined with the mistake told that there is none of this name. */
  #checkRole({ at, name }: NamedRole): Role | undefined {
    const role = this.#roles.get(name)
    if (role || this.#headLost) return role
    const names = [...this.#roles.keys()]
    const known =
      names.length > 0 ? `The roles are ${names.slice(0, 20).join(', ')}.` : 'No file defines roles.'
    this.#problems.add(at, `There is no role ${JSON.stringify(name.slice(0, 60))}. ${known}`)
    return undefined
  }

  #oneDelivery(
    saying: readonly Pick<MailboxStatement, 'deliverMeetingRequests'>[],
  ): DeliverMeetingRequests | undefined {
    const [first, ...others] = saying.flatMap(({ deliverMeetingRequests }) => deliverMeetingRequests ?? [])
    for (const other of others) {
      if (first && other.value !== first.value)
        this.#problems.add(
          other.at,
          `Meeting requests go ${first.value} at ${first.at} and ${other.value} here; it is one setting for the mailbox.`,
        )
    }
    return first?.value
  }

  #addDelegate(
    delegates: Map<string, CollectedDelegate>,
    statement: DelegateStatement,
    head: Head,
    folders: FolderCollector,
    rank: Rank,
  ): void {
    const key = userKey(statement.user)
    const known = delegates.get(key)
    const named = known ? statement.role : this.#roleOf(statement, head)
    const role = named && this.#checkRole(named)
    for (const { folder, grant } of role?.folders ?? []) {
      folders.open(folder)
      const permission = {
        at: statement.at,
        user: statement.user,
        grant,
        ...(statement.expires ? { expires: statement.expires } : {}),
        ...(statement.absent ? { absent: true } : {}),
      }
      folders.add(folder, permission, (rank + 1) as Rank)
    }
    const own: DesiredDelegate = { user: statement.user, ...said(statement), levels: statement.levels }
    const whole = { ...said(role), ...own, levels: { ...role?.levels, ...own.levels } }
    if (!known) {
      const { at, partial } = statement
      delegates.set(key, { at, role: statement.role?.name, partial, own, merged: whole, rank })
      return
    }
    // The defaults of two files may well say the same.
    if (rank === RANK.default && JSON.stringify(whole) === JSON.stringify(known.merged)) return
    // Rows that each add a folder repeat the role.
    const sameRole = known.role !== undefined && known.role === named?.name
    const clash = sameRole ? overlap(known.own, own) : overlap(known.merged, whole)
    if (!(known.partial && statement.partial) || clash.length > 0) {
      const what = clash.length > 0 ? ` with ${clash.join(', ')}` : ''
      this.#problems.add(
        statement.at,
        `${describeUser(statement.user)} is named twice as a delegate, first at ${known.at}${what}.`,
      )
      return
    }
    const add = (to: DesiredDelegate, more: DesiredDelegate): DesiredDelegate => ({
      ...to,
      ...more,
      levels: { ...to.levels, ...more.levels },
    })
    delegates.set(key, {
      ...known,
      own: add(known.own, own),
      merged: add(known.merged, sameRole ? own : whole),
    })
  }
}

function statementsOf(texts: readonly string[]): MailboxStatement[] {
  return texts.map((text) => JSON.parse(text) as MailboxStatement)
}

/** Of an entry `{"user":{"sid":"S-1-1-0"},"grant":"None"}`, the shortest there is. */
const LEAST_ENTRY = 40

/** The characters that a role comes to at the least, for each who has it: the names of its folders may be shared. */
function leastUnfolded({ folders }: Role): number {
  return new Set(folders.map(({ folder }) => folderNameKey(folder))).size * LEAST_ENTRY
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a + b, 0)
}

/** Who goes before whom: what a mailbox says, the roles in it, what holds for all, the roles in that. */
const RANK = { own: 0, ownRole: 1, default: 2, defaultRole: 3 } as const
type Rank = (typeof RANK)[keyof typeof RANK]

interface CollectedDelegate {
  readonly at: Place
  /** The name of the one that is stated. */
  readonly role: string | undefined
  readonly partial: true | undefined
  /** What is said besides the role. */
  readonly own: DesiredDelegate
  merged: DesiredDelegate
  readonly rank: Rank
}

/** The entries of folders, put together from all statements. */
class FolderCollector {
  readonly #problems: Problems
  readonly #folders = new Map<
    string,
    { folder: FolderName; entries: Map<string, PermissionAt & { readonly rank: Rank }> }
  >()

  constructor(problems: Problems) {
    this.#problems = problems
  }

  open(folder: FolderName): void {
    const key = folderNameKey(folder)
    if (!this.#folders.has(key)) this.#folders.set(key, { folder, entries: new Map() })
  }

  /** Of several entries of one user the one of the lowest rank counts. */
  add(folder: FolderName, permission: PermissionAt, rank: Rank): void {
    const list = this.#folders.get(folderNameKey(folder))
    if (!list) return
    const key = userKey(permission.user)
    const known = list.entries.get(key)
    if (known && known.rank === rank && (rank === RANK.own || !samePermission(known, permission)))
      this.#problems.add(
        permission.at,
        `${describeUser(permission.user)} is named twice on ${folder}, first at ${known.at}.`,
      )
    if (known && known.rank <= rank) return
    const { grant } = permission
    const freeBusy = typeof grant === 'string' ? isFreeBusyLevel(grant) : grant.readItems.startsWith('Time')
    const parts = folderNameParts(folder)
    if (freeBusy && 'distinguished' in parts && parts.distinguished !== 'calendar')
      this.#problems.add(
        permission.at,
        `${describeUser(permission.user)} cannot have free/busy rights on ${folder}: only calendar folders know them.`,
      )
    list.entries.set(key, { ...permission, rank })
  }

  /**
   * One user's level on one folder is said in one place, or they would be set in turn: what the mailbox itself says
   * counts, and where both are its own, that is a mistake.
   */
  settle(delegate: CollectedDelegate): void {
    const { merged } = delegate
    for (const folder of DELEGATE_FOLDERS) {
      const entries = this.#folders.get(folder)?.entries
      const entry = entries?.get(userKey(merged.user))
      if (!entries || !entry) continue
      // What goes and comes together with the delegate does not contradict them.
      const together =
        merged.expires === entry.expires && (merged.absent ?? false) === (entry.absent ?? false)
      if (together && merged.levels[folder] === undefined) continue
      if (delegate.rank === RANK.own && entry.rank >= RANK.default) entries.delete(userKey(merged.user))
      else if (delegate.rank === RANK.default && entry.rank < RANK.default && together) {
        const { [folder]: _, ...levels } = merged.levels
        delegate.merged = { ...merged, levels }
      } else
        this.#problems.add(
          entry.at,
          `${describeUser(merged.user)} is given rights on ${folder} here and as a delegate at ${delegate.at}; say it in one place.`,
        )
    }
  }

  folders(): DesiredFolder[] {
    return [...this.#folders.values()].map(({ folder, entries }) => ({
      folder,
      permissions: [...entries.values()].map(({ at: _, rank: __, ...permission }) => permission),
    }))
  }
}

type PermissionAt = FolderStatement['permissions'][number]

function samePermission(a: PermissionAt, b: PermissionAt): boolean {
  return (
    JSON.stringify(a.grant) === JSON.stringify(b.grant) && a.expires === b.expires && a.absent === b.absent
  )
}

function said(
  statement: Partial<Omit<DelegateStatement, 'at' | 'user' | 'role' | 'levels' | 'partial'>> | undefined,
): Omit<DesiredDelegate, 'user' | 'levels'> {
  const { viewPrivateItems, receiveCopiesOfMeetingMessages, expires, absent } = statement ?? {}
  return {
    ...(viewPrivateItems === undefined ? {} : { viewPrivateItems }),
    ...(receiveCopiesOfMeetingMessages === undefined ? {} : { receiveCopiesOfMeetingMessages }),
    ...(expires === undefined ? {} : { expires }),
    ...(absent === undefined ? {} : { absent }),
  }
}

function saysNothing(statement: DelegateStatement): boolean {
  const { expires: _, absent, ...rest } = said(statement)
  return !absent && Object.keys(statement.levels).length === 0 && Object.keys(rest).length === 0
}

/** What both say of the same user. */
function overlap(a: DesiredDelegate, b: DesiredDelegate): string[] {
  const levels = DELEGATE_FOLDERS.filter(
    (folder: DelegateFolder) => a.levels[folder] !== undefined && b.levels[folder] !== undefined,
  )
  const flags = (['viewPrivateItems', 'receiveCopiesOfMeetingMessages', 'expires', 'absent'] as const).filter(
    (name) => a[name] !== undefined && b[name] !== undefined && a[name] !== b[name],
  )
  // Rows that add a folder each repeat the rest; a row that adds nothing is a double.
  const adds = Object.keys(b.levels).length > 0 || flags.length > 0
  return adds ? [...levels, ...flags] : ['nothing new']
}

function checkCopies(delegate: DesiredDelegate, at: Place, problems: Problems): void {
  const { calendar } = delegate.levels
  if (
    !delegate.receiveCopiesOfMeetingMessages ||
    delegate.absent ||
    calendar === undefined ||
    calendar === 'Editor'
  )
    return
  problems.add(
    at,
    `${describeUser(delegate.user)} cannot receive meeting copies with ${calendar} on the calendar; they need Editor.`,
  )
}

/** The rest of a source cannot be read, which is told among the mistakes: half a row must not be told as well. */
class NotText extends Error {}

/** Text of whatever encoding spreadsheets save in. */
async function* decoded(
  source: GrantsSource,
  seen: (bytes: Uint8Array) => void,
  problems: Problems,
): AsyncGenerator<string, void, undefined> {
  const { content, name } = source
  if (typeof content === 'string') {
    seen(Buffer.from(content))
    yield content
    return
  }
  let encoding: TextEncoding | undefined
  let strict: TextDecoder | undefined
  let lenient: TextDecoder | undefined
  let text = ''
  let [line, column] = [1, 1]
  const goOver = (part: string) => {
    const lines = part.split('\n')
    line += lines.length - 1
    column = (lines.length > 1 ? 1 : column) + (lines.at(-1) ?? '').length
  }
  try {
    for await (const chunk of content) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      seen(bytes)
      encoding ??= encodingOf(bytes)
      strict ??= new TextDecoder(encoding, { fatal: true })
      lenient ??= new TextDecoder(encoding)
      // It shows where the strict one stumbles.
      text = lenient.decode(bytes, { stream: true })
      yield strict.decode(bytes, { stream: true })
      goOver(text)
    }
    text = lenient?.decode() ?? ''
    if (strict) yield strict.decode()
  } catch (error) {
    // Whoever hands it out may say what is wrong with it.
    if (error instanceof InvalidInputError) throw error
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new InvalidInputError(`${name} cannot be read: ${(error as Error).message}`, { cause: error })
    goOver(text.slice(0, Math.max(0, text.indexOf('\uFFFD'))))
    problems.add(
      `${name}:${line}:${column}`,
      `Here the text is not ${TEXT_ENCODINGS[encoding ?? 'utf-8']}; save the file as UTF-8 (in Excel: “CSV UTF-8”).`,
    )
    throw new NotText()
  }
}

async function formatOf(source: GrantsSource, chunks: AsyncIterable<string>) {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  const begin = first.done ? '' : first.value
  async function* rest(): AsyncGenerator<string, void, undefined> {
    yield begin
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  }
  return { format: source.format ?? guessFormat(source.name, begin), rest: rest() }
}

function guessFormat(name: string, begin: string): GrantFormat {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (ending === 'csv' || ending === 'tsv') return 'csv'
  if (ending === 'yaml' || ending === 'yml') return 'yaml'
  if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl'
  if (ending === 'json') return 'json'
  const text = begin.replace(/^\uFEFF/, '').trimStart()
  if (text.startsWith('{')) return /^\{[^\n]*\}\s*\n\s*\{/.test(text) ? 'jsonl' : 'json'
  const line = text.split('\n').find((one) => one.trim() !== '' && !one.startsWith('#')) ?? ''
  return /^[\w$-]+:(?:\s|$)/.test(line) || line.startsWith('---') || !/[,;\t]/.test(line) ? 'yaml' : 'csv'
}
