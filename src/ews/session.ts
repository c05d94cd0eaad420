import { randomUUID } from 'node:crypto'
import type { Authenticator } from '../auth/authenticator.ts'
import { EwsDelegatesError, InvalidInputError, XmlError } from '../errors.ts'
import { fetchTransport } from '../http/fetch-transport.ts'
import { formatRequest, formatResponse } from '../http/redact.ts'
import { requireSafeUrl } from '../http/safe-url.ts'
import type { HttpRequest, Trace, Transport } from '../http/transport.ts'
import { DEFAULT_MAX_LENGTH } from '../xml/element.ts'
import { classifyHttp } from './classify.ts'
import {
  anchorMailbox,
  buildEnvelope,
  type EnvelopeHeaders,
  type Impersonation,
  parseImpersonation,
} from './envelope.ts'
import type { Operation } from './operation.ts'
import { readEnvelope, requireResponseRoot } from './response.ts'
import { DEFAULT_VERSION, type ExchangeVersion, parseVersion, type ServerVersion } from './versions.ts'

export interface EwsSessionOptions {
  /** The EWS endpoint, usually `https://<host>/EWS/Exchange.asmx`. */
  readonly url: string
  /** E.g. `basic({ user, password })` or `bearer(token)`. */
  readonly auth: Authenticator
  /** `RequestServerVersion`. Default `Exchange2013_SP1`. */
  readonly version?: ExchangeVersion
  /** Acts as this mailbox; an address, or one of the four identifiers. */
  readonly impersonate?: string | Impersonation
  /** Culture in which mailboxes are opened, e.g. `en-US`. Default: the server's. */
  readonly mailboxCulture?: string
  /** Windows time zone id for dates without a zone, e.g. `UTC`. Default: none is sent. */
  readonly timeZone?: string
  /** Milliseconds per call. Default 100 000, as in the EWS Managed API. */
  readonly timeoutMs?: number
  /** Longest answer that is read, in bytes. Default 32 MiB. */
  readonly maxResponseBytes?: number
  readonly userAgent?: string
  /** Lets `http:` addresses other than loopback pass, although credentials then travel in the clear. Default false. */
  readonly allowPlainHttp?: boolean
  /** Default: Node's `fetch`. */
  readonly transport?: Transport
  /** Shown every request and answer, secrets taken out. */
  readonly trace?: Trace
  /** Stops waiting calls. */
  readonly signal?: AbortSignal
}

/**
 * Who calls which server, and how one operation gets there and back. What the operations mean is the client's
 * business; see `client.ts`.
 */
export class EwsSession {
  /** What the server last said of itself; undefined before the first answer. */
  serverVersion: ServerVersion | undefined
  readonly #options: EwsSessionOptions
  readonly #headers: EnvelopeHeaders
  readonly #transport: Transport

  /** @throws InvalidInputError for an address that is not http(s), or plain http to another machine. */
  constructor(options: EwsSessionOptions) {
    requireSafeUrl(options.url, options.allowPlainHttp ?? false)
    this.#options = options
    this.#transport = options.transport ?? fetchTransport
    this.#headers = {
      version: options.version === undefined ? DEFAULT_VERSION : parseVersion(options.version),
      impersonate: options.impersonate === undefined ? undefined : parseImpersonation(options.impersonate),
      mailboxCulture:
        options.mailboxCulture === undefined ? undefined : requireCulture(options.mailboxCulture),
      timeZone: options.timeZone,
    }
  }

  /** The SOAP envelope that {@link call} would send. Nothing is sent. */
  render<Input>(operation: Operation<Input, unknown>, input: Input): string {
    return buildEnvelope(operation, input, this.#headers)
  }

  /** Sends one operation and reads its answer; the door for operations of your own. */
  async call<Input, Output>(operation: Operation<Input, Output>, input: Input): Promise<Output> {
    const { auth, url, trace, maxResponseBytes = DEFAULT_MAX_LENGTH } = this.#options
    const anchor = anchorMailbox(this.#headers.impersonate)
    const request: HttpRequest = {
      url,
      method: 'POST',
      headers: {
        'content-type': 'text/xml; charset=utf-8',
        accept: 'text/xml',
        'accept-encoding': 'gzip',
        'user-agent': this.#options.userAgent ?? 'ews-delegates',
        soapaction: `"http://schemas.microsoft.com/exchange/services/2006/messages/${operation.name}"`,
        'client-request-id': randomUUID(),
        'return-client-request-id': 'true',
        ...(anchor === undefined ? {} : { 'x-anchormailbox': anchor }),
        authorization: await auth.authorization(),
      },
      body: this.render(operation, input),
      timeoutMs: this.#options.timeoutMs ?? 100_000,
      maxResponseBytes,
      ...(this.#options.signal ? { signal: this.#options.signal } : {}),
    }
    trace?.({ direction: 'request', text: formatRequest(request) })
    try {
      const response = await this.#transport(request)
      trace?.({ direction: 'response', text: formatResponse(response) })
      const failure = classifyHttp(response, url)
      if (failure) throw failure
      const answer = readEnvelope(response.body, response.status, maxResponseBytes)
      this.serverVersion = answer.serverVersion ?? this.serverVersion
      return operation.parse(requireResponseRoot(answer.root, operation.name), input)
    } catch (error) {
      throw withDoubt(error, operation)
    }
  }
}

/**
 * A transport does not know what it carries. A read cannot have changed anything; a write whose answer could not
 * be read may have.
 */
function withDoubt(error: unknown, operation: Operation<never, unknown>): unknown {
  if (!(error instanceof EwsDelegatesError)) return error
  const doubt = operation.retry === 'check-first' && (error.mayHaveHappened || error instanceof XmlError)
  // The error keeps its class and stack, which a copy would lose.
  if (doubt !== error.mayHaveHappened)
    Object.defineProperty(error, 'mayHaveHappened', { value: doubt, enumerable: true })
  return error
}

function requireCulture(text: string): string {
  if (/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(text)) return text
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not a culture.`, {
    hint: 'A culture looks like en-US.',
  })
}
