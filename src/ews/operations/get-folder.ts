import { XmlError } from '../../errors.ts'
import type { FolderTarget } from '../../model/folder-target.ts'
import { findChild } from '../../xml/element.ts'
import { type Folder, readFolder } from '../elements/folder.ts'
import { writeFolderTarget } from '../elements/folder-id.ts'
import { writeFolderShape } from '../elements/folder-shape.ts'
import type { Operation, Outcome } from '../operation.ts'
import { errorOf, readStatus, refusalOf, responseMessages } from '../response.ts'

export interface GetFolderInput {
  readonly targets: readonly FolderTarget[]
  /** Asks for `folder:PermissionSet`, which no base shape includes. */
  readonly permissions: boolean
  /** Default `Default`, with the parent, class and effective rights. */
  readonly baseShape?: 'IdOnly' | 'Default'
}

export type FolderOutcome = Outcome<{ readonly folder: Folder }, { readonly target: FolderTarget }>

/** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation */
export const getFolder: Operation<GetFolderInput, FolderOutcome[]> = {
  name: 'GetFolder',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: true,

  build(body, input) {
    writeFolderShape(body, input)
    body.element('m:FolderIds', (ids) => {
      for (const target of input.targets) writeFolderTarget(ids, target)
    })
  },

  parse(response, input) {
    const messages = responseMessages(response)
    return input.targets.map((target, position): FolderOutcome => {
      const message = messages[position]
      if (!message)
        throw new XmlError('ERR_INVALID_RESPONSE', 'GetFolder answered fewer folders than were asked for.')
      const status = readStatus(message)
      if (!status.ok) return { target, ...refusalOf(status) }
      const folder = findChild(message, 'Folders')?.children[0]
      if (!folder)
        throw errorOf(
          { ...status, code: 'ErrorItemNotFound', message: 'The answer holds no folder.' },
          'item',
        )
      return { ok: true, target, folder: readFolder(folder) }
    })
  },
}
