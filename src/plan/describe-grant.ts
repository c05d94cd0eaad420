import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import type { Grant } from '../model/mailbox-state.ts'
import type { DelegateGrant, DelegateGrantChange } from '../model/mailbox-step.ts'
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

/** What a new delegate gets, `calendar Owner -> Reviewer, inbox Reviewer`, where it takes the place of what they had. */
export function describeAddition(
  after: DelegateGrant,
  replaces: Readonly<Partial<Record<DelegateFolder, Grant>>> = {},
  isKept: (folder: DelegateFolder) => boolean = () => false,
): string {
  const lost = DELEGATE_FOLDERS.flatMap((folder) => {
    const had = replaces[folder]
    const level = after.levels[folder] ?? 'None'
    if (had === undefined || had === 'None' || had === level || isKept(folder)) return []
    return [[folder, `${folder} ${describeGrant(had)} -> ${describeGrant(level)}`] as const]
  })
  const changed = new Map<DelegateFolder, string>(lost)
  const levels = Object.fromEntries(
    Object.entries(after.levels).filter(([folder]) => !changed.has(folder as DelegateFolder)),
  )
  const plain = describeDelegateGrant({ ...after, levels })
  return [...changed.values(), ...(plain === NO_LEVELS && changed.size > 0 ? [] : [plain])].join(', ')
}

// Whoever is a delegate may send on behalf, with or without a level.
const NO_LEVELS = 'no levels, Send on Behalf only'

/** What a delegate has, `calendar Editor, inbox Reviewer, private items`. Levels of None are left out. */
export function describeDelegateGrant(grant: DelegateGrant): string {
  const parts = DELEGATE_FOLDERS.flatMap((folder) => {
    const level = grant.levels[folder]
    return level === undefined || level === 'None' ? [] : [`${folder} ${describeGrant(level)}`]
  })
  if (grant.viewPrivateItems) parts.push('private items')
  if (grant.receiveCopiesOfMeetingMessages) parts.push('meeting copies')
  return parts.length === 0 ? NO_LEVELS : parts.join(', ')
}

/** One thing of a delegate that changes, `calendar`, `Reviewer`, `Editor`. */
export interface DelegateDifference {
  readonly what: string
  readonly before: string
  readonly after: string
}

/** What changes of a delegate: a change holds that alone, and says nothing of the rest they have. */
export function delegateDifferences({ before, after }: DelegateGrantChange): DelegateDifference[] {
  const parts = DELEGATE_FOLDERS.flatMap((folder): DelegateDifference[] => {
    const level = after?.levels[folder]
    if (level === undefined) return []
    return [{ what: folder, before: describeGrant(before?.levels[folder]), after: describeGrant(level) }]
  })
  const flag = (what: string, from: boolean | undefined, to: boolean | undefined) => {
    if (to !== undefined) parts.push({ what, before: yesNo(from), after: yesNo(to) })
  }
  flag('private items', before?.viewPrivateItems, after?.viewPrivateItems)
  flag('meeting copies', before?.receiveCopiesOfMeetingMessages, after?.receiveCopiesOfMeetingMessages)
  return parts
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? 'unknown' : value ? 'yes' : 'no'
}
