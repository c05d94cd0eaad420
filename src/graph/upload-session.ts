import { ConnectionError } from '../errors.ts'
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

/**
 * Sends a file range by range, from where the server says it wants to go on.
 * @param put sends one range and throws when it is refused.
 */
export async function uploadRanges(
  content: Uint8Array,
  put: (headers: Readonly<Record<string, string>>, range: Uint8Array<ArrayBuffer>) => Promise<HttpResponse>,
): Promise<void> {
  const size = content.byteLength
  for (let start = 0; ; ) {
    const end = Math.min(start + RANGE_BYTES, size)
    const headers = {
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${start}-${end - 1}/${size}`,
    }
    const response = await put(headers, new Uint8Array(content.subarray(start, end)))
    // 201 with a Location, and no body: the file is attached.
    if (response.status === 201) return
    const next = nextStart(response)
    // Backwards would go on forever; beyond the end there is nothing to send.
    if (next === undefined || next <= start || next >= size) {
      throw new ConnectionError('ERR_INVALID_RESPONSE', 'The upload did not go on as upload sessions do.', {
        httpStatus: response.status,
        mayHaveHappened: true,
      })
    }
    start = next
  }
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
