import type { ReadRequest } from '../backends/backend.ts'
import { DELEGATE_FOLDERS } from '../model/delegate.ts'
import { type FolderName, folderNameParts, isDelegateFolder } from '../model/folder-name.ts'
import { findFolderState, type MailboxState } from '../model/mailbox-state.ts'
import type { DesiredMailbox } from './desired.ts'
import { type Blocked, HELD_BACK } from './mailbox-plan.ts'

/*
 * A path or an id can lead to one of the six folders of delegates. Described exactly by such a name, it would not be
 * known for what it is, and delegates, who stand in its list because they are delegates, would lose their entries.
 */

/** The request with the six folders, in the same read, where one of them may be described by another name. */
export function withDelegateFolders(request: ReadRequest, desired: DesiredMailbox): ReadRequest {
  const otherwise = desired.folders.some(({ folder }) => mayBeWellKnown(folder))
  if (desired.mode !== 'exact' || !otherwise) return request
  return { ...request, folders: [...new Set([...request.folders, ...DELEGATE_FOLDERS])] }
}

/** Can the name be another one of a folder that every mailbox has? Those lie at the top. */
export function mayBeWellKnown(folder: FolderName): boolean {
  const parts = folderNameParts(folder)
  return 'id' in parts || ('path' in parts && parts.path.length === 1)
}

/** The description with the names of the six folders; who describes a folder by two names is told. */
export function withWellKnownNames(
  state: MailboxState,
  desired: DesiredMailbox,
): { readonly state: MailboxState; readonly desired: DesiredMailbox; readonly blocked: readonly Blocked[] } {
  const names = new Map<string, FolderName>()
  for (const { folder, id } of state.folders)
    if (id !== undefined && isDelegateFolder(folder)) names.set(id, folder)
  const blocked: Blocked[] = []
  const taken = new Set(desired.folders.map(({ folder }) => folder))
  const renamed = new Set<string>()
  const folders = desired.folders.map((described) => {
    const { folder } = described
    const id = findFolderState(state, folder)?.id
    if (id === undefined || isDelegateFolder(folder)) return described
    const name = names.get(id)
    if (name === undefined) {
      names.set(id, folder)
      return described
    }
    renamed.add(folder)
    if (taken.has(name))
      blocked.push({
        folder,
        reason: `This is the folder ${name}, which is described as well; describe it once. ${HELD_BACK}`,
      })
    taken.add(name)
    return { ...described, folder: name }
  })
  if (renamed.size === 0) return { state, desired, blocked }
  return {
    state: { ...state, folders: state.folders.filter(({ folder }) => !renamed.has(folder)) },
    desired: { ...desired, folders },
    blocked,
  }
}
