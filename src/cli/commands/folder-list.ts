import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS, locateFolder, readFolderChoice } from '../folder-flags.ts'
import { IDS_FLAG } from '../list-output.ts'
import { ewsSignIn } from '../people.ts'

export const folderList = defineCommand({
  name: 'folder list',
  summary: 'Shows the folders in a folder, or in a mailbox, with their ids',
  details: 'Without --folder those at the top of the mailbox.',
  operands: [],
  usage: '(--mailbox OWNER [--folder FOLDER] | --folder-id ID) [options]',
  flags: {
    ...FOLDER_FLAGS,
    deep: { type: 'switch', description: 'those inside them too' },
    name: { type: 'text', value: 'TEXT', description: 'whose name contains this' },
    ...IDS_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['folder list --mailbox allan@contoso.com', ''],
    ['folder list --mailbox allan@contoso.com --folder inbox --deep', ''],
  ],

  async run(context, { flags }) {
    const choice = readFolderChoice({ ...flags, id: flags['folder-id'] }, 'msgfolderroot')
    const { name } = flags
    if (name !== undefined && name.length > 255) throw new InvalidInputError('--name is too long.')
    const [{ printList, idsOnly }, { FOLDER_LIST }] = [
      await import('../list-output.ts'),
      await import('../folder-report.ts'),
    ]
    const ews = ewsSignIn(context, flags)
    const folders = (await ews()).findFolders(await locateFolder(context, ews, choice), {
      ...(flags.deep ? { traversal: 'Deep' } : {}),
      ...(name === undefined
        ? {}
        : { restriction: { op: 'Contains', path: 'folder:DisplayName', value: name } }),
    })
    await printList(context, folders, flags.ids ? idsOnly(FOLDER_LIST, ({ id }) => id.id) : FOLDER_LIST)
    return {}
  },
})
