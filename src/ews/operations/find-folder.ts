import type { FolderTraversal } from '../../model/find-view.ts'
import { type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { Restriction } from '../../model/restriction.ts'
import { findChild } from '../../xml/element.ts'
import { type Folder, readFolder } from '../elements/folder.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { writeFolderShape } from '../elements/folder-shape.ts'
import { type Page, type PageRequest, readPage, writeIndexedPage } from '../elements/page.ts'
import { writeRestriction } from '../elements/restriction.ts'
import type { Operation } from '../operation.ts'
import { errorOf, readStatus, responseMessages } from '../response.ts'

/** A search for the folders in one folder, checked. */
export interface FindFolderInput {
  readonly parent: FolderTarget
  readonly traversal: FolderTraversal
  readonly page?: PageRequest
  readonly restriction?: Restriction
}

/**
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
 * @returns one page.
 */
export const findFolder: Operation<FindFolderInput, Page<Folder>> = {
  name: 'FindFolder',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: true,
  mailbox: (input) => mailboxOf(input.parent),
  attributes: (input) => ({ Traversal: input.traversal }),

  build(body, input) {
    // A search does not return permission lists; GetFolder does.
    writeFolderShape(body, { permissions: false })
    if (input.page) writeIndexedPage(body, 'm:IndexedPageFolderView', input.page)
    writeRestriction(body, input.restriction)
    body.element('m:ParentFolderIds', (ids) => writeFolderTarget(ids, input.parent))
  },

  parse(response) {
    const message = responseMessages(response)[0] ?? response
    const status = readStatus(message)
    if (!status.ok) throw errorOf(status, 'item')
    return readPage(findChild(message, 'RootFolder'), 'Folders', readFolder)
  },
}
