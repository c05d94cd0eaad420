import { XmlError } from '../../errors.ts'
import type { Item } from '../../model/item.ts'
import type { ItemId } from '../../model/item-id.ts'
import type { ItemShape } from '../../model/item-shape.ts'
import { readItem } from '../elements/item.ts'
import { writeItemIds } from '../elements/item-id.ts'
import { writeItemShape } from '../elements/item-shape.ts'
import { firstItem, readOutcomes } from '../elements/outcomes.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface GetItemInput {
  readonly ids: readonly ItemId[]
  readonly shape: ItemShape
}

export type ItemOutcome = Outcome<{ readonly item: Item }, { readonly id: ItemId }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation */
export const getItem: Operation<GetItemInput, ItemOutcome[]> = {
  name: 'GetItem',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: true,

  build(body, input) {
    writeItemShape(body, input.shape)
    writeItemIds(body, input.ids)
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.ids,
      (id) => ({ id }),
      (message) => {
        const item = firstItem(message)
        if (!item) throw new XmlError('ERR_INVALID_RESPONSE', 'GetItem answered Success without an item.')
        return { item: readItem(item) }
      },
    ),
}
