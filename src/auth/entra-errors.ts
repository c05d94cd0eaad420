/**
 * What an administrator can do about an error of the token endpoint. The text beside the number changes, the number
 * does not.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const REMEDIES: Readonly<Record<string, string>> = {
  AADSTS50011:
    'Register the redirect address http://localhost under “Mobile and desktop applications” of the app registration.',
  AADSTS50034: 'The user does not exist in this tenant; check the address and the tenant.',
  AADSTS50053: 'The account is locked after too many wrong attempts; wait, or unlock it.',
  AADSTS50057: 'The account is disabled.',
  AADSTS50058: 'Sign in again: ews-delegates login',
  AADSTS50076: 'Multi-factor authentication is asked for: sign in with a browser or a device code.',
  AADSTS50079: 'Multi-factor authentication has to be set up for this account first.',
  AADSTS50105: 'The application demands an assignment: add the user to it under Enterprise applications.',
  AADSTS50126: 'User name or password are wrong.',
  AADSTS53003: 'A Conditional Access policy forbids this sign-in; the sign-in log of Entra names the policy.',
  AADSTS65001:
    'Nobody has consented to these permissions: an administrator grants consent under API permissions of the app registration.',
  AADSTS70011: 'The scope does not exist for this application.',
  AADSTS70043: 'The sign-in has expired by policy. Sign in again: ews-delegates login',
  AADSTS700016:
    'The application is not known in this tenant: check the client id and the tenant, or grant consent once so that it is added.',
  AADSTS700027:
    'The certificate is not the one registered: compare its thumbprint with Certificates & secrets of the app registration.',
  AADSTS700082: 'The sign-in has not been used for too long. Sign in again: ews-delegates login',
  AADSTS7000112:
    'The application is disabled in this tenant (Enterprise applications, Enabled for users to sign in).',
  AADSTS7000215: 'The client secret is wrong: give its value, not its id.',
  AADSTS7000216: 'The client secret is missing.',
  AADSTS7000218:
    'The app registration does not allow public clients: turn on “Allow public client flows” under Authentication, or sign in with a secret or certificate.',
  AADSTS7000222: 'The client secret has expired: make a new one under Certificates & secrets.',
  AADSTS90002: 'The tenant does not exist in this cloud: check its name, and the cloud.',
  AADSTS500011:
    'The service is not known in this tenant: check the cloud, and that Exchange Online is part of the tenant.',
  AADSTS900382: 'The tenant belongs to another national cloud: name it.',
  AADSTS900439: 'The tenant belongs to another national cloud: name it.',
  AADSTS1002012: 'An application asks for /.default and nothing else.',
}

/** The number of an Entra error, e.g. `AADSTS7000215`, and what to do about it. */
export function explainEntraError(text: string): {
  readonly code: string | undefined
  readonly hint: string | undefined
} {
  const code = /\bAADSTS\d+\b/.exec(text)?.[0]
  return { code, hint: code !== undefined && Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined }
}
