import { InvalidInputError } from '../errors.ts'
import { DELEGATE_FOLDERS, type DelegateFolder } from './delegate.ts'
import { DISTINGUISHED_FOLDERS, type DistinguishedFolder } from './folder-target.ts'

/**
 * How people name a folder of a mailbox, in one canonical text: a well-known name (`calendar`, whatever the
 * mailbox's language), a path of display names from the top of the mailbox (`/Projects/2026`, `\/` for a slash in a
 * name), or an id (`id:AAMkAD…`).
 */
export type FolderName = string

export type FolderNameParts =
  | { readonly distinguished: DistinguishedFolder }
  | { readonly path: readonly string[] }
  | { readonly id: string }

/**
 * Reads a folder name in any case and gives its canonical form.
 * @throws InvalidInputError for anything that is none of the three.
 */
export function parseFolderName(text: string): FolderName {
  const name = text.trim()
  if (name.startsWith('/')) {
    const path = splitPath(name)
    if (path.length === 0 || path.some((part) => part.trim() === '')) {
      throw new InvalidInputError(`The folder path ${JSON.stringify(name)} has an empty part.`, {
        hint: 'A path looks like /Projects/2026; write a slash inside a name as \\/.',
      })
    }
    // Names come from servers and files, and end up in scripts and on terminals.
    if (/\p{Cc}/u.test(name))
      throw new InvalidInputError(`The folder path ${JSON.stringify(name)} has control characters.`)
    return formatFolderPath(path)
  }
  if (/^id:/i.test(name)) {
    const id = name.slice(3).trim()
    if (/^[\x21-\x7E]{1,2048}$/.test(id)) return `id:${id}`
    throw new InvalidInputError(`${JSON.stringify(name.slice(0, 60))} holds no folder id.`)
  }
  const distinguished = DISTINGUISHED_FOLDERS.find((folder) => folder === name.toLowerCase())
  if (distinguished) return distinguished
  throw new InvalidInputError(`${JSON.stringify(name.slice(0, 60))} is not a folder.`, {
    hint: 'Name a well-known folder (calendar, inbox, tasks, contacts, notes, journal, sentitems, …), a path such as /Projects/2026, or an id as id:AAMk….',
  })
}

/** The canonical name of a path of display names. */
export function formatFolderPath(path: readonly string[]): FolderName {
  return `/${path.map((part) => part.replaceAll(/[\\/]/g, '\\$&')).join('/')}`
}

/** The parts of a canonical name. */
export function folderNameParts(name: FolderName): FolderNameParts {
  if (name.startsWith('/')) return { path: splitPath(name) }
  if (name.startsWith('id:')) return { id: name.slice(3) }
  return { distinguished: name as DistinguishedFolder }
}

/** A key under which two names of one kind are equal: display names ignore case, ids do not. */
export function folderNameKey(name: FolderName): string {
  return name.startsWith('/') ? name.toLowerCase() : name
}

/** One of the six folders on which a delegate's level is the folder's own permission entry. */
export function isDelegateFolder(name: FolderName): name is DelegateFolder {
  return (DELEGATE_FOLDERS as readonly string[]).includes(name)
}

function splitPath(name: string): string[] {
  const parts: string[] = []
  let part = ''
  for (let at = 1; at < name.length; at++) {
    const character = name[at] as string
    if (character === '\\' && at + 1 < name.length) part += name[++at]
    else if (character === '/') {
      parts.push(part)
      part = ''
    } else part += character
  }
  // A trailing slash says nothing more.
  if (part !== '' || parts.length === 0) parts.push(part)
  return parts
}
