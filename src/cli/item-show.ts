import { EwsResponseError, InvalidInputError } from '../errors.ts'
import type { ItemOutcome } from '../ews/operations/get-item.ts'
import type { ItemShape } from '../model/item-shape.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import type { EwsFlagValues } from './flags.ts'
import type { ITEM_ID_FLAGS } from './id-flags.ts'
import { itemHint } from './item-hints.ts'
import { readIds } from './item-ids.ts'
import { ITEM_COLUMNS, itemJson, itemRow, itemText } from './item-report.ts'
import { changeResults } from './item-results.ts'
import { printableLines } from './printable.ts'
import { readPropertyWord } from './property-word.ts'

type ShowFlagValues = EwsFlagValues &
  FlagValues<typeof ITEM_ID_FLAGS> & {
    readonly property: readonly string[]
    readonly all: boolean | undefined
    readonly mime: boolean | undefined
  }

/** Fetches items whole. What cannot be shown of several is told on stderr, and the rest is shown. */
export async function showItems(context: Context, flags: ShowFlagValues): Promise<CommandResult> {
  const given = await readIds(context, { ...flags, ids: flags.id }, 'items')
  if (flags.mime && (given.length !== 1 || context.format !== 'text')) {
    throw new InvalidInputError('--mime prints one item as it is.', {
      hint: 'Give one --id and no --output; or ask for --property item:MimeContent.',
    })
  }
  const shape: ItemShape = {
    base: flags.all ? 'AllProperties' : 'Default',
    // A terminal shows no HTML.
    ...(context.format === 'text' ? { bodyType: 'Text' as const } : {}),
    properties: [...PROPERTIES, ...flags.property.map(readPropertyWord)],
    ...(flags.mime ? { includeMimeContent: true } : {}),
  }
  const ids = given.map(({ id }) => id)
  const outcomes: ItemOutcome[] =
    ids.length === 0 ? [] : await (await context.ews(flags)).items.getAll(ids, shape)
  const items = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.item] : []))
  if (flags.mime) {
    const [item] = items
    if (item?.mimeContent === undefined && item !== undefined) {
      throw new EwsResponseError('The server did not answer the item as MIME.', {
        responseCode: 'ErrorNoResponse',
        level: 'item',
      })
    }
    if (item?.mimeContent !== undefined) writeMime(context, Buffer.from(item.mimeContent, 'base64'))
  }
  const { problem } = changeResults(
    outcomes.map((outcome) =>
      outcome.ok ? { id: outcome.id.id, ok: true } : { ...outcome, id: outcome.id.id },
    ),
    { verb: 'show', things: 'items', done: () => [], columns: [], hint: itemHint },
  )
  return {
    report: {
      text: (terminal) => (flags.mime ? '' : items.map((item) => itemText(item, terminal)).join('\n')),
      json: items.map(itemJson),
      csv: { columns: ITEM_COLUMNS, rows: items.map(itemRow) },
    },
    ...(problem ? { problem } : {}),
  }
}

/** As it is, except that nothing in it may steer a terminal. */
function writeMime({ io, terminal }: Context, mime: Buffer): void {
  io.stdout.write(terminal.width === undefined ? mime : printableLines(mime.toString('utf8')))
}

/** Besides what Exchange tells unasked. */
const PROPERTIES = [
  'item:ItemClass',
  'item:DateTimeReceived',
  'item:LastModifiedTime',
  'item:EffectiveRights',
  'item:Categories',
  // Whoever sent it for somebody else.
  'message:Sender',
]
