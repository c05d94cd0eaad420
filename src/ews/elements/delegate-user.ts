import {
  DELEGATE_FOLDERS,
  type Delegate,
  type DelegateChange,
  type DelegateFolder,
} from '../../model/delegate.ts'
import { DELEGATE_LEVELS, type DelegateLevelRead } from '../../model/permission-level.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { childBoolean, childText, type Element, findChild } from '../../xml/element.ts'
import { readUserId, writeUserId } from './user-id.ts'

/** Schema order of `t:DelegatePermissionsType`; DELEGATE_FOLDERS stands in it. */
const LEVEL_ELEMENT: Readonly<Record<DelegateFolder, `t:${string}`>> = {
  calendar: 't:CalendarFolderPermissionLevel',
  tasks: 't:TasksFolderPermissionLevel',
  inbox: 't:InboxFolderPermissionLevel',
  contacts: 't:ContactsFolderPermissionLevel',
  notes: 't:NotesFolderPermissionLevel',
  journal: 't:JournalFolderPermissionLevel',
}

/** Writes `t:DelegateUser`: what the caller did not name is not there, and so is left alone by UpdateDelegate. */
export function writeDelegateUser(parent: XmlWriter, delegate: DelegateChange): void {
  parent.element('t:DelegateUser', (user) => {
    writeUserId(user, delegate.user)
    if (Object.keys(delegate.permissions).length > 0) {
      user.element('t:DelegatePermissions', (permissions) => {
        for (const folder of DELEGATE_FOLDERS)
          permissions.text(LEVEL_ELEMENT[folder], delegate.permissions[folder])
      })
    }
    user.text('t:ReceiveCopiesOfMeetingMessages', delegate.receiveCopiesOfMeetingMessages)
    user.text('t:ViewPrivateItems', delegate.viewPrivateItems)
  })
}

/** Reads `m:DelegateUser`. */
export function readDelegateUser(delegateUser: Element): Delegate {
  const permissions = findChild(delegateUser, 'DelegatePermissions')
  const receiveCopiesOfMeetingMessages = childBoolean(delegateUser, 'ReceiveCopiesOfMeetingMessages')
  const viewPrivateItems = childBoolean(delegateUser, 'ViewPrivateItems')
  return {
    user: readUserId(findChild(delegateUser, 'UserId')),
    ...(permissions ? { permissions: readLevels(permissions) } : {}),
    ...(receiveCopiesOfMeetingMessages === undefined ? {} : { receiveCopiesOfMeetingMessages }),
    ...(viewPrivateItems === undefined ? {} : { viewPrivateItems }),
  }
}

/** Folders that are left out have None: Microsoft's own sample of GetDelegate answers two of six. */
function readLevels(permissions: Element): Readonly<Record<DelegateFolder, DelegateLevelRead>> {
  const levels = {} as Record<DelegateFolder, DelegateLevelRead>
  for (const folder of DELEGATE_FOLDERS) {
    const text = childText(permissions, LEVEL_ELEMENT[folder].slice(2))
    // Whatever is none of the four cannot be written, which is what Custom says.
    levels[folder] = text ? (DELEGATE_LEVELS.find((level) => level === text) ?? 'Custom') : 'None'
  }
  return levels
}
