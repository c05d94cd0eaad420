import { mkdir, open, stat, unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EwsDelegatesError, EwsResponseError, InvalidInputError, XmlError } from '../errors.ts'
import type { EwsItems } from '../ews/items.ts'
import type { Attachment } from '../model/item.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import type { EwsFlagValues } from './flags.ts'
import type { ITEM_ID_FLAGS } from './id-flags.ts'
import { itemHint } from './item-hints.ts'
import { readIds } from './item-ids.ts'
import { type ChangeResult, changeResults, count } from './item-results.ts'

type SaveFlagValues = EwsFlagValues &
  FlagValues<typeof ITEM_ID_FLAGS> & {
    readonly to: string | undefined
    readonly name: readonly string[]
    readonly inline: boolean | undefined
  }

/** Saves what is attached to items, one attachment after the other. */
export async function saveAttachments(context: Context, flags: SaveFlagValues): Promise<CommandResult> {
  const folder = flags.to ?? '.'
  await requireNoFile(context, folder)
  const given = await readIds(context, { ...flags, ids: flags.id }, 'items')
  const results: ChangeResult[] = []
  if (given.length > 0) {
    const { items } = await context.ews(flags)
    const outcomes = await items.getAll(
      given.map(({ id }) => id),
      { base: 'IdOnly', properties: ['item:Attachments'] },
    )
    const there = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.item.attachments ?? []) : []))
    for (const outcome of outcomes) {
      if (!outcome.ok) {
        results.push({ ...outcome, id: outcome.id.id })
        continue
      }
      for (const attachment of (outcome.item.attachments ?? []).filter(isWanted)) {
        results.push(await saved(context, items, attachment, folder, results))
      }
    }
    // What could not be read may have one of that name.
    if (outcomes.every(({ ok }) => ok)) results.push(...namesNotThere(flags.name, there))
  }
  return changeResults(results, {
    verb: 'save',
    things: 'attachments',
    done: (well) => well.map(({ more }) => `Saved ${more?.file}`),
    columns: ['name', 'file', 'size'],
    hint: itemHint,
  })

  function isWanted({ name, isInline }: Attachment): boolean {
    if (flags.name.length === 0) return flags.inline || !isInline
    return flags.name.some((wanted) => isCalled(wanted, name))
  }
}

function isCalled(wanted: string, name: string | undefined): boolean {
  return wanted.toLowerCase() === name?.toLowerCase()
}

/** Names that are told of those there are. */
const TOLD = 10

/** Whoever names an attachment counts on it. */
function namesNotThere(wanted: readonly string[], there: readonly Attachment[]): ChangeResult[] {
  const missing = wanted.filter((each) => !there.some(({ name }) => isCalled(each, name)))
  if (missing.length === 0) return []
  const names = [...new Set(there.flatMap(({ name }) => name || []))].map((name) => JSON.stringify(name))
  const others = names.length > TOLD ? ` and ${count(names.length - TOLD, 'others')}` : ''
  const known =
    names.length === 0
      ? 'nothing is attached'
      : `there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, TOLD).join(', ')}${others}`
  return missing.map((each) => ({
    id: null,
    ok: false,
    code: 'ERR_NO_ATTACHMENT',
    message: `No attachment is called ${JSON.stringify(each)}; ${known}`,
  }))
}

/** The folder is made when there is something to save. */
async function requireNoFile({ io }: Context, folder: string): Promise<void> {
  const about = await stat(resolve(io.cwd, folder)).catch(() => undefined)
  if (about && !about.isDirectory()) throw new InvalidInputError(`${JSON.stringify(folder)} is not a folder.`)
}

async function saved(
  context: Context,
  items: EwsItems,
  attachment: Attachment,
  folder: string,
  before: readonly ChangeResult[],
): Promise<ChangeResult> {
  const { id, name = '' } = attachment
  const refused = (code: string, message: string) => ({ id: id ?? null, ok: false as const, code, message })
  if (attachment.kind === 'reference') {
    return refused('ERR_NO_CONTENT', `${JSON.stringify(name)} is a link to a file elsewhere`)
  }
  if (!id) return refused('ERR_NO_CONTENT', `The server did not answer the id of ${JSON.stringify(name)}`)
  try {
    const { content } = await items.attachment(id)
    if (!content)
      return refused('ERR_NO_CONTENT', `The server did not answer what is in ${JSON.stringify(name)}`)
    const file = await writeNew(context.io.cwd, folder, safeName(attachment), content)
    return { id, ok: true, more: { name, file, size: content.byteLength } }
  } catch (error) {
    if (error instanceof EwsResponseError)
      return refused(error.responseCode, error.message.replace(` (${error.responseCode}).`, ''))
    if (error instanceof XmlError) return refused(error.code, error.message)
    const code = (error as NodeJS.ErrnoException).code
    if (error instanceof EwsDelegatesError || code === undefined) {
      const well = before.filter(({ ok }) => ok).length
      if (well > 0) context.talk(`${well} of the attachments had been saved before that.`)
      throw error
    }
    return refused(code, `${JSON.stringify(name)} cannot be written: ${(error as Error).message}`)
  }
}

/** Nothing that is there is overwritten, whoever named the attachment. */
async function writeNew(cwd: string, folder: string, name: string, content: Uint8Array): Promise<string> {
  await mkdir(resolve(cwd, folder), { recursive: true })
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? name : `${stem} (${number})${ending}`)
    try {
      await writeWhole(resolve(cwd, path), content)
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** The whole of it, or no file. */
async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
  } catch (error) {
    // Why it could not be written is what is told.
    await unlink(path).catch(() => undefined)
    throw error
  } finally {
    await file.close()
  }
}

/** File systems count bytes, 255 of them; the ending, a number and `.eml` come on top. */
const LONGEST_STEM = 200

/** A name for a file, and for nothing else: whoever sent the attachment chose it. */
function safeName({ name = '', kind }: Attachment): string {
  const plain = name
    .normalize('NFC')
    // What separates folders, what Windows does not take, and what steers terminals.
    .replace(/[\\/:*?"<>|\p{Cc}\p{Cf}]/gu, '_')
    .trim()
    .replace(/^\.+|[. ]+$/g, '')
  const dot = plain.lastIndexOf('.')
  const ending = dot > 0 && plain.length - dot <= 12 ? plain.slice(dot) : ''
  const stem = firstBytes(plain.slice(0, plain.length - ending.length), LONGEST_STEM)
  // Names of devices on Windows, whatever their ending.
  const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i.test(stem.split('.')[0] ?? '')
  const file = `${reserved ? '_' : ''}${stem || 'attachment'}${ending}`
  return kind === 'item' ? `${file}.eml` : file
}

/** The beginning of a text that has at most so many bytes in UTF-8, in whole characters. */
function firstBytes(text: string, most: number): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > most) break
    end += character.length
  }
  return text.slice(0, end)
}
