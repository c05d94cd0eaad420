import { InvalidInputError } from '../errors.ts'
import type { JsonObject } from './request.ts'

/** A file to attach. */
export interface AttachmentInput {
  readonly name: string
  readonly content: Uint8Array
  /** E.g. `text/plain`. Default: the service guesses from the name. */
  readonly contentType?: string | undefined
  /** Shown within an HTML body that refers to it by {@link contentId}. Default false. */
  readonly isInline?: boolean | undefined
  /** What `cid:` in the body refers to. */
  readonly contentId?: string | undefined
}

/** From this size on a file needs an upload session. */
export const INLINE_LIMIT = 3_000_000
/** Larger files are refused by Outlook. */
export const ATTACHMENT_LIMIT = 150_000_000

/** @throws InvalidInputError for a name or type that no header can carry, and for files that are too large. */
export function checkAttachment(input: AttachmentInput): AttachmentInput {
  if (typeof input.name !== 'string' || input.name.trim() === '' || /\p{Cc}/u.test(input.name)) {
    throw new InvalidInputError('An attachment has no name, or one with a control character.')
  }
  if (!(input.content instanceof Uint8Array)) {
    throw new InvalidInputError(`The content of the attachment ${JSON.stringify(input.name)} is not bytes.`)
  }
  if (
    input.contentType !== undefined &&
    !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[^\p{Cc}]*)?$/u.test(input.contentType)
  ) {
    throw new InvalidInputError(`${JSON.stringify(input.contentType.slice(0, 80))} is not a media type.`, {
      hint: 'A media type looks like application/pdf.',
    })
  }
  if (input.contentId !== undefined && !/^[^\s<>\p{Cc}]{1,200}$/u.test(input.contentId)) {
    throw new InvalidInputError(`The content id of ${JSON.stringify(input.name)} is empty or malformed.`)
  }
  if (input.content.byteLength > ATTACHMENT_LIMIT) {
    throw new InvalidInputError(
      `${JSON.stringify(input.name)} has ${megabytes(input.content.byteLength)}, and Outlook takes 150 MB at most.`,
      { hint: 'Send a link to the file instead.' },
    )
  }
  return input
}

/** @see https://learn.microsoft.com/graph/api/resources/fileattachment */
export function buildFileAttachment(input: AttachmentInput): JsonObject {
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    name: input.name,
    ...describeFile(input),
    contentBytes: Buffer.from(input.content).toString('base64'),
  }
}

/** @see https://learn.microsoft.com/graph/api/resources/attachmentitem */
export function buildAttachmentItem(input: AttachmentInput): JsonObject {
  return { attachmentType: 'file', name: input.name, size: input.content.byteLength, ...describeFile(input) }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

function describeFile(input: AttachmentInput): JsonObject {
  return {
    ...(input.contentType === undefined ? {} : { contentType: input.contentType }),
    ...(input.isInline === undefined ? {} : { isInline: input.isInline }),
    ...(input.contentId === undefined ? {} : { contentId: input.contentId }),
  }
}
