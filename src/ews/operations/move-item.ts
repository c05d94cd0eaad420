import { mailboxOf } from '../../model/folder-target.ts'
import { type MoveCopyInput, type MovedItem, readMoveCopy, writeMoveCopy } from '../elements/move-copy.ts'
import { membersOf } from '../members.ts'
import type { Operation } from '../operation.ts'
import { settleMoveItem } from '../settle-items.ts'

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation */
export const moveItem: Operation<MoveCopyInput, MovedItem[]> = {
  name: 'MoveItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: false,
  settle: settleMoveItem,
  members: membersOf('ids'),
  mailbox: (input) => mailboxOf(input.toFolder),
  build: writeMoveCopy,
  parse: readMoveCopy,
}
