/** Where names are looked up, and which place goes first (`t:ResolveNamesSearchScopeType`). */
export const RESOLVE_NAMES_SCOPES = [
  'ActiveDirectory',
  'ActiveDirectoryContacts',
  'Contacts',
  'ContactsActiveDirectory',
] as const
export type ResolveNamesScope = (typeof RESOLVE_NAMES_SCOPES)[number]
