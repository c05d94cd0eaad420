import { XmlError } from '../../errors.ts'
import { type FolderId, type FolderTarget, mailboxOf } from '../../model/folder-target.ts'
import type { NewFolder } from '../../model/new-folder.ts'
import { findChild } from '../../xml/element.ts'
import { writeNewFolder } from '../elements/folder.ts'
import { readFolderId, writeFolderTarget } from '../elements/folder-id.ts'
import { readOutcomes } from '../elements/outcomes.ts'
import type { Operation, Outcome } from '../operation.ts'

export interface CreateFolderInput {
  readonly parent: FolderTarget
  readonly folders: readonly NewFolder[]
}

export type CreatedFolder = Outcome<{ readonly id: FolderId }, { readonly folder: NewFolder }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation */
export const createFolder: Operation<CreateFolderInput, CreatedFolder[]> = {
  name: 'CreateFolder',
  since: 'Exchange2007',
  retry: 'check-first',
  timeZoneContext: true,
  mailbox: (input) => mailboxOf(input.parent),

  build(body, input) {
    body.element('m:ParentFolderId', (parent) => writeFolderTarget(parent, input.parent))
    body.element('m:Folders', (folders) => {
      for (const folder of input.folders) writeNewFolder(folders, folder)
    })
  },

  parse: (response, input) =>
    readOutcomes(
      response,
      input.folders,
      (folder) => ({ folder }),
      (message) => {
        const folder = findChild(message, 'Folders')?.children[0]
        const id = folder && findChild(folder, 'FolderId')
        if (!id) throw new XmlError('ERR_INVALID_RESPONSE', 'CreateFolder answered Success without a folder.')
        return { id: readFolderId(id) }
      },
    ),
}
