/**
 * What an administrator can do about a code of Graph's. Codes are text, not a closed list.
 * @see https://learn.microsoft.com/graph/outlook-send-mail-from-other-user
 */
const HINTS: Readonly<Record<string, string>> = {
  ErrorSendAsDenied:
    'The signed-in account needs Send on Behalf (a delegate has it) or Send As for the mailbox in from. A new grant can take up to an hour to reach Graph.',
  ErrorAccessDenied:
    'The token lacks a scope (Mail.Send.Shared to send from another user, Mail.ReadWrite for drafts), or the account has no Full Access to the mailbox in the address.',
  ErrorMimeContentInvalidBase64String:
    'Check the base64. A message that is not in base64 begins with a header, such as “To: megan@contoso.com”.',
  ErrorInvalidRecipients: 'Check that the mail has recipients, and that they are well formed.',
  MailboxNotEnabledForRESTAPI:
    'The account has no mailbox in Exchange Online: a guest, without a licence, or its mailbox is on a server of your own.',
  MailboxNotSupportedForRESTAPI:
    'The account has no mailbox in Exchange Online: a guest, without a licence, or its mailbox is on a server of your own.',
  ErrorInvalidUser: 'There is no such user; check the spelling of the id or principal name.',
  Request_ResourceNotFound: 'There is no such user; check the spelling of the id or principal name.',
  ErrorItemNotFound: 'It does not exist, or the account may not see it; Exchange does not say which.',
  ErrorMessageSizeExceeded: 'Send it by way of a draft, or make it smaller.',
  RequestEntityTooLarge: 'Send it by way of a draft, or make it smaller.',
  ErrorExceededMessageLimit: 'The mailbox has reached its sending limit; wait a day.',
  InvalidInternetMessageHeader: 'Headers of your own begin with x-.',
  ErrorInvalidInternetMessageHeader: 'Headers of your own begin with x-.',
  InvalidInternetMessageHeaderCollection: 'A mail takes five headers of its own.',
  Authorization_RequestDenied: 'The token lacks a permission for this call, or an administrator’s consent.',
  ApplicationThrottled: 'Wait as long as the service asks; send fewer requests at a time.',
  TooManyRequests: 'Wait as long as the service asks; send fewer requests at a time.',
}

/**
 * @param message the service's own words: two refusals share a code with others and differ in nothing else.
 */
export function graphHint(code: string, message: string): string | undefined {
  // https://learn.microsoft.com/graph/auth-limit-mailbox-access quotes this text.
  if (isPolicyRefusal(code, message)) {
    return 'A policy of the organization keeps this application out of the mailbox: see its application access policy or role assignment, and EwsApplicationAccessPolicy.'
  }
  if (code === 'BadRequest' && message.includes('/me request')) {
    return 'An application’s own token has no /me: name the user whose mailbox is meant.'
  }
  return Object.hasOwn(HINTS, code) ? HINTS[code] : undefined
}

/** Was it an application access policy that refused? It has no code of its own. */
export function isPolicyRefusal(code: string, message: string): boolean {
  return code === 'ErrorAccessDenied' && /access to odata is disabled/i.test(message)
}
