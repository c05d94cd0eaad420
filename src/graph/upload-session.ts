import { ConnectionError, EwsDelegatesError, GraphResponseError } from '../errors.ts'
import type { HttpResponse } from '../http/transport.ts'
import { type AttachmentInput, buildAttachmentItem } from './attachment.ts'
import { parseJson } from './classify.ts'
import type { GraphRequest } from './request.ts'

/**
 * A range may have 4 MB at most; this is twelve times 320 KiB, the grain that upload sessions of Graph share.
 * @see https://learn.microsoft.com/graph/outlook-large-attachments
 */
export const RANGE_BYTES = 12 * 320 * 1024

/** Where Outlook takes uploads, in the clouds there are. */
const UPLOAD_HOSTS: ReadonlySet<string> = new Set([
  'outlook.office.com',
  'outlook.office365.com',
  'outlook.cloud.microsoft',
  'outlook.office365.us',
  'outlook-dod.office365.us',
  'webmail.apps.mil',
  'partner.outlook.cn',
  'outlook.office365.cn',
])

/** @param path of the draft's attachments. */
export function prepareUploadSession(path: string, attachment: AttachmentInput): GraphRequest {
  return {
    method: 'POST',
    path: `${path}/createUploadSession`,
    headers: { 'content-type': 'application/json' },
    body: { AttachmentItem: buildAttachmentItem(attachment) },
  }
}

/**
 * Reads where to upload to. The file would go to whatever host an answer names, so the host is checked: one of
 * Outlook's over https, or the very server that was asked.
 */
export function readUploadSession(answer: unknown, root: URL): { uploadUrl: string } {
  const uploadUrl = (answer as { uploadUrl?: unknown } | null | undefined)?.uploadUrl
  if (typeof uploadUrl !== 'string' || !URL.canParse(uploadUrl)) {
    throw new ConnectionError('ERR_INVALID_RESPONSE', 'Graph answered no address to upload to.')
  }
  const url = new URL(uploadUrl)
  const outlook = url.protocol === 'https:' && url.port === '' && UPLOAD_HOSTS.has(url.hostname)
  if ((outlook || url.origin === root.origin) && url.username === '' && url.password === '')
    return { uploadUrl }
  throw new ConnectionError(
    'ERR_INVALID_RESPONSE',
    `The upload would go to ${url.origin}, which is not one of Outlook’s addresses; nothing was sent there.`,
    { hint: 'A proxy may stand between that rewrites answers.' },
  )
}

/** What an upload session can be asked; all of it throws when it is refused. */
export interface Upload {
  /** Sends one range, once. */
  readonly put: (
    headers: Readonly<Record<string, string>>,
    range: Uint8Array<ArrayBuffer>,
  ) => Promise<HttpResponse>
  /** Where the server wants to go on. */
  readonly progress: () => Promise<HttpResponse>
  /**
   * Lets the next request wait.
   * @param milliseconds as the server asked; undefined when it did not.
   * @param losses how many answers were lost in a row.
   * @returns false when that is longer than the caller wants to wait.
   */
  readonly wait: (milliseconds: number | undefined, losses: number) => boolean
}

/** How often an answer may be lost without a byte getting further. */
const MOST_LOSSES = 4

/**
 * Sends a file range by range, from where the server says it wants to go on.
 *
 * A range whose answer was lost may have arrived, and ranges that come twice are refused: so the server is asked how
 * far it has come before anything is sent again.
 * @see https://learn.microsoft.com/graph/outlook-large-attachments
 */
export async function uploadRanges(content: Uint8Array, upload: Upload): Promise<void> {
  const size = content.byteLength
  let losses = 0
  for (let start = 0; ; ) {
    const end = Math.min(start + RANGE_BYTES, size)
    const headers = {
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${start}-${end - 1}/${size}`,
    }
    let response: HttpResponse
    try {
      response = await upload.put(headers, new Uint8Array(content.subarray(start, end)))
    } catch (error) {
      const next = await afterLoss(error, upload, ++losses)
      // The session is over when it has everything; then nobody knows whether the file is attached.
      if (next === undefined || next < start || next > end || next >= size) throw error
      if (next > start) losses = 0
      start = next
      continue
    }
    losses = 0
    // 201 with a Location, and no body: the file is attached. It cannot be while bytes are missing.
    if (response.status === 201 && end === size) return
    const next = response.status === 201 ? undefined : nextStart(response)
    // Backwards would go on forever; beyond what was sent nothing can be wanted, nor beyond the end.
    if (next === undefined || next <= start || next > end || next >= size) {
      throw new ConnectionError('ERR_INVALID_RESPONSE', 'The upload did not go on as upload sessions do.', {
        httpStatus: response.status,
        mayHaveHappened: true,
      })
    }
    start = next
  }
}

/** Where to go on after an answer that was lost; undefined when that is not known, or it was a refusal. */
async function afterLoss(error: unknown, upload: Upload, losses: number): Promise<number | undefined> {
  if (!(error instanceof EwsDelegatesError) || !error.mayHaveHappened || losses > MOST_LOSSES)
    return undefined
  if (!upload.wait(askedToWait(error), losses)) return undefined
  return upload.progress().then(nextStart, () => undefined)
}

function askedToWait(error: EwsDelegatesError): number | undefined {
  if (error instanceof ConnectionError) return error.backOffMilliseconds
  const seconds = error instanceof GraphResponseError ? error.retryAfterSeconds : undefined
  return seconds === undefined ? undefined : seconds * 1000
}

/** `{"nextExpectedRanges":["3932160"]}`, or `"3932160-"`, as the documents have it in other places. */
function nextStart(response: HttpResponse): number | undefined {
  const json = parseJson(response.body) as { nextExpectedRanges?: unknown } | null | undefined
  const ranges =
    json?.nextExpectedRanges ?? (json as { NextExpectedRanges?: unknown } | null)?.NextExpectedRanges
  const first: unknown = Array.isArray(ranges) ? ranges[0] : undefined
  const digits = typeof first === 'string' ? /^(\d{1,12})(?:-\d*)?$/.exec(first)?.[1] : undefined
  return digits === undefined ? undefined : Number(digits)
}
