import { InvalidInputError } from '../errors.ts'

/** A folder to create. */
export interface NewFolder {
  readonly displayName: string
  /**
   * What is kept in it: `IPF.Note` (mail), `IPF.Appointment`, `IPF.Contact`, `IPF.Task`, `IPF.StickyNote`,
   * `IPF.Journal`. Absent: the server decides, and takes mail whatever the parent keeps.
   */
  readonly folderClass?: string
}

/** @throws InvalidInputError for a name or class that no folder can have. */
export function checkNewFolder(input: string | NewFolder): NewFolder {
  const { displayName, folderClass } = typeof input === 'string' ? { displayName: input } : input
  if (typeof displayName !== 'string' || displayName.trim() === '') {
    throw new InvalidInputError('The new folder has no name.')
  }
  if (folderClass === undefined) return { displayName }
  if (!/^IPF(?:\.[A-Za-z][\w-]*)+$/.test(folderClass)) {
    throw new InvalidInputError(`${JSON.stringify(folderClass.slice(0, 60))} is not a folder class.`, {
      hint: 'A folder class looks like IPF.Note, IPF.Appointment, IPF.Contact or IPF.Task.',
    })
  }
  return { displayName, folderClass }
}
