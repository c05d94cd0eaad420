import { XmlError } from '../../errors.ts'
import { type Element, findChild, findChildren, parseXml } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { ianaZone } from '../store/time-zones.ts'
import { EwsFault } from './errors.ts'
import { positionOf } from './positions.ts'
import { REQUEST_SCHEMA } from './request-schema.ts'
import { findViolation, inNamespace, type Violation } from './schema.ts'
import { element, elementWith, writeDocument, type XmlNode } from './writer.ts'

/** Versions a request may name, oldest first: the schema's, then those that only Exchange Online or clients know. */
const REQUEST_VERSIONS = [
  'Exchange2007',
  'Exchange2007_SP1',
  'Exchange2009',
  'Exchange2010',
  'Exchange2010_SP1',
  'Exchange2010_SP2',
  'Exchange2012',
  'Exchange2013',
  'Exchange2013_SP1',
  'Exchange2015',
  'Exchange2016',
  'V2015_10_05',
  'V2016_01_06',
  'V2016_04_13',
  'V2016_07_13',
  'V2016_10_10',
  'V2017_01_07',
  'V2017_04_14',
  'V2017_07_11',
  'V2017_10_09',
  'V2018_01_08',
  'Exchange2019',
] as const
export type RequestVersion = (typeof REQUEST_VERSIONS)[number]

/** What the simulator says it is: Exchange 2016. Some clients take `Version` as the version to use from then on. */
export const SERVER_VERSION = {
  MajorVersion: 15,
  MinorVersion: 1,
  MajorBuildNumber: 2507,
  MinorBuildNumber: 61,
  Version: 'Exchange2016',
} as const

/** Headers of the WSDL that are read, or may safely be ignored. */
const KNOWN_HEADERS = new Set([
  'RequestServerVersion',
  'ExchangeImpersonation',
  'MailboxCulture',
  'TimeZoneContext',
  'DateTimePrecision',
])

/** Headers that say as whom a request runs; at most one may be there, and only impersonation is modelled. */
const ACCESS_MODE_HEADERS = [
  'ExchangeImpersonation',
  'SerializedSecurityContext',
  'ProxySecurityContext',
  'OpenAsAdminOrSystemService',
]

const IMPERSONATION_IDENTIFIERS = ['PrincipalName', 'SID', 'PrimarySmtpAddress', 'SmtpAddress'] as const

/** Whom the ExchangeImpersonation header names. */
export interface ImpersonationTarget {
  readonly identifier: (typeof IMPERSONATION_IDENTIFIERS)[number]
  readonly value: string
}

export interface EwsRequest {
  /** The body's root: the operation's name is its name. */
  readonly body: Element
  /** Absent when the request does not say. */
  readonly version: RequestVersion | undefined
  readonly impersonation: ImpersonationTarget | undefined
  /** The IANA zone of the TimeZoneContext header: what a time without a zone means. */
  readonly zone: string | undefined
  /** Checks that the body's root is in this namespace. @throws EwsFault `ErrorSchemaValidation`. */
  requireNamespace(namespace: string): void
  /** Checks the body against this type of the schema. @throws EwsFault `ErrorSchemaValidation`. */
  validate(typeName: string): void
}

/** Is the version the request named at least this one? A request that names none is not. */
export function isAtLeast(version: RequestVersion | undefined, least: RequestVersion): boolean {
  return version !== undefined && REQUEST_VERSIONS.indexOf(version) >= REQUEST_VERSIONS.indexOf(least)
}

/** @throws EwsFault for whatever makes the request as a whole unusable. */
export function readEnvelope(text: string): EwsRequest {
  const root = parse(text)
  const fail = (violation: Violation): never => {
    const { line, column } = positionOf(text, root, violation.element)
    throw schemaFault(violation.message, line, column)
  }
  if (root.namespace === NAMESPACES.soap12) {
    throw schemaFault('EWS speaks SOAP 1.1; this envelope is SOAP 1.2.', 1, 1)
  }
  if (root.name !== 'Envelope' || root.namespace !== NAMESPACES.soap) {
    fail({ element: root, message: `The document is not a SOAP envelope.` })
  }
  const headers = findChild(root, 'Header', NAMESPACES.soap)?.children ?? []
  checkHeaders(headers)
  const version = readVersion(headers, fail)
  const impersonation = readImpersonation(headers, fail)
  const zone = readTimeZone(headers, fail)

  const contents = findChild(root, 'Body', NAMESPACES.soap)?.children ?? []
  const body = contents[0]
  // Documented for a request with a SOAPAction and nothing in its body.
  if (!body) throw new EwsFault('ErrorInvalidRequest')
  if (contents[1]) fail({ element: contents[1], message: 'A SOAP body holds one request.' })
  return {
    body,
    version,
    impersonation,
    zone,
    requireNamespace(namespace) {
      if (body.namespace === namespace) return
      fail({
        element: body,
        message: `The element 'Body' in namespace '${NAMESPACES.soap}' has invalid child element ${inNamespace(body)}. List of possible elements expected: '${body.name}' in namespace '${namespace}'.`,
      })
    },
    validate(typeName) {
      const violation = findViolation(REQUEST_SCHEMA, body, typeName)
      if (violation) fail(violation)
    },
  }
}

/** The answer around one body element, with the server's version. */
export function writeAnswer(body: XmlNode): string {
  return writeDocument(
    element(
      's:Envelope',
      element('s:Header', elementWith('h:ServerVersionInfo', SERVER_VERSION)),
      // Declared once at the top of the body, not again on every element that needs it.
      element('s:Body', { ...body, attributes: { ...body.attributes, 'xmlns:t': NAMESPACES.types } }),
    ),
  )
}

/** A fault, shaped as Exchange's; it has no ServerVersionInfo. */
export function writeFault(fault: EwsFault): string {
  const details = Object.entries(fault.details)
  return writeDocument(
    element(
      's:Envelope',
      element(
        's:Body',
        element(
          's:Fault',
          elementWith('faultcode', { 'xmlns:a': NAMESPACES.types }, `a:${fault.code}`),
          elementWith('faultstring', { 'xml:lang': 'en-US' }, fault.message),
          element(
            'detail',
            element('e:ResponseCode', fault.code),
            element('e:Message', fault.message),
            details.length === 0
              ? undefined
              : element(
                  't:MessageXml',
                  details.map(([name, value]) => element(`t:${name}`, value)),
                ),
          ),
        ),
      ),
    ),
  )
}

function parse(text: string): Element {
  try {
    return parseXml(text)
  } catch (error) {
    if (error instanceof XmlError) throw schemaFault(error.message, 1, 1)
    throw error
  }
}

function schemaFault(violation: string, line: number, column: number): EwsFault {
  return new EwsFault('ErrorSchemaValidation', {
    message: `The request failed schema validation: ${violation}`,
    details: { LineNumber: String(line), LinePosition: String(column), Violation: violation },
  })
}

function checkHeaders(headers: readonly Element[]): void {
  const names = headers.filter((header) => header.namespace === NAMESPACES.types).map((header) => header.name)
  if (new Set(names).size < names.length) throw new EwsFault('ErrorDuplicateSOAPHeader')
  const modes = names.filter((name) => ACCESS_MODE_HEADERS.includes(name))
  if (modes.length > 1) throw new EwsFault('ErrorMoreThanOneAccessModeSpecified')
  // What changes the meaning of a request must not be passed over in silence.
  const refused = headers.find(
    (header) =>
      (header.namespace === NAMESPACES.types &&
        (header.name === 'ManagementRole' ||
          (modes.includes(header.name) && !KNOWN_HEADERS.has(header.name)))) ||
      (/^(?:1|true)$/.test(header.attributes.mustUnderstand ?? '') &&
        !(header.namespace === NAMESPACES.types && KNOWN_HEADERS.has(header.name))),
  )
  if (refused) {
    throw new EwsFault('ErrorInvalidOperation', {
      message: `The SOAP header ${refused.name} is not modelled by this simulator.`,
    })
  }
}

function readVersion(
  headers: readonly Element[],
  fail: (violation: Violation) => never,
): RequestVersion | undefined {
  const header = headers.find((candidate) => isType(candidate, 'RequestServerVersion'))
  if (!header) return undefined
  const text = header.attributes.Version
  if (text === undefined)
    return fail({ element: header, message: "The required attribute 'Version' is missing." })
  const version = REQUEST_VERSIONS.find((known) => known === text)
  if (!version) throw new EwsFault('ErrorInvalidServerVersion')
  return version
}

function readImpersonation(
  headers: readonly Element[],
  fail: (violation: Violation) => never,
): ImpersonationTarget | undefined {
  const header = headers.find((candidate) => isType(candidate, 'ExchangeImpersonation'))
  if (!header) return undefined
  const violation = findViolation(REQUEST_SCHEMA, header, 'ExchangeImpersonationType')
  if (violation) fail(violation)
  const [connecting] = findChildren(header, 'ConnectingSID', NAMESPACES.types)
  const child = connecting?.children[0]
  const identifier = IMPERSONATION_IDENTIFIERS.find((name) => name === child?.name)
  if (!child || !identifier) throw new EwsFault('ErrorInvalidExchangeImpersonationHeaderData')
  return { identifier, value: child.text.trim() }
}

function readTimeZone(
  headers: readonly Element[],
  fail: (violation: Violation) => never,
): string | undefined {
  const header = headers.find((candidate) => isType(candidate, 'TimeZoneContext'))
  if (!header) return undefined
  const violation = findViolation(REQUEST_SCHEMA, header, 'TimeZoneContextType')
  if (violation) fail(violation)
  const id = findChild(header, 'TimeZoneDefinition', NAMESPACES.types)?.attributes.Id
  const zone = id === undefined ? undefined : ianaZone(id)
  // A zone of the caller's own making is not modelled.
  if (!zone) throw new EwsFault('ErrorTimeZone')
  return zone
}

function isType(candidate: Element, name: string): boolean {
  return candidate.name === name && candidate.namespace === NAMESPACES.types
}
