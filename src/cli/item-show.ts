import { EwsResponseError } from '../errors.ts'
import type { EwsClient } from '../ews/client.ts'
import type { ItemOutcome } from '../ews/operations/get-item.ts'
import type { ItemShape } from '../model/item-shape.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { itemHint } from './item-hints.ts'
import type { GivenId } from './item-ids.ts'
import { ITEM_COLUMNS, itemJson, itemRow, itemText } from './item-report.ts'
import { changeResults } from './item-results.ts'

export interface ItemShowOptions {
  readonly property: readonly string[]
  readonly all: boolean | undefined
  readonly mime: boolean | undefined
}

/** Fetches items whole. What cannot be shown of several is told on stderr, and the rest is shown. */
export async function showItems(
  context: Context,
  ews: () => Promise<EwsClient>,
  given: readonly GivenId[],
  options: ItemShowOptions,
): Promise<CommandResult> {
  const shape: ItemShape = {
    base: options.all ? 'AllProperties' : 'Default',
    // A terminal shows no HTML.
    ...(context.format === 'text' ? { bodyType: 'Text' as const } : {}),
    properties: [...PROPERTIES, ...options.property.map((path) => path.trim())],
    ...(options.mime ? { includeMimeContent: true } : {}),
  }
  const ids = given.map(({ id }) => id)
  const outcomes: ItemOutcome[] = ids.length === 0 ? [] : await (await ews()).items.getAll(ids, shape)
  const items = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.item] : []))
  if (options.mime) {
    const [item] = items
    if (item?.mimeContent === undefined && item !== undefined) {
      throw new EwsResponseError('The server did not answer the item as MIME.', {
        responseCode: 'ErrorNoResponse',
        level: 'item',
      })
    }
    if (item?.mimeContent !== undefined) context.io.stdout.write(Buffer.from(item.mimeContent, 'base64'))
  }
  const { problem } = changeResults(
    outcomes.map((outcome) =>
      outcome.ok ? { id: outcome.id.id, ok: true } : { ...outcome, id: outcome.id.id },
    ),
    { verb: 'show', things: 'items', done: () => [], columns: [], hint: itemHint },
  )
  return {
    report: {
      text: (terminal) => (options.mime ? '' : items.map((item) => itemText(item, terminal)).join('\n')),
      json: items.map(itemJson),
      csv: { columns: ITEM_COLUMNS, rows: items.map(itemRow) },
    },
    ...(problem ? { problem } : {}),
  }
}

/** Besides what Exchange tells unasked. */
const PROPERTIES = [
  'item:ItemClass',
  'item:DateTimeReceived',
  'item:LastModifiedTime',
  'item:EffectiveRights',
]
