import { basename } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { ATTACHMENT_LIMIT, type AttachmentInput } from '../graph/attachment.ts'
import type { FollowUpFlag, InternetMessageHeader, MessageInput } from '../graph/message.ts'
import { needsDraft, REQUEST_LIMIT, type SendMailInput, type SendMimeInput } from '../graph/send-mail.ts'
import { readInputFile, readInputText } from './input-file.ts'
import type { Io } from './io.ts'
import { type MailFlagValues, MESSAGE_FLAGS } from './mail-flags.ts'

/** A mail as the command line describes it, and how it is to go. */
export type MailOrder =
  | { readonly way: 'at once'; readonly input: SendMailInput | SendMimeInput }
  /** Written as a draft, then sent. */
  | { readonly way: 'by draft'; readonly input: SendMailInput }
  /** Written as a draft, and left there. */
  | { readonly way: 'draft only'; readonly input: SendMailInput }

/**
 * Reads the flags of a mail, and the files they name. The client judges addresses, headers and sizes.
 * @param stdinTaken is standard input read for something else?
 * @throws InvalidInputError
 */
export async function readMail(io: Io, flags: MailFlagValues, stdinTaken: boolean): Promise<MailOrder> {
  requireOneReader(flags, stdinTaken)
  return flags.mime === undefined ? readMessage(io, flags) : readMime(io, flags, flags.mime)
}

async function readMime(io: Io, flags: MailFlagValues, path: string): Promise<MailOrder> {
  const others = Object.keys(MESSAGE_FLAGS).filter((name) => {
    const value = flags[name as keyof typeof MESSAGE_FLAGS]
    return Array.isArray(value) ? value.length > 0 : value !== undefined
  })
  if (others.length > 0) {
    const typed = others.map((name) => (name === 'save' && !flags.save ? '--no-save' : `--${name}`))
    throw new InvalidInputError(`--mime is the whole message; ${typed.join(', ')} cannot change it.`, {
      hint: 'Write it into the message, or leave --mime out.',
    })
  }
  const mime = await readInputFile(io, path, { what: 'the message', maxBytes: REQUEST_LIMIT })
  return { way: 'at once', input: { as: flags.as, mime } }
}

async function readMessage(io: Io, flags: MailFlagValues): Promise<MailOrder> {
  if (flags.body !== undefined && flags['body-file'] !== undefined) {
    throw new InvalidInputError('--body and --body-file are both given.', { hint: 'Give one of them.' })
  }
  if (flags.draft && flags['draft-only']) {
    throw new InvalidInputError('--draft and --draft-only are both given.', { hint: 'Give one of them.' })
  }
  const body =
    flags['body-file'] === undefined
      ? flags.body
      : await readInputText(io, flags['body-file'], { what: 'the body', maxBytes: REQUEST_LIMIT })
  const attachments = await readAttachments(io, flags)
  const flag = followUp(flags)
  const input: SendMailInput = {
    as: flags.as,
    from: flags.from,
    to: addresses(flags.to),
    cc: addresses(flags.cc),
    bcc: addresses(flags.bcc),
    replyTo: addresses(flags['reply-to']),
    subject: flags.subject,
    body: body === undefined ? undefined : { contentType: flags.html ? 'HTML' : 'Text', content: body },
    // The client checks it, in any case of letters.
    importance: flags.importance as MessageInput['importance'],
    internetMessageHeaders: flags.header.map(readHeader),
    mentions: addresses(flags.mention),
    ...(flag ? { flag } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    saveToSentItems: flags.save,
  }
  const way = flags['draft-only'] ? 'draft only' : flags.draft || needsDraft(input) ? 'by draft' : 'at once'
  if (way !== 'at once' && flags.save === false) {
    throw new InvalidInputError(
      way === 'draft only'
        ? '--no-save says what happens when the mail is sent, and --draft-only sends nothing.'
        : 'A draft that is sent always leaves a copy in Sent Items, so --no-save cannot be kept.',
      {
        hint:
          flags.draft || flags['draft-only']
            ? 'Leave one of them out.'
            : 'Attachments above 3 MB go by way of a draft.',
      },
    )
  }
  return { way, input }
}

/**
 * `a@contoso.com,b@contoso.com` is two; `"Vance, Adele" <adele@contoso.com>` is one, and so is a name with a comma
 * that somebody wrote without quotes.
 */
export function addresses(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const parts = (text.match(/(?:"[^"]*"|[^,;"]|"(?![^"]*"))+/g) ?? [])
      .map((part) => part.trim())
      .filter((part) => part !== '')
    const nameOfNext = parts.some((part, index) => !part.includes('@') && parts[index + 1]?.includes('<'))
    return parts.some((part) => part.includes('@')) && !nameOfNext ? parts : [text]
  })
}

async function readAttachments(io: Io, flags: MailFlagValues): Promise<AttachmentInput[]> {
  const attachments: AttachmentInput[] = []
  const read = (path: string) =>
    readInputFile(io, path, { what: 'the attachment', maxBytes: ATTACHMENT_LIMIT })
  for (const path of flags.attach) attachments.push({ name: basename(path), content: await read(path) })
  for (const text of flags.inline) {
    const [, contentId, path] = /^([^=\s]+)=(.+)$/s.exec(text) ?? []
    if (contentId === undefined || path === undefined) {
      throw new InvalidInputError(`${JSON.stringify(text.slice(0, 80))} is not ID=FILE.`, {
        hint: 'For <img src="cid:logo"> write --inline logo=logo.png.',
      })
    }
    attachments.push({ name: basename(path), content: await read(path), contentId, isInline: true })
  }
  return attachments
}

function readHeader(text: string): InternetMessageHeader {
  const colon = text.indexOf(':')
  if (colon > 0) return { name: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() }
  throw new InvalidInputError(`The header ${JSON.stringify(text.slice(0, 80))} has no colon.`, {
    hint: "Write --header 'x-name: text'.",
  })
}

function followUp({ flag, due }: MailFlagValues): FollowUpFlag | undefined {
  if (due === undefined) return flag ? { flagStatus: 'flagged' } : undefined
  const time = Date.parse(`${due}T00:00:00Z`)
  // A day that does not exist, such as the 31st of June, is taken for the next one by some.
  const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(due)
  if (!/^\d{4}-\d\d-\d\d$/.test(due) || !exists) {
    throw new InvalidInputError(`${JSON.stringify(due.slice(0, 40))} is not a day.`, {
      hint: 'Write year, month and day, such as --due 2026-12-24.',
    })
  }
  // Graph wants a start with a due date; for a whole day Outlook makes them the same.
  const day = { dateTime: `${due}T00:00:00`, timeZone: 'UTC' }
  return { flagStatus: 'flagged', startDateTime: day, dueDateTime: day }
}

function requireOneReader(flags: MailFlagValues, stdinTaken: boolean): void {
  if ([...flags.attach, ...flags.inline.map((text) => text.replace(/^.*?=/s, ''))].includes('-')) {
    throw new InvalidInputError('An attachment needs a name, so it cannot come from standard input.')
  }
  const readers = [flags.mime, flags['body-file']].filter((path) => path === '-').length
  if (readers + (stdinTaken ? 1 : 0) > 1) {
    throw new InvalidInputError('Two things are to come from standard input.', {
      hint: 'Take one of them from a file, or the token from GRAPH_TOKEN.',
    })
  }
}
