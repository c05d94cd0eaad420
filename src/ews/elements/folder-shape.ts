import type { XmlWriter } from '../../xml/builder.ts'

export interface FolderShape {
  readonly permissions: boolean
  /** `IdOnly` leaves out all but id, kind and what is asked for. Default `Default`. */
  readonly baseShape?: 'IdOnly' | 'Default'
}

/** Writes `m:FolderShape` with what a `Folder` holds. */
export function writeFolderShape(body: XmlWriter, { permissions, baseShape = 'Default' }: FolderShape): void {
  const fields =
    baseShape === 'IdOnly' ? [] : ['folder:ParentFolderId', 'folder:FolderClass', 'folder:EffectiveRights']
  // Only when asked for: without the right to see it, Exchange refuses the whole folder.
  if (permissions) fields.push('folder:PermissionSet')
  body.element('m:FolderShape', (shape) => {
    shape.text('t:BaseShape', baseShape)
    if (fields.length === 0) return
    shape.element('t:AdditionalProperties', (properties) => {
      for (const FieldURI of fields) properties.element('t:FieldURI', undefined, { FieldURI })
    })
  })
}
