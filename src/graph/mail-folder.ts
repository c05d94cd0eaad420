/** A folder as Graph answers it. @see https://learn.microsoft.com/graph/api/resources/mailfolder */
export interface MailFolder {
  readonly id: string
  readonly displayName: string
  readonly parentFolderId?: string
  readonly totalItemCount?: number
  readonly unreadItemCount?: number
}

/** Reads a folder of an answer; undefined when it has no id. */
export function readMailFolder(value: unknown): MailFolder | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const json = value as Readonly<Record<string, unknown>>
  if (typeof json.id !== 'string' || json.id === '') return undefined
  return {
    id: json.id,
    displayName: typeof json.displayName === 'string' ? json.displayName : '',
    ...(typeof json.parentFolderId === 'string' ? { parentFolderId: json.parentFolderId } : {}),
    ...(typeof json.totalItemCount === 'number' ? { totalItemCount: json.totalItemCount } : {}),
    ...(typeof json.unreadItemCount === 'number' ? { unreadItemCount: json.unreadItemCount } : {}),
  }
}
