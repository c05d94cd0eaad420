import type { CommandList } from '../command.ts'
import { accessOfCommand } from './access-of.ts'
import { applyCommand } from './apply.ts'
import { attachmentSave } from './attachment-save.ts'
import { auditCommand } from './audit.ts'
import { cloneCommand } from './clone.ts'
import { completion } from './completion.ts'
import { delegateAdd } from './delegate-add.ts'
import { delegateList } from './delegate-list.ts'
import { delegateRemove } from './delegate-remove.ts'
import { delegateUpdate } from './delegate-update.ts'
import { demo } from './demo.ts'
import { discover } from './discover.ts'
import { doctor } from './doctor.ts'
import { expireCommand } from './expire.ts'
import { exportCommand } from './export.ts'
import { folderCreate } from './folder-create.ts'
import { folderDelete } from './folder-delete.ts'
import { folderList } from './folder-list.ts'
import { folderPermissionList } from './folder-permission-list.ts'
import { folderPermissionRemove } from './folder-permission-remove.ts'
import { folderPermissionSet } from './folder-permission-set.ts'
import { folderShow } from './folder-show.ts'
import { itemCopy } from './item-copy.ts'
import { itemCreate } from './item-create.ts'
import { itemDelete } from './item-delete.ts'
import { itemList } from './item-list.ts'
import { itemMove } from './item-move.ts'
import { itemRespond } from './item-respond.ts'
import { itemShow } from './item-show.ts'
import { itemUpdate } from './item-update.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { mailSend } from './mail-send.ts'
import { offboardCommand } from './offboard.ts'
import { planCommand } from './plan.ts'
import { profileAdd } from './profile-add.ts'
import { profileList } from './profile-list.ts'
import { profileRemove } from './profile-remove.ts'
import { profileShow } from './profile-show.ts'
import { resolve } from './resolve.ts'
import { revertCommand } from './revert.ts'
import { simulate } from './simulate.ts'
import { verify } from './verify.ts'

/** Every command, in the order of the help. To add one: a file beside this one, and its line here. */
export const COMMANDS: CommandList = {
  groups: {
    delegate: 'Delegates of a mailbox: list, add, update, remove',
    'folder-permission': 'Who may do what in a folder: list, set, remove',
    folder: 'Folders by name and owner, or by id: show, list, create, delete',
    item: 'Messages, appointments, contacts, tasks: list, show, create, update, delete, copy, move, respond',
    attachment: 'What is attached to items: save',
    mail: 'Mail through Microsoft Graph: send',
    profile: 'Settings of servers, by name: list, show, add, remove',
  },
  commands: [
    planCommand,
    applyCommand,
    revertCommand,
    exportCommand,
    auditCommand,
    accessOfCommand,
    offboardCommand,
    cloneCommand,
    expireCommand,
    delegateList,
    delegateAdd,
    delegateUpdate,
    delegateRemove,
    folderPermissionList,
    folderPermissionSet,
    folderPermissionRemove,
    folderShow,
    folderList,
    folderCreate,
    folderDelete,
    itemList,
    itemShow,
    itemCreate,
    itemUpdate,
    itemDelete,
    itemCopy,
    itemMove,
    itemRespond,
    attachmentSave,
    resolve,
    mailSend,
    verify,
    discover,
    doctor,
    login,
    logout,
    profileList,
    profileShow,
    profileAdd,
    profileRemove,
    simulate,
    demo,
    completion,
  ],
}
