/**
 * The English texts of Exchange's response codes, as ServiceError.cs of the EWS Managed API documents them. Codes
 * that the file lists without a text carry what the simulator says instead.
 */
export const SERVER_TEXTS = {
  ErrorAccessDenied: 'Access is denied. Check credentials and try again.',
  ErrorAffectedTaskOccurrencesRequired: 'AffectedTaskOccurrences attribute is required for Task items.',
  ErrorCalendarCannotMoveOrCopyOccurrence: 'Can not move or copy a calendar occurrence.',
  ErrorCalendarCannotUseIdForOccurrenceId: 'The Id specified does not represent an occurrence.',
  ErrorCalendarCannotUseIdForRecurringMasterId:
    'The specified Id does not represent a recurring master item.',
  ErrorCalendarDurationIsTooLong: 'Calendar item duration is too long.',
  ErrorCalendarEndDateIsEarlierThanStartDate: 'EndDate is earlier than StartDate',
  ErrorCalendarFolderIsInvalidForCalendarView: 'Cannot request CalendarView for the folder.',
  ErrorCalendarInvalidDayForWeeklyRecurrence:
    'The value of the DaysOfWeek property is invalid for a weekly recurrence.',
  ErrorCalendarInvalidPropertyState: 'The property has invalid state.',
  ErrorCalendarInvalidPropertyValue: 'The property has an invalid value.',
  ErrorCalendarInvalidRecurrence: 'The recurrence is invalid.',
  ErrorCalendarInvalidTimeZone: 'TimeZone is invalid.',
  ErrorCalendarIsCancelledForAccept: "A meeting that's been canceled can't be accepted.",
  ErrorCalendarIsCancelledForDecline: "A canceled meeting can't be declined.",
  ErrorCalendarIsCancelledForTentative: "A canceled meeting can't be accepted tentatively.",
  ErrorCalendarIsDelegatedForAccept: 'AcceptItem action is invalid for a delegated meeting message.',
  ErrorCalendarIsDelegatedForDecline: 'DeclineItem operation is invalid for a delegated meeting message.',
  ErrorCalendarIsDelegatedForTentative:
    "The TentativelyAcceptItem action isn't valid for a delegated meeting message.",
  ErrorCalendarIsOrganizerForAccept:
    'The user is the organizer of this meeting, and cannot, therefore, accept it.',
  ErrorCalendarIsOrganizerForDecline:
    'The user is the organizer of this meeting, and cannot, therefore, decline it.',
  ErrorCalendarIsOrganizerForTentative:
    "The user is the organizer of this meeting, and therefore can't tentatively accept it.",
  ErrorCalendarMeetingRequestIsOutOfDate:
    "The meeting request is out of date. The calendar couldn't be updated.",
  ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange: 'Occurrence index is out of recurrence range.',
  ErrorCalendarOccurrenceIsDeletedFromRecurrence:
    'Occurrence with this index was previously deleted from the recurrence.',
  ErrorCalendarOutOfRange: 'The calendar property falls out of valid range.',
  ErrorCalendarViewRangeTooBig: 'The specified view range exceeds the maximum range of two years.',
  ErrorCannotCreateCalendarItemInNonCalendarFolder: 'Cannot create a calendar item in a non-calendar folder.',
  ErrorCannotCreateContactInNonContactFolder: 'Cannot create a contact in a non-contact folder.',
  ErrorCannotCreateTaskInNonTaskFolder: 'Cannot create a task in a non-task Folder.',
  ErrorCannotDeleteObject: 'Object cannot be deleted.',
  ErrorCannotEmptyFolder: 'Folder cannot be emptied.',
  ErrorCannotOpenFileAttachment: 'The attachment could not be opened.',
  ErrorCannotSetCalendarPermissionOnNonCalendarFolder:
    'Expected a PermissionSet but received a CalendarPermissionSet.',
  ErrorCannotSetNonCalendarPermissionOnCalendarFolder:
    'Expected a CalendarPermissionSet but received a PermissionSet.',
  ErrorCannotSetPermissionUnknownEntries:
    'Cannot set UnknownEntries on a PermissionSet or CalendarPermissionSet.',
  ErrorCannotUseFolderIdForItemId: 'Expected an item Id but received a folder Id.',
  ErrorCannotUseItemIdForFolderId: 'Expected a folder Id but received an item Id.',
  ErrorChangeKeyRequired: 'ChangeKey is required if overriding automatic conflict resolution.',
  ErrorChangeKeyRequiredForWriteOperations: 'ChangeKey is required for this operation.',
  ErrorContainsFilterWrongType: 'The Contains filter can only be used for string properties.',
  ErrorCreateItemAccessDenied:
    'Unable to create item. The user account does not have the right to create items.',
  ErrorCreateSubfolderAccessDenied:
    'Unable to create subfolder. The user account does not have the right to create subfolders.',
  ErrorDelegateAlreadyExists: 'The user is already a delegate for the mailbox.',
  ErrorDelegateCannotAddOwner: 'This is an invalid operation. Cannot add owner as delegate.',
  ErrorDelegateMissingConfiguration: 'Delegate is not configured properly.',
  ErrorDelegateNoUser: 'The delegate does not map to a user in the Active Directory.',
  ErrorDelegateValidationFailed: 'Cannot add the delegate user. Failed to validate the changes.',
  ErrorDeleteDistinguishedFolder: 'Distinguished folders cannot be deleted.',
  ErrorDistinguishedUserNotSupported: 'DistinguishedUser should not be specified for a Delegate User.',
  ErrorDuplicateSOAPHeader: 'A duplicate SOAP header was received.',
  ErrorDuplicateUserIdsSpecified: 'The specified permission set contains duplicate UserIds.',
  ErrorFolderExists: 'A folder with the specified name already exists.',
  ErrorFolderNotFound: 'The specified folder could not be found in the store.',
  ErrorFolderSave: 'The folder save operation did not succeed.',
  ErrorFolderSavePropertyError: 'The folder save operation failed due to invalid property values.',
  ErrorFreeBusyGenerationFailed: 'The free/busy information could not be generated.',
  ErrorImpersonateUserDenied: 'The account does not have permission to impersonate the requested user.',
  ErrorImpersonationFailed: 'Impersonation failed.',
  ErrorIncorrectSchemaVersion:
    'The request is valid but does not specify the correct server version in the RequestServerVersion SOAP header. Ensure that the RequestServerVersion SOAP header is set with the correct RequestServerVersionValue.',
  ErrorIncorrectUpdatePropertyCount:
    'An object within a change description must contain one and only one property to modify.',
  ErrorInternalServerError: 'An internal server error occurred. The operation failed.',
  ErrorInvalidArgument: 'The argument is invalid.',
  ErrorInvalidAttachmentId: 'The specified attachment Id is invalid.',
  ErrorInvalidChangeKey: 'The change key is invalid.',
  ErrorInvalidContactEmailAddress: "The e-mail address that was supplied isn't valid.",
  ErrorInvalidDelegatePermission: 'Invalid Delegate Folder Permission.',
  ErrorInvalidDelegateUserId:
    'One or more UserId parameters are invalid. Make sure that the PrimarySmtpAddress, Sid and DisplayName properties refer to the same user when specified.',
  ErrorInvalidExchangeImpersonationHeaderData:
    'An ExchangeImpersonation SOAP header must contain a user principal name, user SID, or primary SMTP address.',
  ErrorInvalidExtendedProperty: 'The extended property attribute combination is invalid.',
  ErrorInvalidExtendedPropertyValue: 'The extended property value is inconsistent with its type.',
  ErrorInvalidFractionalPagingParameters: 'Invalid fractional paging offset values.',
  ErrorInvalidFreeBusyViewType: 'The requested free/busy view is invalid.',
  ErrorInvalidId: 'The Id is invalid.',
  ErrorInvalidIdEmpty: 'Id must be non-empty.',
  ErrorInvalidIdMalformed: 'Id is malformed.',
  ErrorInvalidIndexedPagingParameters: 'The specified indexed paging values are invalid.',
  ErrorInvalidItemForOperationAcceptItem: 'Item type is invalid for AcceptItem action.',
  ErrorInvalidItemForOperationCreateItem: 'Item type is invalid for CreateItem operation.',
  ErrorInvalidItemForOperationDeclineItem: 'Item type is invalid for DeclineItem operation.',
  ErrorInvalidItemForOperationSendItem: 'Item type is invalid for SendItem operation.',
  ErrorInvalidItemForOperationTentative: 'The item of this type is invalid for TentativelyAcceptItem action.',
  ErrorInvalidMailbox: 'Mailbox is invalid. Verify the specified Mailbox property.',
  ErrorInvalidMergedFreeBusyInterval:
    'The merged free/busy interval is invalid; it must be between 5 and 1440 minutes.',
  ErrorInvalidNameForNameResolution: 'The specified value is not a valid name for name resolution.',
  ErrorInvalidOperation: 'The operation is not available.',
  ErrorInvalidPagingMaxRows: 'MaxEntriesReturned must be greater than zero.',
  ErrorInvalidParentFolder: 'Cannot create a subfolder within a SearchFolder.',
  ErrorInvalidPercentCompleteValue: 'PercentComplete must be an integer between 0 and 100.',
  ErrorInvalidPermissionSettings: 'The permission settings were not valid.',
  ErrorInvalidPropertyAppend: 'The append action is not supported for this property.',
  ErrorInvalidPropertyDelete: 'The delete action is not supported for this property.',
  ErrorInvalidPropertyForOperation: 'Property is not valid for this operation.',
  ErrorInvalidPropertyRequest: 'Property is not valid for this object type.',
  ErrorInvalidPropertySet: 'Set action is invalid for property.',
  ErrorInvalidPropertyUpdateSentMessage: 'Update operation is invalid for property of a sent message.',
  ErrorInvalidRecipients: 'One or more recipients are invalid.',
  ErrorInvalidReferenceItem: 'The reference item does not support the requested operation.',
  ErrorInvalidRequest: 'The request is invalid.',
  ErrorInvalidRestriction: 'The restriction is invalid.',
  ErrorInvalidSendItemSaveSettings:
    'Invalid combination of SaveItemToFolder attribute and SavedItemFolderId element.',
  ErrorInvalidServerVersion: 'The specified server version is invalid.',
  ErrorInvalidSid: 'A SID with an invalid format was encountered.',
  ErrorInvalidSmtpAddress: 'The SMTP address format is invalid.',
  ErrorInvalidSyncStateData: 'Synchronization state data is corrupt or otherwise invalid.',
  ErrorInvalidTimeInterval: 'The time interval is invalid.',
  ErrorInvalidUserInfo: 'A UserId was not valid.',
  ErrorInvalidUserPrincipalName: 'The impersonation principal name is invalid.',
  ErrorInvalidUserSid: 'The user SID is invalid or does not map to a user in the Active Directory.',
  ErrorInvalidValueForProperty: 'The specified value is invalid for property.',
  ErrorIrresolvableConflict:
    'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
  ErrorItemNotFound: 'The specified object was not found in the store.',
  ErrorItemSave: 'The item save operation did not succeed.',
  ErrorMailboxDataArrayEmpty: 'The array of mailboxes is empty.',
  ErrorMailboxDataArrayTooBig: 'The array of mailboxes is too large.',
  ErrorMailRecipientNotFound: 'The mail recipient is not found in Active Directory.',
  ErrorMessageDispositionRequired: 'MessageDisposition attribute is required.',
  ErrorMessageSizeExceeded: 'The message exceeds the maximum supported size.',
  ErrorMissingEmailAddress:
    'When making a request as an account that does not have a mailbox, you must specify the mailbox primary SMTP address for any distinguished folder Ids.',
  ErrorMissingInformationEmailAddress: 'EmailAddress or ItemId must be included in the request.',
  ErrorMissingInformationReferenceItemId: 'ReferenceItemId must be included in the request.',
  ErrorMissingRecipients: 'A message needs to have at least one recipient.',
  ErrorMissingUserIdInformation:
    'Missing information for delegate user. You must either specify a valid SMTP address or SID.',
  ErrorMoreThanOneAccessModeSpecified: 'Only one access mode header may be specified.',
  ErrorMoveCopyFailed: 'The move or copy operation failed.',
  ErrorMoveDistinguishedFolder: 'Cannot move distinguished folder.',
  ErrorNameResolutionMultipleResults: 'Multiple results were found.',
  ErrorNameResolutionNoResults: 'No results were found.',
  ErrorNoFolderClassOverride: 'You cannot specify the FolderClass when creating a non-generic folder.',
  ErrorNoFreeBusyAccess: 'The caller does not have access to free/busy data.',
  ErrorNonExistentMailbox: 'Mailbox does not exist.',
  ErrorNonPrimarySmtpAddress: 'The primary SMTP address must be specified when referencing a mailbox.',
  ErrorNotAllowedExternalSharingByPolicy: 'Policy does not allow granting of permissions to external users.',
  ErrorNotDelegate: 'The user is not a delegate for the mailbox.',
  ErrorObjectTypeChanged: 'Operation would change object type, which is not permitted.',
  ErrorParentFolderNotFound: 'The specified parent folder could not be found.',
  ErrorPropertyValidationFailure: 'At least one property failed validation.',
  ErrorRecurrenceEndDateTooBig: 'Recurrence end date can not exceed Sep 1, 4500 00:00:00.',
  ErrorRecurrenceHasNoOccurrence: 'Recurrence has no occurrences in the specified range.',
  ErrorRequiredPropertyMissing: 'Required property is missing.',
  ErrorResolveNamesInvalidFolderType: 'Cannot perform ResolveNames for non-contact folder.',
  ErrorResolveNamesOnlyOneContactsFolderAllowed: 'Only one contacts folder can be specified in request.',
  ErrorRestrictionTooComplex: 'The restriction or sort order is too complex for this operation.',
  ErrorSavedItemFolderNotFound: 'The folder in which items were to be saved could not be found.',
  ErrorSchemaValidation: 'The request failed schema validation.',
  ErrorSendAsDenied:
    'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.',
  ErrorSendMeetingCancellationsRequired: 'SendMeetingCancellations attribute is required for Calendar items.',
  ErrorSendMeetingInvitationsOrCancellationsRequired:
    'The SendMeetingInvitationsOrCancellations attribute is required for calendar items.',
  ErrorSendMeetingInvitationsRequired: 'The SendMeetingInvitations attribute is required for calendar items.',
  ErrorStaleObject: 'The current ChangeKey is required for this operation.',
  ErrorSyncFolderNotFound: 'The folder to be synchronized could not be found.',
  ErrorTimeIntervalTooBig: 'The requested time window is larger than 62 days.',
  ErrorTimeZone: "The time zone isn't valid.",
  ErrorToFolderNotFound: 'The specified target folder could not be found.',
  ErrorUnsupportedMapiPropertyType: 'The MAPI property type is not supported.',
  ErrorUnsupportedMimeConversion: 'MIME conversion is not supported for this item type.',
  ErrorUnsupportedPathForQuery: 'The property can not be used with this type of restriction.',
  ErrorUnsupportedPathForSortGroup: 'The property can not be used for sorting or grouping results.',
  ErrorUnsupportedRecurrence: 'The specified recurrence is not supported.',
  ErrorUnsupportedTypeForConversion: 'Unsupported type for restriction conversion.',
  ErrorUpdatePropertyMismatch: 'Property for update does not match property in object.',
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
