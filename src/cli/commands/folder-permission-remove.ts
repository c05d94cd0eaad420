import { InvalidInputError } from '../../errors.ts'
import { checkPermissionEdit } from '../../model/folder-permission.ts'
import { describeFolder } from '../../model/folder-target.ts'
import { describeUser, parsePermissionUser } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { editFolderPermissions, PERMISSION_WRITE_FLAGS } from '../edit-folder-permissions.ts'
import { EWS_FLAGS, YES_FLAG } from '../flags.ts'
import { expectFolder, FOLDER_FLAGS, FOLDER_OPERANDS, folderTarget, folderWords } from '../folder-operands.ts'
import { addressOf, ewsSignIn } from '../people.ts'

export const folderPermissionRemove = defineCommand({
  name: 'folder-permission remove',
  summary: 'Takes one user’s entry from a folder; all other entries stay exactly as they are',
  details: 'Asks first on a terminal. Default and Anonymous stay: set them to None instead.',
  operands: [
    ...FOLDER_OPERANDS,
    { name: 'USER', description: 'SMTP address or SID, as folder-permission list shows it', optional: true },
  ],
  usage: '(OWNER FOLDER | --folder-id ID) USER [options]',
  expects: (flags, words) => expectFolder(flags, words, ['USER']),
  flags: { ...FOLDER_FLAGS, ...YES_FLAG, ...PERMISSION_WRITE_FLAGS, ...EWS_FLAGS },
  examples: [['folder-permission remove allan@contoso.com calendar megan@contoso.com', '']],
  stateCommand: ({ flags, operands }) => ['folder-permission', 'list', ...folderWords(operands, flags)],

  async run(context, { flags, operands }) {
    const signIn = ewsSignIn(context, flags)
    const target = await folderTarget(context, signIn, operands, flags)
    if (operands.USER === undefined) throw new InvalidInputError('No user is named.')
    const user = parsePermissionUser(await addressOf(context, signIn, operands.USER))
    checkPermissionEdit({ remove: [user] })
    if (!flags['dry-run']) {
      await context.confirm(
        `Remove the entry of ${describeUser(user)} from ${describeFolder(target)}?`,
        flags.yes,
      )
    }
    return editFolderPermissions(context, signIn, flags, target, { remove: [user] })
  },
})
