import { copyOrMove } from '../move-copy.ts'
import type { EwsOperation } from '../operation.ts'

/** Copies items to a folder, also of another mailbox. */
export const copyItem: EwsOperation = {
  name: 'CopyItem',
  requestType: 'BaseMoveCopyItemType',
  since: 'Exchange2007',
  handle: (context, request) => copyOrMove('CopyItem', context, request),
}
