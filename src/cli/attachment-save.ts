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
import { type ChangeResult, changeResults } from './item-results.ts'

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
    for (const outcome of outcomes) {
      if (!outcome.ok) {
        results.push({ ...outcome, id: outcome.id.id })
        continue
      }
      for (const attachment of (outcome.item.attachments ?? []).filter(isWanted)) {
        results.push(await saved(context, items, attachment, folder, results))
      }
    }
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
    return flags.name.some((wanted) => wanted.toLowerCase() === name?.toLowerCase())
  }
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
  const { id = '', name = '' } = attachment
  const refused = (code: string, message: string) => ({ id, ok: false as const, code, message })
  if (attachment.kind === 'reference') {
    return refused('ERR_NO_CONTENT', `${JSON.stringify(name)} is a link to a file elsewhere`)
  }
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
    await unlink(path)
    throw error
  } finally {
    await file.close()
  }
}

const LONGEST_NAME = 120

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
  const stem = [...plain.slice(0, plain.length - ending.length)].slice(0, LONGEST_NAME).join('')
  // Names of devices on Windows, whatever their ending.
  const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i.test(stem.split('.')[0] ?? '')
  const file = `${reserved ? '_' : ''}${stem || 'attachment'}${ending}`
  return kind === 'item' ? `${file}.eml` : file
}
