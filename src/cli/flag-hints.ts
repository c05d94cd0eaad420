/** What the library advises in its own words, and what to type for it here. */
export const FLAG_HINTS = [
  ['allow plain http by name', 'give --allow-plain-http'],
  ['give its authority’s certificate (ca)', 'give its authority’s certificate with --ca'],
  ['Raise the time-out', 'Raise --timeout'],
  ['may want a client certificate', 'may want a certificate of yours (--client-certificate)'],
  ['Name the mailbox to impersonate', 'Name the mailbox with --impersonate'],
  ['give it as the server', 'give it with --url'],
  [
    'Set the folder’s rights one by one with a folder permission instead.',
    'Set the folder’s rights one by one: folder-permission set OWNER FOLDER USER --rights createItems,readItems=FullDetails,…',
  ],
] as const

/** The same for commands that act as the owners of mailboxes unless told otherwise. */
const OWNER_HINTS = [
  [
    'or the full_access_as_app permission (Exchange Online).',
    'or the full_access_as_app permission (Exchange Online); where it has Full Access, or is the owner by another name, say --no-impersonate-owners.',
  ],
  [
    'Give the account the ApplicationImpersonation role for this mailbox.',
    'Give the account the ApplicationImpersonation role for this mailbox; where it has Full Access, or is the owner by another name, say --no-impersonate-owners.',
  ],
] as const

/** {@link flagHint} on a command with `--impersonate-owners`; for texts with hints in them, too. */
export function ownersHint(text: string): string {
  return OWNER_HINTS.reduce<string>((told, [words, typed]) => told.replace(words, typed), flagHint(text))
}

/** A hint of the library in the words of the command line. */
export function flagHint(hint: string): string {
  return FLAG_HINTS.reduce<string>((text, [words, typed]) => text.replace(words, typed), hint)
}
