import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Backend } from '../backends/backend.ts'
import { EwsResponseError, InvalidInputError } from '../errors.ts'
import { GRANT_MODES } from '../model/grant-mode.ts'
import { parseUser, requireSmtpAddress, type UserRef } from '../model/user-ref.ts'
import type { GrantFormat, Grants } from '../plan/grants.ts'
import { isBusy } from '../plan/server-watch.ts'
import type { Context } from './context.ts'
import { ownersHint } from './flag-hints.ts'
import { type BackendFlagValues, type GrantsFlagValues, PLAN_FORMS, type PlanForm } from './grants-flags.ts'
import { readInputText } from './input-file.ts'
import { parseNamed } from './named.ts'
import { OUTPUT_FORMATS } from './output.ts'
import { isName } from './people.ts'

const MAX_LIST = 64_000_000

/** What of this program's own a file is, by how it begins. What is no file is left for its reader, as a pipe is read once. */
export async function ownFileKind(context: Context, file: string): Promise<'plan' | 'journal' | undefined> {
  const path = resolve(context.io.cwd, file)
  const found = await stat(path).catch(() => undefined)
  const handle = found?.isFile() ? await open(path).catch(() => undefined) : undefined
  if (!handle) return undefined
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0)
    const begin = buffer.toString('utf8', 0, bytesRead)
    return await ownKind(begin)
  } catch {
    return undefined
  } finally {
    await handle.close()
  }
}

async function ownKind(begin: string): Promise<'plan' | 'journal' | undefined> {
  const [{ isPlanText }, { isJournalText }] = await Promise.all([
    import('../plan/plan-file.ts'),
    import('../plan/journal.ts'),
  ])
  return isPlanText(begin) ? 'plan' : isJournalText(begin) ? 'journal' : undefined
}

/** Each line of them would be a mistake of its own. */
function requireGrants(
  context: Context,
  kind: 'plan' | 'journal' | undefined,
  name: string,
  file: string,
): void {
  if (kind === undefined) return
  const what = kind === 'plan' ? 'a saved plan' : 'the journal of a run'
  throw new InvalidInputError(`${name} is ${what}, not a file of grants.`, {
    hint:
      kind === 'plan'
        ? `A plan is applied alone: ${context.commandLine('apply', file)}`
        : `To go on with the run: ${context.commandLine('apply', '--resume', file)}. To put it back: ${context.commandLine('revert', file)}`,
  })
}

/** Standard input, looked at as it is read. */
async function* grantsOfStdin(context: Context): AsyncGenerator<string | Uint8Array, void, undefined> {
  let first = true
  for await (const chunk of context.io.stdin as AsyncIterable<string | Uint8Array>) {
    if (first) requireGrants(context, await ownKind(beginOf(chunk)), 'Standard input', 'FILE')
    first = false
    yield chunk
  }
}

function beginOf(chunk: string | Uint8Array): string {
  return typeof chunk === 'string' ? chunk.slice(0, 64) : Buffer.from(chunk.subarray(0, 64)).toString('utf8')
}

/** Reads and checks files of grants; `-` is standard input. */
export async function readGrantFiles(
  context: Context,
  files: readonly string[],
  flags: GrantsFlagValues,
): Promise<Grants> {
  const { GRANT_FORMATS, grantsFile, readGrants } = await import('../plan/grants.ts')
  const { format, mode } = flags
  const chosen = format === undefined ? undefined : oneOf<GrantFormat>(format, GRANT_FORMATS, 'a format')
  for (const file of files)
    if (file !== '-') requireGrants(context, await ownFileKind(context, file), file, file)
  const sources = files.map((file) => {
    if (file === '-')
      return {
        name: 'standard input',
        content: grantsOfStdin(context),
        ...(chosen ? { format: chosen } : {}),
      }
    // Shown as it was typed, opened from where the command runs.
    return { ...grantsFile(resolve(context.io.cwd, file), chosen), name: file }
  })
  return readGrants(sources, mode === undefined ? {} : { mode: oneOf(mode, GRANT_MODES, 'a mode') })
}

/** The mailboxes that were named, and those of the list. */
export async function readMailboxes(
  context: Context,
  named: readonly string[],
  list: string | undefined,
): Promise<string[]> {
  const mailboxes = new Map<string, string>()
  const add = (text: string, what: string) => {
    const address = requireSmtpAddress(text, what)
    if (!mailboxes.has(address.toLowerCase())) mailboxes.set(address.toLowerCase(), address)
  }
  for (const text of named) add(text, 'the mailbox')
  if (list !== undefined) {
    const text = await readInputText(context.io, list, { what: 'the list of mailboxes', maxBytes: MAX_LIST })
    for (const [index, line] of text
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .entries()) {
      const address = line.trim().replace(/^"(.*)"$/, '$1')
      if (address !== '' && !address.startsWith('#')) add(address, `line ${index + 1} of ${list}:`)
    }
  }
  if (mailboxes.size === 0) {
    throw new InvalidInputError('No mailbox is named.', {
      hint: 'Name mailboxes, or give a file with one address per line as --mailboxes FILE.',
    })
  }
  return [...mailboxes.values()]
}

/** The way to the server, acting as each owner unless told otherwise. */
export async function openBackend(context: Context, flags: BackendFlagValues): Promise<Backend> {
  return (await openServer(context, flags)).backend
}

/** {@link openBackend}, with the server's address as a journal remembers it: a query may hold a secret. */
export async function openServer(
  context: Context,
  flags: BackendFlagValues,
): Promise<{ readonly backend: Backend; readonly endpoint: string }> {
  const { url, user, clientFor } = await context.ewsClients(flags)
  const { ewsBackend } = await import('../backends/ews-backend.ts')
  const asOwners = (flags['impersonate-owners'] ?? true) && flags.impersonate === undefined
  const named = context.server.value('impersonate')
  // Whoever signs in as the owner needs no impersonation, which few accounts may do.
  const isOwner = (mailbox: string) =>
    named === undefined && mailbox.toLowerCase() === user.trim().toLowerCase()
  const backend = ewsBackend({
    clientFor: (mailbox) => clientFor(asOwners && !isOwner(mailbox) ? mailbox : undefined),
    trustEmptyLists: flags['trust-empty-lists'] ?? false,
  })
  const { origin, pathname } = new URL(url)
  return { backend, endpoint: `${origin}${pathname}` }
}

/**
 * Whom a word for a user means: an address or a SID as it stands; a name, an alias or another address is looked up. An
 * address that is not in the directory stays as it is, because leavers' are gone from there before their entries are.
 * @throws InvalidInputError for a name of nobody or of several; EwsResponseError when the directory does not say.
 */
export async function lookUpUser(
  context: Context,
  backend: Backend,
  mailboxes: readonly string[],
  word: string,
  what: string,
): Promise<UserRef> {
  const user = isName(word) ? undefined : parseUser(word, what)
  if (user && !('smtpAddress' in user)) return user
  const found = await askDirectory(backend, mailboxes, word)
  if (found === undefined) {
    if (user) return user
    throw new InvalidInputError(
      `${JSON.stringify(word.slice(0, 80))} is nobody’s name, or that of several.`,
      {
        hint: `Name ${what} by address; ${context.commandLine('resolve', word)} shows who can be meant.`,
      },
    )
  }
  if (found.toLowerCase() !== word.trim().toLowerCase())
    context.talk(`${JSON.stringify(word.slice(0, 80))} is ${found}.`)
  return { smtpAddress: found }
}

/** In whose names the directory is asked before it is given up. */
const MOST_ASKED = 10

/** A mailbox that is mistyped, or may not be opened, does not answer for the directory; the next one may. */
async function askDirectory(
  backend: Backend,
  mailboxes: readonly string[],
  word: string,
): Promise<string | undefined> {
  let refusal: EwsResponseError | undefined
  for (const mailbox of mailboxes.slice(0, MOST_ASKED)) {
    try {
      return await backend.lookUp?.(mailbox, word)
    } catch (error) {
      if (!(error instanceof EwsResponseError) || isBusy(error)) throw error
      refusal ??= error
    }
  }
  if (!refusal) return undefined
  const { message, hint } = refusal
  throw new EwsResponseError(message, { ...refusal, hint: hint && ownersHint(hint) })
}

export function readConcurrency(text: string | undefined): { concurrency?: number } {
  if (text === undefined) return {}
  const concurrency = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (concurrency >= 1 && concurrency <= 100) return { concurrency }
  throw new InvalidInputError(
    `${JSON.stringify(text.slice(0, 20))} is not a number of mailboxes at a time.`,
    {
      hint: 'Give 1 to 100; Exchange’s own limit for one account is 27 calls at a time.',
    },
  )
}

/**
 * The form in which a plan is printed, where --output does not say it.
 * @param as what --as says; without it `format` counts, what --format says of the form.
 */
export function readPlanForm(
  context: Context,
  as: string | undefined,
  format: string | undefined,
): PlanForm | undefined {
  const text = as ?? format
  if (text === undefined) return undefined
  const output = OUTPUT_FORMATS.find((format) => format === text.toLowerCase())
  if (output !== undefined && output !== 'text') {
    throw new InvalidInputError(`${JSON.stringify(text)} is not a form of a plan.`, {
      hint: `Give --output ${output}.`,
    })
  }
  const form = oneOf(text, PLAN_FORMS, 'a form of a plan')
  if (context.format !== 'text') {
    throw new InvalidInputError(
      `--${as === undefined ? 'format' : 'as'} ${form} and --output ${context.format} are both given.`,
      { hint: 'Give one of them.' },
    )
  }
  return form
}

export function oneOf<Value extends string>(text: string, values: readonly Value[], what: string): Value {
  return parseNamed(text, values, (name) => {
    const value = values.find((known) => known === name.toLowerCase())
    if (value) return value
    throw new InvalidInputError(`${JSON.stringify(name.slice(0, 40))} is not ${what}.`, {
      hint: `It is one of ${values.join(', ')}.`,
    })
  })
}
