import { EwsDelegatesError } from '../errors.ts'
import type { Exchange } from './record.ts'
import { redactBody, redactHeaders, redactText, secretsOf } from './redact.ts'

interface NameValue {
  readonly name: string
  readonly value: string
}

/** An entry of a HAR 1.2 log, without secrets. */
export interface HarEntry {
  readonly startedDateTime: string
  /** Milliseconds. */
  readonly time: number
  readonly request: {
    readonly method: string
    readonly url: string
    readonly httpVersion: string
    readonly cookies: readonly NameValue[]
    readonly headers: readonly NameValue[]
    readonly queryString: readonly NameValue[]
    readonly postData?: { readonly mimeType: string; readonly text: string }
    readonly headersSize: -1
    readonly bodySize: number
  }
  readonly response: {
    readonly status: number
    readonly statusText: string
    readonly httpVersion: string
    readonly cookies: readonly NameValue[]
    readonly headers: readonly NameValue[]
    readonly content: { readonly size: number; readonly mimeType: string; readonly text: string }
    readonly redirectURL: string
    readonly headersSize: -1
    readonly bodySize: -1
    /** Why there is no answer; the status is then 0. */
    readonly _error?: string
  }
  readonly cache: Record<string, never>
  readonly timings: { readonly send: 0; readonly wait: number; readonly receive: 0 }
}

/**
 * One exchange as browsers' network tools show it, without secrets: cookies are left out, credentials are named
 * but not shown.
 * @see https://w3c.github.io/web-performance/specs/HAR/Overview.html
 */
export function harEntry(exchange: Exchange): HarEntry {
  const { request, response, error, startedAt, milliseconds } = exchange
  const secrets = secretsOf(request)
  const clean = (text: string) => redactText(text, secrets)
  const pairs = (headers: Readonly<Record<string, string>>) =>
    redactHeaders(headers, secrets).map(([name, value]) => ({ name, value }))
  const body = redactBody(request.body, secrets)
  const url = clean(request.url)
  return {
    startedDateTime: new Date(startedAt).toISOString(),
    time: milliseconds,
    request: {
      method: request.method,
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: pairs(request.headers),
      queryString: URL.canParse(url)
        ? [...new URL(url).searchParams].map(([name, value]) => ({ name, value }))
        : [],
      ...(body === undefined
        ? {}
        : { postData: { mimeType: headerOf(request.headers, 'content-type'), text: body } }),
      headersSize: -1,
      bodySize: sizeOf(request.body),
    },
    response: {
      status: response?.status ?? 0,
      statusText: clean(response?.statusText ?? ''),
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: pairs(response?.headers ?? {}),
      content: {
        size: sizeOf(response?.body),
        mimeType: headerOf(response?.headers ?? {}, 'content-type'),
        text: clean(response?.body ?? ''),
      },
      redirectURL: clean(response?.headers.location ?? ''),
      headersSize: -1,
      bodySize: -1,
      ...(response ? {} : { _error: clean(describe(error)) }),
    },
    cache: {},
    timings: { send: 0, wait: milliseconds, receive: 0 },
  }
}

/** Writes a HAR file as exchanges happen, so that a long run needs no memory for it. */
export interface HarWriter {
  /** Also for `recorded(transport, writer.add)`. */
  readonly add: (exchange: Exchange) => void
  /** Writes the end of the file, which is not JSON before. What is added afterwards is left out. */
  readonly end: () => void
}

/**
 * @param write takes the file's text, piece by piece.
 * @param creator who made it, e.g. `{ name: 'ews-delegates', version: '1.0.0' }`.
 */
export function harWriter(
  write: (text: string) => void,
  creator: { readonly name: string; readonly version: string },
): HarWriter {
  let entries = 0
  let ended = false
  write(`{"log":{"version":"1.2","creator":${JSON.stringify(creator)},"entries":[`)
  return {
    add(exchange) {
      if (ended) return
      write(`${entries++ === 0 ? '' : ','}\n${JSON.stringify(harEntry(exchange))}`)
    },
    end() {
      if (ended) return
      ended = true
      write('\n]}}\n')
    },
  }
}

function headerOf(headers: Readonly<Record<string, string>>, name: string): string {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
}

function sizeOf(body: string | Uint8Array | undefined): number {
  if (body === undefined) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

function describe(error: unknown): string {
  if (error instanceof EwsDelegatesError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
