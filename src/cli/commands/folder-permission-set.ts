import { InvalidInputError } from '../../errors.ts'
import type { PermissionInput } from '../../model/folder-permission.ts'
import { NAMED_LEVELS, parseLevel } from '../../model/permission-level.ts'
import { parsePermissionUser } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { editFolderPermissions, PERMISSION_WRITE_FLAGS } from '../edit-folder-permissions.ts'
import { EWS_FLAGS } from '../flags.ts'
import { expectFolder, FOLDER_FLAGS, FOLDER_OPERANDS, folderTarget, folderWords } from '../folder-operands.ts'
import { parseNamed } from '../named.ts'
import { addressOf, ewsSignIn } from '../people.ts'
import { parseRights } from '../rights.ts'

export const folderPermissionSet = defineCommand({
  name: 'folder-permission set',
  summary: 'Sets what one user may do in a folder; all other entries stay exactly as they are',
  details: 'A folder permission alone never lets anybody send for the owner; that takes a delegate.',
  operands: [
    ...FOLDER_OPERANDS,
    { name: 'USER', description: 'SMTP address, SID, Default or Anonymous', optional: true },
    {
      name: 'LEVEL',
      description: `${NAMED_LEVELS.join(', ')} (the last two on calendars)`,
      optional: true,
      choices: NAMED_LEVELS,
    },
  ],
  usage: '(OWNER FOLDER | --folder-id ID) USER (LEVEL | --rights RIGHTS) [options]',
  // A LEVEL beside --rights is taken for one, to say so.
  expects: (flags, words) =>
    expectFolder(
      flags,
      words,
      flags.rights === undefined || words > (flags['folder-id'] === undefined ? 3 : 2)
        ? ['USER', 'LEVEL']
        : ['USER'],
    ),
  flags: {
    ...FOLDER_FLAGS,
    rights: {
      type: 'text',
      value: 'RIGHTS',
      description:
        'single rights in place of LEVEL: createItems, createSubFolders, folderOwner, folderVisible, folderContact, editItems=Owned|All, deleteItems=Owned|All, readItems=TimeOnly|TimeAndSubjectAndLocation|FullDetails; the others are not granted',
    },
    ...PERMISSION_WRITE_FLAGS,
    ...EWS_FLAGS,
  },
  examples: [
    ['folder-permission set allan@contoso.com calendar megan@contoso.com Reviewer', ''],
    ['folder-permission set allan@contoso.com calendar Default FreeBusyTimeOnly', 'what everybody else sees'],
    [
      'folder-permission set allan@contoso.com inbox megan@contoso.com --rights createItems,folderVisible,readItems=FullDetails,editItems=Owned',
      'rights that no level has',
    ],
  ],
  stateCommand: ({ flags, operands }) => ['folder-permission', 'list', ...folderWords(operands, flags)],

  async run(context, { flags, operands }) {
    if (operands.USER === undefined) throw new InvalidInputError('No user is named.')
    if (operands.LEVEL !== undefined && flags.rights !== undefined) {
      throw new InvalidInputError('A level and rights are both given.', {
        hint: 'Give LEVEL or --rights, not both.',
      })
    }
    const what =
      flags.rights === undefined
        ? {
            level: parseNamed(operands.LEVEL ?? '', NAMED_LEVELS, (level) =>
              parseLevel(level, NAMED_LEVELS, 'a folder'),
            ),
          }
        : { rights: parseRights(flags.rights) }
    const signIn = ewsSignIn(context, flags)
    const target = await folderTarget(context, signIn, operands, flags)
    const user = parsePermissionUser(await addressOf(context, signIn, operands.USER))
    const entry: PermissionInput = { user, ...what }
    return editFolderPermissions(context, signIn, flags, target, { set: [entry] })
  },
})
