import type { Folder } from '../../ews/elements/folder.ts'
import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { expectFolder, FOLDER_FLAGS, FOLDER_OPERANDS, folderTarget } from '../folder-operands.ts'
import type { Report } from '../output.ts'
import { formatProperties } from '../table.ts'

export const folderShow = defineCommand({
  name: 'folder show',
  summary: 'Shows a folder and its id: explicit access in, id for implicit access out',
  operands: FOLDER_OPERANDS,
  usage: 'OWNER FOLDER | --folder-id ID [options]',
  expects: (flags, words) => expectFolder(flags, words, []),
  flags: { ...FOLDER_FLAGS, ...EWS_FLAGS },
  examples: [
    ['folder show allan@contoso.com calendar', 'explicit access: by name and owner'],
    ['folder show --folder-id AAMkAGE1…', 'implicit access: by the id alone'],
  ],

  async run(context, { flags, operands }) {
    const target = folderTarget(operands, flags)
    const folder = await (await context.ews(flags)).getFolder(target)
    return { report: reportOf(folder) }
  },
})

const RIGHTS = [
  'read',
  'createContents',
  'createHierarchy',
  'createAssociated',
  'modify',
  'delete',
  'viewPrivateItems',
] as const

function reportOf(folder: Folder): Report {
  const rights = folder.effectiveRights
  return {
    text: () =>
      formatProperties([
        ['Name', folder.displayName],
        ['Kind', folder.element],
        ['Class', folder.folderClass],
        ['Items', folder.totalCount],
        ['Unread', folder.unreadCount],
        ['Sub-folders', folder.childFolderCount],
        ['You may', rights && (RIGHTS.filter((right) => rights[right]).join(', ') || 'nothing')],
        ['Id', folder.id.id],
        ['Change key', folder.id.changeKey],
      ]),
    json: {
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
      effectiveRights: rights ?? null,
    },
    csv: {
      columns: [
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
      ],
      rows: [
        [
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
          ...RIGHTS.map((right) => rights?.[right]),
        ],
      ],
    },
  }
}
