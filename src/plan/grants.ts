import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'
import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, folderNameKey, folderNameParts } from '../model/folder-name.ts'
import type { GrantMode } from '../model/grant-mode.ts'
import { isFreeBusyLevel } from '../model/permission-level.ts'
import { describeUser, userKey } from '../model/user-ref.ts'
import type { DesiredDelegate, DesiredFolder, DesiredMailbox } from './desired.ts'
import { readCsvStatements } from './grants-csv.ts'
import { type DocumentHead, readHead, readMailbox } from './grants-document.ts'
import type { JournalSource } from './journal.ts'
import { parseTree } from './located-tree.ts'
import { type Place, Problems } from './problem.ts'
import type { DelegateStatement, FolderStatement, Head, MailboxStatement, Role } from './statement.ts'
import { yamlPieces } from './yaml-pieces.ts'

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
}

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
 * Mailboxes are held as compact text, some hundred bytes each, because a row at the end of a file may belong to the
 * mailbox at its beginning.
 *
 * @throws GrantsFileError with every mistake, each with file, line and column.
 */
export async function readGrants(
  sources: readonly GrantsSource[],
  options: ReadGrantsOptions = {},
): Promise<Grants> {
  const problems = new Problems()
  const reader = new GrantsReader(problems, options.mode ?? 'additive')
  const hash = createHash('sha256')
  for (const source of sources) await reader.read(source, (bytes) => hash.update(bytes))
  const finished = reader.finish()
  problems.throwIfAny()
  return {
    count: finished.length,
    mailboxes: {
      *[Symbol.iterator]() {
        for (const text of finished) yield JSON.parse(text) as DesiredMailbox
      },
    },
    source: { kind: 'grants', names: sources.map(({ name }) => name), sha256: hash.digest('hex') },
  }
}

/** Collects what files say, then puts together what is said of each mailbox. */
class GrantsReader {
  readonly #problems: Problems
  readonly #mode: GrantMode
  readonly #heads: Head[] = []
  readonly #roles = new Map<string, Role>()
  readonly #statements = new Map<string, string[]>()

  constructor(problems: Problems, mode: GrantMode) {
    this.#problems = problems
    this.#mode = mode
  }

  async read(source: GrantsSource, seen: (bytes: Uint8Array) => void): Promise<void> {
    const { name } = source
    const chunks = decoded(source, seen, this.#problems)
    const { format, rest } = await formatOf(source, chunks)
    if (format === 'csv') {
      const head = this.#heads.push({ mode: this.#mode }) - 1
      for await (const statement of readCsvStatements(rest, name, head, this.#problems)) this.#add(statement)
      return
    }
    let head = this.#heads.push({ mode: this.#mode }) - 1
    for await (const piece of yamlPieces(rest, format, name, this.#problems)) {
      const tree = await parseTree(piece.text, name, piece.line, this.#problems)
      if (piece.kind === 'document') head = this.#heads.push({ mode: this.#mode }) - 1
      if (!tree) continue
      if (piece.kind === 'item') {
        const items = tree.kind === 'list' ? tree.items : [tree]
        for (const item of items) this.#addMailbox(item, head)
        continue
      }
      // An empty file, or one of comments.
      if (tree.kind === 'scalar' && tree.value === null && piece.text.trim() === '') continue
      const document = readHead(tree, this.#problems)
      this.#heads[head] = this.#headOf(document, tree.kind === 'map' && tree.entries.has('mode'))
      for (const item of document.mailboxes) this.#addMailbox(item, head)
    }
  }

  /** Everything that was said, mailbox by mailbox, as text. */
  finish(): string[] {
    const finished: string[] = []
    for (const [key, texts] of this.#statements) {
      const statements = texts.map((text) => JSON.parse(text) as MailboxStatement)
      finished.push(JSON.stringify(this.#combine(statements)))
      // One of the two texts is enough; a hundred thousand of both are not small.
      this.#statements.delete(key)
    }
    return finished
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

  #add(statement: MailboxStatement): void {
    const key = statement.mailbox.toLowerCase()
    const texts = this.#statements.get(key)
    const text = JSON.stringify(statement)
    if (texts) texts.push(text)
    else this.#statements.set(key, [text])
  }

  #combine(statements: readonly MailboxStatement[]): DesiredMailbox {
    const first = statements[0] as MailboxStatement
    const problems = this.#problems
    const head = this.#heads[first.head] as Head
    const mode = first.mode ?? head.mode
    for (const statement of statements.slice(1)) {
      const other = statement.mode ?? (this.#heads[statement.head] as Head).mode
      if (other !== mode)
        problems.add(
          statement.at,
          `${first.mailbox} is described as ${mode} at ${first.at} and as ${other} here.`,
        )
    }
    const delegates = new Map<string, DelegateStatement & { readonly merged: DesiredDelegate }>()
    const folders = new FolderCollector(problems)
    let described = false
    let delivery = head.defaults?.deliverMeetingRequests
    let deliverySaid = false
    for (const statement of withDefaults(statements, head)) {
      const said = statement.deliverMeetingRequests
      if (said && delivery && deliverySaid && said.value !== delivery.value)
        problems.add(
          said.at,
          `Meeting requests go ${delivery.value} at ${delivery.at} and ${said.value} here; it is one setting for the mailbox.`,
        )
      else if (said) {
        delivery = said
        deliverySaid = true
      }
      for (const { folder, permissions } of statement.folders) {
        folders.open(folder)
        for (const permission of permissions) folders.add(folder, permission)
      }
      if (!statement.delegates) continue
      described = true
      for (const delegate of statement.delegates) {
        if (userKey(delegate.user) === userKey({ smtpAddress: first.mailbox })) {
          if (!statement.isDefault)
            problems.add(delegate.at, `${first.mailbox} owns the mailbox and cannot be their own delegate.`)
          continue
        }
        this.#addDelegate(delegates, delegate, head, folders)
      }
    }
    const desired: DesiredMailbox = {
      mailbox: first.mailbox,
      mode,
      ...(delivery ? { deliverMeetingRequests: delivery.value } : {}),
      ...(described ? { delegates: [...delegates.values()].map(({ merged }) => merged) } : {}),
      folders: folders.folders(),
    }
    for (const { at, merged } of delegates.values()) {
      checkCopies(merged, at, problems)
      folders.checkAgainst(merged, at)
    }
    return desired
  }

  #addDelegate(
    delegates: Map<string, DelegateStatement & { readonly merged: DesiredDelegate }>,
    statement: DelegateStatement,
    head: Head,
    folders: FolderCollector,
  ): void {
    const key = userKey(statement.user)
    const known = delegates.get(key)
    const named = statement.role ?? (saysNothing(statement) && !known ? head.defaults?.role : undefined)
    const role = named && this.#roles.get(named.name)
    if (named && !role) {
      const names = [...this.#roles.keys()]
      this.#problems.add(
        named.at,
        `There is no role ${JSON.stringify(named.name.slice(0, 60))}. ${names.length > 0 ? `The roles are ${names.slice(0, 20).join(', ')}.` : 'No file defines roles.'}`,
      )
    }
    for (const { folder, grant } of role?.folders ?? []) {
      folders.open(folder)
      folders.add(folder, {
        at: statement.at,
        user: statement.user,
        grant,
        ...(statement.expires ? { expires: statement.expires } : {}),
        ...(statement.absent ? { absent: true } : {}),
      })
    }
    const merged = { ...said(role), ...said(statement), levels: { ...role?.levels, ...statement.levels } }
    const whole: DesiredDelegate = { user: statement.user, ...merged }
    if (!known) {
      delegates.set(key, { ...statement, merged: whole })
      return
    }
    const clash = overlap(known.merged, whole)
    if (!(known.partial && statement.partial) || clash.length > 0) {
      const what = clash.length > 0 ? ` with ${clash.join(', ')}` : ''
      this.#problems.add(
        statement.at,
        `${describeUser(statement.user)} is named twice as a delegate, first at ${known.at}${what}.`,
      )
      return
    }
    delegates.set(key, {
      ...known,
      merged: { ...known.merged, ...whole, levels: { ...known.merged.levels, ...whole.levels } },
    })
  }
}

/** The entries of folders, put together from all statements. */
class FolderCollector {
  readonly #problems: Problems
  readonly #folders = new Map<string, { folder: FolderName; entries: Map<string, PermissionAt> }>()

  constructor(problems: Problems) {
    this.#problems = problems
  }

  open(folder: FolderName): void {
    const key = folderNameKey(folder)
    if (!this.#folders.has(key)) this.#folders.set(key, { folder, entries: new Map() })
  }

  add(folder: FolderName, permission: PermissionAt): void {
    const list = this.#folders.get(folderNameKey(folder))
    if (!list) return
    const key = userKey(permission.user)
    const known = list.entries.get(key)
    if (known) {
      this.#problems.add(
        permission.at,
        `${describeUser(permission.user)} is named twice on ${folder}, first at ${known.at}.`,
      )
      return
    }
    const { grant } = permission
    const freeBusy = typeof grant === 'string' ? isFreeBusyLevel(grant) : grant.readItems.startsWith('Time')
    const parts = folderNameParts(folder)
    if (freeBusy && 'distinguished' in parts && parts.distinguished !== 'calendar')
      this.#problems.add(
        permission.at,
        `${describeUser(permission.user)} cannot have free/busy rights on ${folder}: only calendar folders know them.`,
      )
    list.entries.set(key, permission)
  }

  /** One user's level on one folder is said in one place, or they would be set in turn. */
  checkAgainst(delegate: DesiredDelegate, at: Place): void {
    for (const folder of DELEGATE_FOLDERS) {
      const level = delegate.levels[folder]
      const entry = this.#folders.get(folder)?.entries.get(userKey(delegate.user))
      if (entry && (level !== undefined || delegate.absent || delegate.expires !== undefined))
        this.#problems.add(
          entry.at,
          `${describeUser(delegate.user)} is given rights on ${folder} here and as a delegate at ${at}; say it in one place.`,
        )
    }
  }

  folders(): DesiredFolder[] {
    return [...this.#folders.values()].map(({ folder, entries }) => ({
      folder,
      permissions: [...entries.values()].map(({ at: _, ...permission }) => permission),
    }))
  }
}

type PermissionAt = FolderStatement['permissions'][number]

function* withDefaults(
  statements: readonly MailboxStatement[],
  head: Head,
): Generator<
  Pick<MailboxStatement, 'deliverMeetingRequests' | 'delegates' | 'folders'> & { isDefault?: true }
> {
  yield* statements
  const { defaults } = head
  if (!defaults) return
  const named = new Set(
    statements.flatMap(({ delegates = [] }) => delegates.map(({ user }) => userKey(user))),
  )
  const said = new Set(
    statements.flatMap(({ folders }) =>
      folders.flatMap(({ folder, permissions }) =>
        permissions.map(({ user }) => `${folderNameKey(folder)} ${userKey(user)}`),
      ),
    ),
  )
  // What a mailbox says itself goes before what holds for all.
  yield {
    isDefault: true,
    ...(defaults.delegates
      ? { delegates: defaults.delegates.filter(({ user }) => !named.has(userKey(user))) }
      : {}),
    folders: defaults.folders.map(({ folder, permissions }) => ({
      folder,
      permissions: permissions.filter(({ user }) => !said.has(`${folderNameKey(folder)} ${userKey(user)}`)),
    })),
  }
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
  let decoder: TextDecoder | undefined
  let lines = 1
  try {
    for await (const chunk of content) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      seen(bytes)
      decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true })
      const text = decoder.decode(bytes, { stream: true })
      lines += text.split('\n').length - 1
      yield text
    }
    if (decoder) yield decoder.decode()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      problems.add(
        `${name}:${lines}:1`,
        'From about here the text is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”).',
      )
      return
    }
    throw new InvalidInputError(`${name} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return 'utf-8'
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
