import { copyOrMove } from '../move-copy.ts'
import type { EwsOperation } from '../operation.ts'

/** Moves items to a folder, also of another mailbox. */
export const moveItem: EwsOperation = {
  name: 'MoveItem',
  requestType: 'BaseMoveCopyItemType',
  since: 'Exchange2007',
  handle: (context, request) => copyOrMove('MoveItem', context, request),
}
