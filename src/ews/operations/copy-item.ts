import { mailboxOf } from '../../model/folder-target.ts'
import { type MoveCopyInput, type MovedItem, readMoveCopy, writeMoveCopy } from '../elements/move-copy.ts'
import { membersOf } from '../members.ts'
import type { Operation } from '../operation.ts'

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/copyitem-operation */
export const copyItem: Operation<MoveCopyInput, MovedItem[]> = {
  name: 'CopyItem',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: false,
  members: membersOf('ids'),
  mailbox: (input) => mailboxOf(input.toFolder),
  build: writeMoveCopy,
  parse: readMoveCopy,
}
