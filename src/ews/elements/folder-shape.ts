import type { XmlWriter } from '../../xml/builder.ts'

/** Writes `m:FolderShape` with what a `Folder` holds. */
export function writeFolderShape(body: XmlWriter, options: { readonly permissions: boolean }): void {
  body.element('m:FolderShape', (shape) => {
    shape.text('t:BaseShape', 'Default')
    shape.element('t:AdditionalProperties', (properties) => {
      const fields = ['folder:ParentFolderId', 'folder:FolderClass', 'folder:EffectiveRights']
      // Only when asked for: without the right to see it, Exchange refuses the whole folder.
      if (options.permissions) fields.push('folder:PermissionSet')
      for (const FieldURI of fields) properties.element('t:FieldURI', undefined, { FieldURI })
    })
  })
}
