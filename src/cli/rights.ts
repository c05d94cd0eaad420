import { InvalidInputError } from '../errors.ts'
import { completeRights, type FolderRights, ITEM_SCOPES, READ_ACCESS } from '../model/permission-level.ts'
import { nearest } from './nearest.ts'

const SWITCHES = ['createItems', 'createSubFolders', 'folderOwner', 'folderVisible', 'folderContact'] as const
const SCOPES = {
  editItems: ITEM_SCOPES,
  deleteItems: ITEM_SCOPES,
  readItems: READ_ACCESS,
} as const
const NAMES = [...SWITCHES, ...Object.keys(SCOPES)]

/** All eight, in the order of the table that Microsoft prints. */
export const RIGHT_NAMES = NAMES as readonly (keyof FolderRights)[]

/**
 * Reads rights as they are typed: `createItems,folderVisible,readItems=FullDetails,editItems=Owned`, in any case;
 * what is not named is not granted.
 * @throws InvalidInputError
 */
export function parseRights(text: string): FolderRights {
  const rights: Record<string, string | boolean> = {}
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue
    const [typed = '', value] = part.split('=').map((each) => each.trim())
    const name = NAMES.find((each) => each.toLowerCase() === typed.toLowerCase())
    if (!name) {
      const meant = nearest(typed, NAMES)
      throw new InvalidInputError(`There is no right ${JSON.stringify(typed.slice(0, 60))}.`, {
        hint: `${meant ? `Did you mean ${meant}? ` : ''}The rights are ${NAMES.join(', ')}.`,
      })
    }
    if (Object.hasOwn(rights, name)) throw new InvalidInputError(`The right ${name} is given twice.`)
    rights[name] = readValue(name, value)
  }
  if (Object.keys(rights).length === 0) {
    throw new InvalidInputError('--rights names no right.', {
      hint: 'To take all rights away, give the level None.',
    })
  }
  return completeRights(rights as Partial<FolderRights>)
}

function readValue(name: string, value: string | undefined): string | boolean {
  const scopes: readonly string[] | undefined = Object.hasOwn(SCOPES, name)
    ? SCOPES[name as keyof typeof SCOPES]
    : undefined
  if (scopes) {
    const scope = scopes.find((each) => each.toLowerCase() === value?.toLowerCase())
    if (scope) return scope
    throw new InvalidInputError(
      value === undefined || value === ''
        ? `The right ${name} needs a value.`
        : `The right ${name} cannot be ${JSON.stringify(value.slice(0, 60))}.`,
      { hint: `Write ${name}= and one of ${scopes.join(', ')}.` },
    )
  }
  if (value === undefined || /^(?:true|yes)$/i.test(value)) return true
  if (/^(?:false|no)$/i.test(value)) return false
  throw new InvalidInputError(
    `The right ${name} is given or not; it has no value ${JSON.stringify(value.slice(0, 60))}.`,
  )
}

/** The same text back; what is not granted is left out. */
export function formatRights(rights: FolderRights): string {
  const granted = NAMES.flatMap((name) => {
    const value = rights[name as keyof FolderRights]
    if (value === true) return [name]
    return typeof value === 'string' && value !== 'None' ? [`${name}=${value}`] : []
  })
  return granted.join(',') || 'none'
}
