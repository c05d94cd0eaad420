/**
 * What an administrator can do about a response code. Codes are text, not a closed list: Exchange Online answers
 * some that no schema has, and other servers have their own (`ErrorDelegateNotFound`).
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/handling-delegation-related-errors-in-ews-in-exchange
 */
const HINTS: Readonly<Record<string, string>> = {
  ErrorAccessDenied:
    'Sign in as the owner of the mailbox, or impersonate the owner with an account that may; only they change delegates.',
  ErrorDelegateAlreadyExists: 'Change the existing delegate with an update.',
  ErrorNotDelegate: 'Add the user as a delegate first, or check the spelling.',
  ErrorDelegateNotFound: 'Add the user as a delegate first, or check the spelling.',
  ErrorDelegateNoUser:
    'The account does not exist, or an old delegate’s account was deleted; remove an orphaned delegate by its SID.',
  ErrorDelegateCannotAddOwner: 'The owner has all rights already.',
  ErrorDelegateValidationFailed: 'Meeting copies need Editor on the calendar; check the user and the levels.',
  ErrorDelegateMissingConfiguration:
    'The mailbox’s stored delegate information is incomplete; open Outlook’s delegate dialog once, or remove and add the delegate.',
  ErrorAddDelegatesFailed:
    'The list could not be saved and may be partly changed: read it before trying again.',
  ErrorUpdateDelegatesFailed:
    'The list could not be saved and may be partly changed: read it before trying again.',
  ErrorRemoveDelegatesFailed:
    'The list could not be saved and may be partly changed: read it before trying again.',
  ErrorNonExistentMailbox: 'Check the spelling of the address, and that the account has a mailbox.',
  ErrorNonPrimarySmtpAddress: 'Give the mailbox’s primary SMTP address, not an alias.',
  ErrorMissingEmailAddress: 'The signed-in account has no mailbox: name the mailbox.',
  ErrorImpersonateUserDenied:
    'Give the account the ApplicationImpersonation role for this mailbox (Exchange Server), or the full_access_as_app permission (Exchange Online).',
  ErrorImpersonationDenied: 'Give the account the ApplicationImpersonation role for this mailbox.',
  ErrorInvalidServerVersion: 'Choose an older server version, e.g. Exchange2010_SP2.',
  ErrorIncorrectSchemaVersion: 'Choose a newer server version, e.g. Exchange2013_SP1.',
  ErrorInvalidSchemaVersionForMailboxVersion: 'Choose an older server version, e.g. Exchange2010_SP2.',
  ErrorServerBusy: 'Wait as long as the server asks, then try again.',
  ErrorExceededConnectionCount: 'Make fewer calls at a time.',
  ErrorItemNotFound:
    'It does not exist, or the signed-in account has no right to see it; Exchange does not say which.',
  ErrorFolderNotFound:
    'It does not exist, or the signed-in account has no right to see it; Exchange does not say which.',
  ErrorCannotSetPermissionUnknownEntries: 'Entries of deleted accounts cannot be written back.',
  ErrorSendAsDenied: 'The account needs Send on Behalf (a delegate has it) or Send As.',
}

const DELEGATED_COPY =
  'This is the copy that a delegate received. Answer the meeting in the owner’s calendar, to which its associatedCalendarItemId leads, or the request in the owner’s Inbox.'

/** The same for one item or folder, where a code means something else or only occurs there. */
const ITEM_HINTS: Readonly<Record<string, string>> = {
  ErrorAccessDenied:
    'The account’s rights on the folder do not allow it: see the folder’s permissions, or the effective rights of the item.',
  ErrorCreateItemAccessDenied: 'The account may not create items in that folder: see its permissions.',
  ErrorCreateSubfolderAccessDenied: 'The account may not create folders there: see the folder’s permissions.',
  ErrorIrresolvableConflict: 'Somebody else changed it: get it again, and repeat the change on that.',
  ErrorStaleObject: 'Somebody else changed it: get it again, and repeat the change on that.',
  ErrorChangeKeyRequired: 'Get it first, and pass its id on whole, with the change key.',
  ErrorChangeKeyRequiredForWriteOperations: 'Get it again, and pass its id on whole.',
  ErrorSendMeetingCancellationsRequired:
    'There are calendar items among them: say whether attendees are told (sendMeetingCancellations).',
  ErrorAffectedTaskOccurrencesRequired:
    'There are tasks among them: say which occurrences are meant (affectedTaskOccurrences).',
  ErrorToFolderNotFound: 'The folder to copy or move to does not exist, or the account may not see it.',
  ErrorSavedItemFolderNotFound: 'The folder to save in does not exist, or the account may not see it.',
  ErrorCrossMailboxMoveCopy:
    'Between these two mailboxes items cannot be moved: copy what is in them instead.',
  ErrorCannotCreateCalendarItemInNonCalendarFolder: 'Calendar items go into calendar folders only.',
  ErrorExceededFindCountLimit: 'Ask for smaller pages.',
  ErrorCalendarIsDelegatedForAccept: DELEGATED_COPY,
  ErrorCalendarIsDelegatedForDecline: DELEGATED_COPY,
  ErrorCalendarIsDelegatedForTentative: DELEGATED_COPY,
  ErrorInvalidAttachmentId: 'Get the item again: attachments are named by the ids that it lists.',
}

export function itemHintFor(code: string): string | undefined {
  return ITEM_HINTS[code] ?? HINTS[code]
}

export function hintFor(code: string): string | undefined {
  return HINTS[code]
}

/** The list of delegates could not be saved after the users were processed: what was changed is not known. */
export const PARTIAL_SAVE_CODES: ReadonlySet<string> = new Set([
  'ErrorAddDelegatesFailed',
  'ErrorUpdateDelegatesFailed',
  'ErrorRemoveDelegatesFailed',
])

/**
 * The folder changed between reading and writing. Which of them a server answers is documented inconsistently, and
 * the remedy is the same: read again, apply again.
 */
export const STALE_FOLDER_CODES: ReadonlySet<string> = new Set([
  'ErrorIrresolvableConflict',
  'ErrorChangeKeyRequiredForWriteOperations',
  'ErrorInvalidChangeKey',
  'ErrorStaleObject',
])
