import { InvalidInputError } from '../errors.ts'
import { isSid, requireSmtpAddress } from '../model/user-ref.ts'
import { buildXml, type XmlWriter } from '../xml/builder.ts'
import type { Operation } from './operation.ts'
import { type ExchangeVersion, isAtLeast } from './versions.ts'

/**
 * The account a service account acts as; exactly one identifier (an `xs:choice` in the schema).
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/connectingsid
 */
export type Impersonation =
  | { readonly principalName: string }
  | { readonly sid: string }
  | { readonly primarySmtpAddress: string }
  | { readonly smtpAddress: string }

/** What goes into the SOAP header. */
export interface EnvelopeHeaders {
  readonly version: ExchangeVersion
  readonly impersonate?: Impersonation | undefined
  /** Culture in which the mailbox is opened, e.g. `en-US` (`xs:language`). */
  readonly mailboxCulture?: string | undefined
  /** Windows id of the zone for dates without one, e.g. `UTC` or `W. Europe Standard Time`. */
  readonly timeZone?: string | undefined
}

const ELEMENT_OF = {
  principalName: 't:PrincipalName',
  sid: 't:SID',
  primarySmtpAddress: 't:PrimarySmtpAddress',
  smtpAddress: 't:SmtpAddress',
} as const

/** The whole SOAP envelope of a request. */
export function buildEnvelope<Input>(
  operation: Operation<Input, unknown>,
  input: Input,
  headers: EnvelopeHeaders,
): string {
  if (!isAtLeast(headers.version, operation.since)) {
    throw new InvalidInputError(
      `${operation.name} needs ${operation.since} or later, not ${headers.version}.`,
    )
  }
  return buildXml('s:Envelope', (envelope) => {
    envelope.element('s:Header', (header) => writeHeaders(header, headers, operation.timeZoneContext))
    envelope.element('s:Body', (body) =>
      body.element(
        `m:${operation.name}`,
        (root) => operation.build(root, input),
        operation.attributes?.(input),
      ),
    )
  })
}

/**
 * Checks an impersonation; a plain address means `smtpAddress`, which is what the EWS Managed API sends to every
 * server since Exchange 2010.
 * @throws InvalidInputError for none, more than one or a malformed identifier.
 */
export function parseImpersonation(input: string | Impersonation): Impersonation {
  if (typeof input === 'string') return { smtpAddress: requireSmtpAddress(input, 'the impersonated user') }
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  const [name, value] = given[0] ?? []
  if (
    given.length !== 1 ||
    name === undefined ||
    !(name in ELEMENT_OF) ||
    typeof value !== 'string' ||
    value === ''
  ) {
    throw new InvalidInputError('An impersonated user is given by exactly one identifier.', {
      hint: 'Give one of principalName, sid, primarySmtpAddress or smtpAddress.',
    })
  }
  if (name === 'sid' && !isSid(value)) {
    throw new InvalidInputError(`The SID to impersonate ${JSON.stringify(value.slice(0, 80))} is malformed.`)
  }
  if (name !== 'sid') requireSmtpAddress(value, 'the impersonated user')
  return input
}

/** The value of `X-AnchorMailbox`: the impersonated address, or undefined where only a SID is known. */
export function anchorMailbox(impersonate: Impersonation | undefined): string | undefined {
  if (!impersonate || 'sid' in impersonate) return undefined
  const address = Object.values(impersonate)[0] as string
  // A header cannot carry anything else; the routing hint is then left out rather than mangled.
  return /^[\x21-\x7e]+$/.test(address) ? address : undefined
}

function writeHeaders(header: XmlWriter, headers: EnvelopeHeaders, timeZoneContext: boolean): void {
  header.element('t:RequestServerVersion', undefined, { Version: headers.version })
  const { impersonate, mailboxCulture, timeZone } = headers
  if (impersonate) {
    header.element('t:ExchangeImpersonation', (impersonation) =>
      impersonation.element('t:ConnectingSID', (sid) => {
        const [name, value] = Object.entries(impersonate)[0] as [keyof typeof ELEMENT_OF, string]
        sid.text(ELEMENT_OF[name], value)
      }),
    )
  }
  header.text('t:MailboxCulture', mailboxCulture)
  if (timeZone !== undefined && timeZoneContext) {
    header.element('t:TimeZoneContext', (context) =>
      context.element('t:TimeZoneDefinition', undefined, { Id: timeZone }),
    )
  }
}
