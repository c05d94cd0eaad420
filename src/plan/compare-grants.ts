import type { Grant } from '../model/mailbox-state.ts'
import { rightsOf } from '../model/mailbox-state.ts'
import { type FolderRights, ITEM_SCOPES, LEVEL_RIGHTS, READ_ACCESS } from '../model/permission-level.ts'

const RIGHT_NAMES = Object.keys(LEVEL_RIGHTS.None) as (keyof FolderRights)[]

/** Does the first grant hold everything that the second does? */
export function covers(grant: Grant, other: Grant): boolean {
  const [rights, others] = [rightsOf(grant), rightsOf(other)]
  return RIGHT_NAMES.every((name) => rankOf(rights, name) >= rankOf(others, name))
}

/** The least rights that cover both. */
export function together(grant: Grant, other: Grant): FolderRights {
  const [rights, others] = [rightsOf(grant), rightsOf(other)]
  const greater = RIGHT_NAMES.map((name) => [
    name,
    rankOf(rights, name) >= rankOf(others, name) ? rights[name] : others[name],
  ])
  return Object.fromEntries(greater) as FolderRights
}

function rankOf(rights: FolderRights, name: keyof FolderRights): number {
  const value = rights[name]
  if (typeof value === 'boolean') return Number(value)
  return name === 'readItems'
    ? (READ_ACCESS as readonly string[]).indexOf(value)
    : (ITEM_SCOPES as readonly string[]).indexOf(value)
}
