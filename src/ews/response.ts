import { EwsResponseError, XmlError } from '../errors.ts'
import { childText, type Element, findChild, parseXml, requireChild } from '../xml/element.ts'
import { NAMESPACES } from '../xml/namespaces.ts'
import type { Refusal } from './operation.ts'
import { hintFor, itemHintFor } from './response-codes.ts'
import type { ServerVersion } from './versions.ts'

/** A SOAP answer that is not a fault. */
export interface SoapAnswer {
  /** The one element in the body. */
  readonly root: Element
  readonly serverVersion: ServerVersion | undefined
}

/** What every response message starts with. */
export interface ResponseStatus {
  readonly ok: boolean
  readonly code: string
  readonly message: string
  readonly messageXml: Readonly<Record<string, string>>
}

/**
 * Reads an answer: SOAP 1.1, or 1.2 as some servers use for faults.
 *
 * @param httpStatus for the error; a fault is a fault under any status, because some servers send it with 200.
 * @param clean takes secrets out of what the server says of a refusal, where it may show back what it was sent. Data
 *   is not touched.
 * @throws EwsResponseError for a fault; XmlError when it is not a SOAP envelope.
 */
export function readEnvelope(
  xml: string,
  httpStatus: number,
  maxLength?: number,
  clean: (text: string) => string = (text) => text,
): SoapAnswer {
  const envelope = parseXml(xml, maxLength === undefined ? {} : { maxLength })
  if (envelope.name !== 'Envelope' || !isSoap(envelope.namespace)) {
    throw new XmlError(
      'ERR_INVALID_RESPONSE',
      `The answer is not a SOAP envelope: its root is <${envelope.name}> in the namespace "${envelope.namespace}".`,
    )
  }
  const body = requireChild(envelope, 'Body', envelope.namespace)
  const fault = findChild(body, 'Fault', envelope.namespace)
  if (fault) throw readFault(cleanTexts(fault, clean), httpStatus)
  const [root] = body.children
  if (!root) throw new XmlError('ERR_INVALID_RESPONSE', 'The SOAP body is empty.')
  const header = findChild(envelope, 'Header', envelope.namespace)
  return { root: cleanRefusals(root, clean), serverVersion: header && readServerVersion(header) }
}

/** Checks that the answer is to the question. */
export function requireResponseRoot(root: Element, operation: string): Element {
  if (root.name !== `${operation}Response` || root.namespace !== NAMESPACES.messages) {
    throw new XmlError('ERR_INVALID_RESPONSE', `The server answered <${root.name}> to ${operation}.`)
  }
  return root
}

/**
 * Reads class, code and text of a response message, in any order, since some servers put MessageText after the code.
 *
 * A code other than NoError is a refusal under any class. Microsoft describes a warning as a request that was not
 * processed, so Warning is one unless the code says NoError.
 * @throws XmlError when neither class nor code is there: it then does not say whether it succeeded.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 */
export function readStatus(message: Element): ResponseStatus {
  const responseClass = message.attributes.ResponseClass
  const code = childText(message, 'ResponseCode') || (responseClass === 'Success' ? 'NoError' : responseClass)
  if (!code) {
    throw new XmlError('ERR_INVALID_RESPONSE', `<${message.name}> does not say whether it succeeded.`)
  }
  const ok = code === 'NoError' && responseClass !== 'Error'
  return {
    ok,
    code,
    message: childText(message, 'MessageText') || (ok ? '' : code),
    messageXml: readMessageXml(message),
  }
}

/** The same as an outcome of one member of a batch. */
export function refusalOf(status: ResponseStatus): Refusal & { readonly ok: false } {
  return { ok: false, code: status.code, message: status.message }
}

/** The same as an error, for an answer with one member or a refused root. */
export function errorOf(
  status: ResponseStatus,
  level: 'response' | 'item',
  mayHaveHappened = false,
): EwsResponseError {
  return new EwsResponseError(withCode(status.message, status.code), {
    responseCode: status.code,
    level,
    messageXml: status.messageXml,
    backOffMilliseconds: backOff(status.messageXml),
    hint: level === 'item' ? itemHintFor(status.code) : hintFor(status.code),
    mayHaveHappened,
  })
}

/**
 * The members of `m:ResponseMessages`, whatever they are called.
 * Absent means none, and so does an empty one, which is against the schema but has been seen.
 */
export function responseMessages(root: Element): readonly Element[] {
  return findChild(root, 'ResponseMessages')?.children ?? []
}

/** The parts of a response message that {@link readStatus} reads. */
const STATUS_PARTS: ReadonlySet<string> = new Set(['MessageText', 'ResponseCode', 'MessageXml'])
/**
 * Published codes are letters alone. A password that is a word of one must not make another code of it, and would
 * stand out by its absence.
 */
const PUBLISHED_CODE = /^\s*(?:[a-z]{1,3}:)?(?:NoError|Error[A-Za-z]+)\s*$/

/** What is looked for by name, in a refusal or a fault. */
const OUR_WORDS: ReadonlySet<string> = new Set([
  ...STATUS_PARTS,
  ...['Success', 'Warning', 'Error', 'BackOffMilliseconds', 'InnerErrorResponseCode', 'Violation'],
  ...['Fault', 'faultcode', 'faultstring', 'detail', 'Detail', 'Message'],
  ...['Code', 'Subcode', 'Value', 'Reason', 'Text'],
])

function cleanRefusals(message: Element, clean: (text: string) => string): Element {
  const isRefusal =
    message.attributes.ResponseClass !== 'Success' ||
    (childText(message, 'ResponseCode') || 'NoError') !== 'NoError'
  const children = message.children.map((child) => {
    if (child.name === 'ResponseMessages')
      return { ...child, children: child.children.map((member) => cleanRefusals(member, clean)) }
    return isRefusal && STATUS_PARTS.has(child.name) ? cleanTexts(child, clean) : child
  })
  return {
    ...message,
    attributes: isRefusal ? cleanValues(message.attributes, clean) : message.attributes,
    children,
  }
}

function cleanTexts(element: Element, clean: (text: string) => string): Element {
  const isPublic = PUBLISHED_CODE.test(element.text) || nameOfValue(element) === 'BackOffMilliseconds'
  return {
    ...element,
    name: OUR_WORDS.has(element.name) ? element.name : clean(element.name),
    attributes: cleanValues(element.attributes, clean),
    children: element.children.map((child) => cleanTexts(child, clean)),
    text: isPublic ? element.text : clean(element.text),
  }
}

function cleanValues(
  attributes: Readonly<Record<string, string>>,
  clean: (text: string) => string,
): Readonly<Record<string, string>> {
  const isPublic = (value: string) => PUBLISHED_CODE.test(value) || OUR_WORDS.has(value)
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, isPublic(value) ? value : clean(value)]),
  )
}

function readFault(fault: Element, httpStatus: number): EwsResponseError {
  const detail = findChild(fault, 'detail') ?? findChild(fault, 'Detail')
  // detail/ResponseCode is the code proper; faultcode repeats it as a QName in most answers, and is all there is
  // in some. SOAP 1.2 nests it in Code/Subcode/Value.
  const soap12Code = findChild(fault, 'Code')
  const subcode = soap12Code && findChild(soap12Code, 'Subcode')
  const code =
    (detail && childText(detail, 'ResponseCode')) ||
    localPart(
      childText(fault, 'faultcode') ?? (childText(subcode ?? soap12Code ?? fault, 'Value') || 'Fault'),
    )
  const reason = findChild(fault, 'Reason')
  const text =
    (detail && childText(detail, 'Message')) ||
    childText(fault, 'faultstring') ||
    (reason && childText(reason, 'Text')) ||
    'The server refused the request.'
  const messageXml = detail ? readMessageXml(detail) : {}
  return new EwsResponseError(withCode(withViolation(text, messageXml), code), {
    responseCode: code,
    level: 'fault',
    messageXml,
    backOffMilliseconds: backOff(messageXml),
    httpStatus,
    hint: hintFor(code),
  })
}

/** `Value/@Name` pairs or plain elements; matched by local name, as it comes in the types or the errors namespace. */
function readMessageXml(parent: Element): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const child of findChild(parent, 'MessageXml')?.children ?? []) {
    values[nameOfValue(child)] = child.text.trim()
  }
  return values
}

function nameOfValue(child: Element): string {
  return (child.name === 'Value' && child.attributes.Name) || child.name
}

function readServerVersion(header: Element): ServerVersion | undefined {
  const info = findChild(header, 'ServerVersionInfo')
  if (!info) return undefined
  const { MajorVersion, MinorVersion, MajorBuildNumber, MinorBuildNumber, Version } = info.attributes
  const version: { -readonly [Part in keyof ServerVersion]: ServerVersion[Part] } = {}
  const number = (name: 'major' | 'minor' | 'majorBuild' | 'minorBuild', text: string | undefined) => {
    if (text !== undefined && /^\d{1,9}$/.test(text)) version[name] = Number(text)
  }
  number('major', MajorVersion)
  number('minor', MinorVersion)
  number('majorBuild', MajorBuildNumber)
  number('minorBuild', MinorBuildNumber)
  if (Version !== undefined) version.version = Version
  return version
}

function isSoap(namespace: string): boolean {
  return namespace === NAMESPACES.soap || namespace === NAMESPACES.soap12
}

function localPart(qualifiedName: string): string {
  return qualifiedName.slice(qualifiedName.lastIndexOf(':') + 1)
}

function withCode(text: string, code: string): string {
  return text.includes(code) ? text : `${text.replace(/[.\s]+$/, '')} (${code}).`
}

function withViolation(text: string, messageXml: Readonly<Record<string, string>>): string {
  const violation = messageXml.Violation
  return violation && !text.includes(violation) ? `${text} ${violation}` : text
}

function backOff(messageXml: Readonly<Record<string, string>>): number | undefined {
  const text = messageXml.BackOffMilliseconds
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
