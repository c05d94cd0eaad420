import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import type { Grant } from '../model/mailbox-state.ts'
import type { DelegateGrant } from '../model/mailbox-step.ts'
import { type FolderRights, LEVEL_RIGHTS } from '../model/permission-level.ts'

/** A grant as a person reads it: the level, or the rights that are given. */
export function describeGrant(grant: Grant | 'Custom' | undefined): string {
  if (grant === undefined) return 'nothing'
  return typeof grant === 'string' ? grant : `Custom (${describeRights(grant)})`
}

/** `createItems, folderVisible, readItems=FullDetails`, in the order of the protocol; `no rights` for none. */
export function describeRights(rights: FolderRights): string {
  const parts = (Object.keys(LEVEL_RIGHTS.None) as (keyof FolderRights)[]).flatMap((name) => {
    const value = rights[name]
    if (value === false || value === 'None') return []
    return value === true ? [name] : [`${name}=${value}`]
  })
  return parts.length === 0 ? 'no rights' : parts.join(', ')
}

/** What a delegate has, `calendar Editor, inbox Reviewer, private items`. Levels of None are left out. */
export function describeDelegateGrant(grant: DelegateGrant): string {
  const parts = DELEGATE_FOLDERS.flatMap((folder) => {
    const level = grant.levels[folder]
    return level === undefined || level === 'None' ? [] : [`${folder} ${describeGrant(level)}`]
  })
  if (grant.viewPrivateItems) parts.push('private items')
  if (grant.receiveCopiesOfMeetingMessages) parts.push('meeting copies')
  return parts.length === 0 ? 'no levels' : parts.join(', ')
}
