/**
 * The English texts of Exchange's response codes, as ServiceError.cs of the EWS Managed API documents them. Codes
 * that the file lists without a text carry what the simulator says instead.
 */
export const SERVER_TEXTS = {
  ErrorAccessDenied: 'Access is denied. Check credentials and try again.',
  ErrorCannotSetCalendarPermissionOnNonCalendarFolder:
    'Expected a PermissionSet but received a CalendarPermissionSet.',
  ErrorCannotSetNonCalendarPermissionOnCalendarFolder:
    'Expected a CalendarPermissionSet but received a PermissionSet.',
  ErrorCannotSetPermissionUnknownEntries:
    'Cannot set UnknownEntries on a PermissionSet or CalendarPermissionSet.',
  ErrorCannotUseItemIdForFolderId: 'Expected a folder Id but received an item Id.',
  ErrorContainsFilterWrongType: 'The Contains filter can only be used for string properties.',
  ErrorDelegateAlreadyExists: 'The user is already a delegate for the mailbox.',
  ErrorDelegateCannotAddOwner: 'This is an invalid operation. Cannot add owner as delegate.',
  ErrorDelegateMissingConfiguration: 'Delegate is not configured properly.',
  ErrorDelegateNoUser: 'The delegate does not map to a user in the Active Directory.',
  ErrorDelegateValidationFailed: 'Cannot add the delegate user. Failed to validate the changes.',
  ErrorDistinguishedUserNotSupported: 'DistinguishedUser should not be specified for a Delegate User.',
  ErrorDuplicateSOAPHeader: 'A duplicate SOAP header was received.',
  ErrorDuplicateUserIdsSpecified: 'The specified permission set contains duplicate UserIds.',
  ErrorFolderExists: 'A folder with the specified name already exists.',
  ErrorFolderNotFound: 'The specified folder could not be found in the store.',
  ErrorFolderSave: 'The folder save operation did not succeed.',
  ErrorFolderSavePropertyError: 'The folder save operation failed due to invalid property values.',
  ErrorImpersonateUserDenied: 'The account does not have permission to impersonate the requested user.',
  ErrorImpersonationFailed: 'Impersonation failed.',
  ErrorIncorrectSchemaVersion:
    'The request is valid but does not specify the correct server version in the RequestServerVersion SOAP header. Ensure that the RequestServerVersion SOAP header is set with the correct RequestServerVersionValue.',
  ErrorIncorrectUpdatePropertyCount:
    'An object within a change description must contain one and only one property to modify.',
  ErrorInternalServerError: 'An internal server error occurred. The operation failed.',
  ErrorInvalidChangeKey: 'The change key is invalid.',
  ErrorInvalidDelegatePermission: 'Invalid Delegate Folder Permission.',
  ErrorInvalidDelegateUserId:
    'One or more UserId parameters are invalid. Make sure that the PrimarySmtpAddress, Sid and DisplayName properties refer to the same user when specified.',
  ErrorInvalidExchangeImpersonationHeaderData:
    'An ExchangeImpersonation SOAP header must contain a user principal name, user SID, or primary SMTP address.',
  ErrorInvalidExtendedProperty: 'The extended property attribute combination is invalid.',
  ErrorInvalidFractionalPagingParameters: 'Invalid fractional paging offset values.',
  ErrorInvalidIdEmpty: 'Id must be non-empty.',
  ErrorInvalidIdMalformed: 'Id is malformed.',
  ErrorInvalidIndexedPagingParameters: 'The specified indexed paging values are invalid.',
  ErrorInvalidMailbox: 'Mailbox is invalid. Verify the specified Mailbox property.',
  ErrorInvalidOperation: 'The operation is not available.',
  ErrorInvalidPagingMaxRows: 'MaxEntriesReturned must be greater than zero.',
  ErrorInvalidPermissionSettings: 'The permission settings were not valid.',
  ErrorInvalidPropertyAppend: 'The append action is not supported for this property.',
  ErrorInvalidPropertyDelete: 'The delete action is not supported for this property.',
  ErrorInvalidPropertyForOperation: 'Property is not valid for this operation.',
  ErrorInvalidPropertyRequest: 'Property is not valid for this object type.',
  ErrorInvalidPropertySet: 'Set action is invalid for property.',
  ErrorInvalidRequest: 'The request is invalid.',
  ErrorInvalidServerVersion: 'The specified server version is invalid.',
  ErrorInvalidSid: 'A SID with an invalid format was encountered.',
  ErrorInvalidSmtpAddress: 'The SMTP address format is invalid.',
  ErrorInvalidUserInfo: 'A UserId was not valid.',
  ErrorInvalidUserPrincipalName: 'The impersonation principal name is invalid.',
  ErrorInvalidUserSid: 'The user SID is invalid or does not map to a user in the Active Directory.',
  ErrorIrresolvableConflict:
    'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
  ErrorItemNotFound: 'The specified object was not found in the store.',
  ErrorMessageSizeExceeded: 'The message exceeds the maximum supported size.',
  ErrorMissingEmailAddress:
    'When making a request as an account that does not have a mailbox, you must specify the mailbox primary SMTP address for any distinguished folder Ids.',
  ErrorMissingUserIdInformation:
    'Missing information for delegate user. You must either specify a valid SMTP address or SID.',
  ErrorMoreThanOneAccessModeSpecified: 'Only one access mode header may be specified.',
  ErrorNonExistentMailbox: 'Mailbox does not exist.',
  ErrorNonPrimarySmtpAddress: 'The primary SMTP address must be specified when referencing a mailbox.',
  ErrorNotAllowedExternalSharingByPolicy: 'Policy does not allow granting of permissions to external users.',
  ErrorNotDelegate: 'The user is not a delegate for the mailbox.',
  ErrorObjectTypeChanged: 'Operation would change object type, which is not permitted.',
  ErrorRestrictionTooComplex: 'The restriction or sort order is too complex for this operation.',
  ErrorSchemaValidation: 'The request failed schema validation.',
  ErrorUpdatePropertyMismatch: 'Property for update does not match property in object.',
  ErrorUnsupportedPathForQuery: 'The property can not be used with this type of restriction.',
} as const
export type ServerErrorCode = keyof typeof SERVER_TEXTS

/** Something that one member of a request, or its root, is refused with; the rest of the request goes on. */
export class EwsRefusal extends Error {
  readonly code: ServerErrorCode

  constructor(code: ServerErrorCode, message: string = SERVER_TEXTS[code]) {
    super(message)
    this.name = new.target.name
    this.code = code
  }
}

/** Something that the whole request is refused with: a SOAP fault. */
export class EwsFault extends Error {
  readonly code: ServerErrorCode
  /** Children of `t:MessageXml`, by name. */
  readonly details: Readonly<Record<string, string>>
  readonly httpStatus: number

  constructor(
    code: ServerErrorCode,
    options: { message?: string; details?: Readonly<Record<string, string>>; httpStatus?: number } = {},
  ) {
    super(options.message ?? SERVER_TEXTS[code])
    this.name = new.target.name
    this.code = code
    this.details = options.details ?? {}
    this.httpStatus = options.httpStatus ?? 500
  }
}

/** Runs one member of a request: a value, or the refusal it ended with. */
export function attempt<Value>(work: () => Value): { value: Value } | { refusal: EwsRefusal } {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof EwsRefusal) return { refusal: error }
    throw error
  }
}
