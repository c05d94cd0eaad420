import type { Folder } from '../ews/elements/folder.ts'
import type { ListLayout } from './list-output.ts'
import type { Report } from './output.ts'
import { type Cell, formatProperties } from './table.ts'

const RIGHTS = [
  'read',
  'createContents',
  'createHierarchy',
  'createAssociated',
  'modify',
  'delete',
  'viewPrivateItems',
] as const

const COLUMNS = [
  'id',
  'changeKey',
  'parentId',
  'kind',
  'element',
  'folderClass',
  'displayName',
  'totalCount',
  'unreadCount',
  'childFolderCount',
  ...RIGHTS,
]

/** One folder with its properties. */
export function folderReport(folder: Folder): Report {
  return {
    text: () =>
      formatProperties([
        ['Name', folder.displayName],
        ['Kind', folder.element],
        ['Class', folder.folderClass],
        ['Items', folder.totalCount],
        ['Unread', folder.unreadCount],
        ['Sub-folders', folder.childFolderCount],
        ['You may', rightsText(folder)],
        ['Id', folder.id.id],
        ['Change key', folder.id.changeKey],
      ]),
    json: folderJson(folder),
    csv: { columns: COLUMNS, rows: [folderRow(folder)] },
  }
}

/** Folders below one. */
export const FOLDER_LIST: ListLayout<Folder> = {
  text: {
    columns: ['Name', 'Class', 'Items', 'Unread', 'Sub-folders', 'Id'],
    row: (folder) => [
      folder.displayName,
      folder.folderClass,
      folder.totalCount,
      folder.unreadCount,
      folder.childFolderCount,
      folder.id.id,
    ],
    empty: 'There are no folders in it that you may see.',
    lastIfItFits: 'The terminal is too narrow for the ids: --ids prints them, and so does --output json.',
  },
  json: folderJson,
  csv: { columns: COLUMNS, row: folderRow },
}

function folderJson(folder: Folder) {
  return {
    id: folder.id.id,
    changeKey: folder.id.changeKey ?? null,
    parentId: folder.parentId?.id ?? null,
    kind: folder.kind,
    element: folder.element,
    folderClass: folder.folderClass ?? null,
    displayName: folder.displayName ?? null,
    totalCount: folder.totalCount ?? null,
    unreadCount: folder.unreadCount ?? null,
    childFolderCount: folder.childFolderCount ?? null,
    effectiveRights: folder.effectiveRights ?? null,
  }
}

function folderRow(folder: Folder): Cell[] {
  return [
    folder.id.id,
    folder.id.changeKey,
    folder.parentId?.id,
    folder.kind,
    folder.element,
    folder.folderClass,
    folder.displayName,
    folder.totalCount,
    folder.unreadCount,
    folder.childFolderCount,
    ...RIGHTS.map((right) => folder.effectiveRights?.[right]),
  ]
}

function rightsText({ effectiveRights }: Folder): string | undefined {
  return effectiveRights && (RIGHTS.filter((right) => effectiveRights[right]).join(', ') || 'nothing')
}
