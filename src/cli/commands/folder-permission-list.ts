import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { expectFolder, FOLDER_FLAGS, FOLDER_OPERANDS, folderTarget } from '../folder-operands.ts'
import { ewsSignIn } from '../people.ts'
import { permissionSetReport } from '../permission-reports.ts'

export const folderPermissionList = defineCommand({
  name: 'folder-permission list',
  summary: 'Shows who has which rights on a folder',
  operands: FOLDER_OPERANDS,
  usage: 'OWNER FOLDER | --folder-id ID [options]',
  expects: (flags, words) => expectFolder(flags, words, []),
  flags: { ...FOLDER_FLAGS, ...EWS_FLAGS },
  examples: [
    ['folder-permission list allan@contoso.com calendar', ''],
    ['folder-permission list allan@contoso.com inbox --output json', 'with all eight rights of each entry'],
  ],

  async run(context, { flags, operands }) {
    const signIn = ewsSignIn(context, flags)
    const target = await folderTarget(context, signIn, operands, flags)
    return { report: permissionSetReport(await (await signIn()).getFolderPermissions(target)) }
  },
})
