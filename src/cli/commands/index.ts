import type { CommandList } from '../command.ts'
import { completion } from './completion.ts'
import { delegateAdd } from './delegate-add.ts'
import { delegateList } from './delegate-list.ts'
import { delegateRemove } from './delegate-remove.ts'
import { delegateUpdate } from './delegate-update.ts'
import { demo } from './demo.ts'
import { folderPermissionList } from './folder-permission-list.ts'
import { folderPermissionRemove } from './folder-permission-remove.ts'
import { folderPermissionSet } from './folder-permission-set.ts'
import { folderShow } from './folder-show.ts'
import { mailSend } from './mail-send.ts'
import { simulate } from './simulate.ts'

/** Every command, in the order of the help. To add one: a file beside this one, and its line here. */
export const COMMANDS: CommandList = {
  groups: {
    delegate: 'Delegates of a mailbox: list, add, update, remove',
    'folder-permission': 'Who may do what in a folder: list, set, remove',
    folder: 'Folders by name and owner, or by id: show',
    mail: 'Mail through Microsoft Graph: send',
  },
  commands: [
    delegateList,
    delegateAdd,
    delegateUpdate,
    delegateRemove,
    folderPermissionList,
    folderPermissionSet,
    folderPermissionRemove,
    folderShow,
    mailSend,
    simulate,
    demo,
    completion,
  ],
}
