import { ConnectionError, EwsDelegatesError, InvalidInputError } from '../errors.ts'
import type { Clock } from '../http/clock.ts'
import { type AttachmentInput, buildFileAttachment, checkAttachment, INLINE_LIMIT } from './attachment.ts'
import { type BatchOutcome, type BatchRequest, BatchRun } from './batch.ts'
import { readRequestId } from './classify.ts'
import { type MailFolder, readMailFolder } from './mail-folder.ts'
import {
  buildMessage,
  checkMessage,
  type GraphMessage,
  type MessageInput,
  readMessage,
  requireRecipients,
} from './message.ts'
import {
  type GraphRequest,
  type GraphVersion,
  idSegment,
  type MailboxInput,
  mailboxOfPath,
  mailboxPath,
  odataQuery,
} from './request.ts'
import { fitsInline, prepareSendMail, type SendMailInput, type SendMimeInput } from './send-mail.ts'
import {
  backOff,
  type GraphAnswer,
  GraphSession,
  type GraphSessionOptions,
  MOST_ATTEMPTS,
  type SignedIn,
} from './session.ts'
import { prepareUploadSession, readUploadSession, type Upload, uploadRanges } from './upload-session.ts'

export type GraphClientOptions = GraphSessionOptions

/** What Graph says when it has accepted something. */
export interface Accepted {
  /** For questions to Microsoft. */
  readonly requestId?: string
}

/** Which mailbox a call goes to. */
export interface MailboxOptions {
  /** `/me` (default), or a user's id or principal name. */
  readonly as?: MailboxInput | undefined
}

export interface ReadOptions extends MailboxOptions {
  /** Only these properties, as Graph names them. */
  readonly select?: readonly string[] | undefined
}

export interface ListMessagesOptions extends ReadOptions {
  /** A well-known name such as `sentitems`, or an id. Default: the whole mailbox. */
  readonly folder?: string | undefined
  /** An OData expression, e.g. `subject eq 'Lunch'`; see {@link odataText}. */
  readonly filter?: string | undefined
  /** E.g. `receivedDateTime desc`. */
  readonly orderBy?: string | undefined
  /** How many at most. Default 50. */
  readonly limit?: number | undefined
}

export interface ListFoldersOptions extends MailboxOptions {
  /** Its sub-folders; a well-known name or an id. Default: the topmost folders. */
  readonly parent?: string | undefined
  /** How many at most. Default 200. */
  readonly limit?: number | undefined
}

/**
 * A client of Microsoft Graph for mail.
 *
 * Every method throws `InvalidInputError` before anything is sent when the arguments cannot be right;
 * `GraphResponseError` when Graph refuses, with its code, and the request id for a question to Microsoft;
 * `ConnectionError` when there is no usable answer.
 *
 * Being told to wait (429) is obeyed. A read is repeated when it failed; a request that changes something is not,
 * because a mail could leave twice: `mayHaveHappened` of the error says that it is not known.
 */
export class GraphClient {
  readonly #session: GraphSession

  /** @throws InvalidInputError for an address that is not http(s), or plain http to another machine. */
  constructor(options: GraphClientOptions) {
    this.#session = new GraphSession(options)
  }

  get version(): GraphVersion {
    return this.#session.version
  }

  /** What time it is for this client; whoever waits between its calls should wait on the same. */
  get clock(): Clock {
    return this.#session.clock
  }

  /**
   * Who has signed in and with which scopes, as far as the token can be read; the server alone decides. Sends
   * nothing.
   */
  async signedIn(): Promise<SignedIn | undefined> {
    return this.#session.signedIn()
  }

  /**
   * Sends a mail at once. Graph answers that it has accepted it, not that it has gone: a recipient who does not
   * exist leads to a non-delivery report in the Inbox, not to an error.
   *
   * @throws GraphResponseError `ErrorSendAsDenied` without Send on Behalf or Send As for `from`.
   * @see https://learn.microsoft.com/graph/api/user-sendmail
   */
  async sendMail(input: SendMailInput | SendMimeInput): Promise<Accepted> {
    const response = await this.#session.exchange(
      prepareSendMail(input, { version: this.version }),
      'if-refused',
      [202],
    )
    return accepted(response)
  }

  /**
   * Writes a mail into Drafts, attachments and all: small files go along, larger ones are uploaded.
   *
   * A draft made whose attachments could not be added is deleted again.
   *
   * @see https://learn.microsoft.com/graph/api/user-post-messages
   */
  async createDraft(input: MessageInput & MailboxOptions): Promise<GraphMessage> {
    const { request, remaining } = this.prepareDraft(input)
    const draft = requireMessage(await this.#session.json(request, 'if-refused'))
    try {
      for (const attachment of remaining) await this.addAttachment(draft.id, attachment, input)
    } catch (error) {
      await this.deleteMessage(draft.id, input).catch(() => undefined)
      throw error
    }
    return draft
  }

  /** The request that {@link createDraft} begins with, and the attachments that do not fit into it. */
  prepareDraft(input: MessageInput & MailboxOptions): {
    request: GraphRequest
    remaining: readonly AttachmentInput[]
  } {
    const checked = checkMessage(input, this.version)
    const inline = fitsInline(checked.attachments) ? checked.attachments : []
    return {
      request: {
        method: 'POST',
        path: `${mailboxPath(input.as)}/messages`,
        headers: { 'content-type': 'application/json' },
        body: buildMessage(checked, inline),
      },
      remaining: inline.length === checked.attachments.length ? [] : checked.attachments,
    }
  }

  /**
   * Adds a file to a draft, in one request below 3 MB and by an upload session above.
   * @see https://learn.microsoft.com/graph/outlook-large-attachments
   */
  async addAttachment(
    messageId: string,
    input: AttachmentInput,
    options: MailboxOptions = {},
  ): Promise<void> {
    const attachment = checkAttachment(input)
    const path = `${mailboxPath(options.as)}/messages/${idSegment(messageId)}/attachments`
    if (attachment.content.byteLength >= INLINE_LIMIT) return this.#upload(path, attachment)
    await this.#session.json(
      {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body: buildFileAttachment(attachment),
      },
      'if-refused',
    )
  }

  /**
   * Sends a draft. Its id stays good for the copy in Sent Items, unless `immutableIds` was switched off.
   * @see https://learn.microsoft.com/graph/api/message-send
   */
  async sendDraft(messageId: string, options: MailboxOptions = {}): Promise<Accepted> {
    const path = `${mailboxPath(options.as)}/messages/${idSegment(messageId)}/send`
    return accepted(await this.#session.exchange({ method: 'POST', path, headers: {} }, 'if-refused', [202]))
  }

  /**
   * Creates a draft, attaches what there is, and sends it: the way for attachments above 3 MB, and for knowing the
   * id of what was sent. Needs Mail.ReadWrite besides Mail.Send. A draft that is refused is deleted again.
   */
  async sendAsDraft(input: MessageInput & MailboxOptions): Promise<Accepted & { readonly id: string }> {
    requireRecipients(checkMessage(input, this.version))
    if ('saveToSentItems' in input && input.saveToSentItems === false) {
      throw new InvalidInputError('A draft that is sent always leaves a copy in Sent Items.', {
        hint: 'Send it at once with sendMail, or let it be saved.',
      })
    }
    const { id } = await this.createDraft(input)
    try {
      return { id, ...(await this.sendDraft(id, input)) }
    } catch (error) {
      // Whatever may have left stays: the draft would be the only trace of it.
      if (!(error instanceof EwsDelegatesError && error.mayHaveHappened)) {
        await this.deleteMessage(id, input).catch(() => undefined)
      }
      throw error
    }
  }

  /**
   * Messages of a folder or of the whole mailbox.
   * @see https://learn.microsoft.com/graph/api/user-list-messages
   */
  async listMessages(options: ListMessagesOptions = {}): Promise<GraphMessage[]> {
    const { folder, filter, orderBy, select, limit = 50 } = options
    const where = folder === undefined ? '' : `/mailFolders/${idSegment(folder, 'The folder’s id')}`
    const query = odataQuery({
      filter,
      orderby: orderBy,
      select: select?.join(','),
      top: Math.min(requireLimit(limit), 100),
    })
    const values = await this.#session.list(`${mailboxPath(options.as)}${where}/messages${query}`, limit)
    return values.flatMap((value) => readMessage(value) ?? [])
  }

  /** @see https://learn.microsoft.com/graph/api/message-get */
  async getMessage(messageId: string, options: ReadOptions = {}): Promise<GraphMessage> {
    const query = odataQuery({ select: options.select?.join(',') })
    const path = `${mailboxPath(options.as)}/messages/${idSegment(messageId)}${query}`
    return requireMessage(await this.#session.json({ method: 'GET', path, headers: {} }, 'safe'))
  }

  /**
   * Moves a message to Deleted Items, or with `permanent` out of the user's sight.
   * @see https://learn.microsoft.com/graph/api/message-delete
   * @see https://learn.microsoft.com/graph/api/message-permanentdelete
   */
  async deleteMessage(
    messageId: string,
    options: MailboxOptions & { readonly permanent?: boolean } = {},
  ): Promise<void> {
    const path = `${mailboxPath(options.as)}/messages/${idSegment(messageId)}`
    const request: GraphRequest = options.permanent
      ? { method: 'POST', path: `${path}/permanentDelete`, headers: {} }
      : { method: 'DELETE', path, headers: {} }
    await this.#session.exchange(request, 'if-refused', [200, 202, 204])
  }

  /** @see https://learn.microsoft.com/graph/api/user-list-mailfolders */
  async listFolders(options: ListFoldersOptions = {}): Promise<MailFolder[]> {
    const { parent, limit = 200 } = options
    const below = parent === undefined ? '' : `/${idSegment(parent, 'The folder’s id')}/childFolders`
    const query = odataQuery({ top: Math.min(requireLimit(limit), 100) })
    const values = await this.#session.list(`${mailboxPath(options.as)}/mailFolders${below}${query}`, limit)
    return values.flatMap((value) => readMailFolder(value) ?? [])
  }

  /**
   * One folder, by a well-known name such as `sentitems` or by its id.
   * @see https://learn.microsoft.com/graph/api/mailfolder-get
   */
  async getFolder(folder: string, options: MailboxOptions = {}): Promise<MailFolder> {
    const path = `${mailboxPath(options.as)}/mailFolders/${idSegment(folder, 'The folder’s id')}`
    const found = readMailFolder(await this.#session.json({ method: 'GET', path, headers: {} }, 'safe'))
    return found ?? fail('Graph answered something that is not a folder.')
  }

  /**
   * Up to twenty requests in one, each with an outcome of its own; those that were told to wait are sent again.
   * @see https://learn.microsoft.com/graph/json-batching
   */
  async batch(requests: readonly BatchRequest[]): Promise<BatchOutcome[]> {
    const run = new BatchRun(requests, this.#session.headers)
    const deadline = this.clock.now() + this.#session.maxWaitMs
    for (let attempt = 1; ; attempt++) {
      const request: GraphRequest = {
        method: 'POST',
        path: '/$batch',
        headers: { 'content-type': 'application/json' },
        body: run.build(),
      }
      try {
        const repeat = run.changesNothing ? 'safe' : 'if-refused'
        const answer = await this.#session.exchange(request, repeat, undefined, run.mailboxes)
        run.read(this.#session.parse(answer, repeat), this.clock.now(), answer.secrets)
      } catch (error) {
        // What the first round did must not be lost because the second one failed.
        if (attempt === 1 || !run.fail(error)) throw error
      }
      const wait = run.wait ?? backOff(attempt)
      const late = this.clock.now() + wait > deadline
      if (run.waiting.length === 0 || late || attempt === MOST_ATTEMPTS) return run.outcomes()
      for (const mailbox of run.waiting) this.#session.pause(mailbox, wait)
    }
  }

  /**
   * Sends any request and gives its JSON: the door for what this client has no method for. A GET is repeated when
   * it failed, anything else only when Graph refused it for the moment (429).
   */
  async request(request: GraphRequest): Promise<unknown> {
    return this.#session.json(request, request.method === 'GET' ? 'safe' : 'if-refused')
  }

  async #upload(path: string, attachment: AttachmentInput): Promise<void> {
    const answer = await this.#session.json(prepareUploadSession(path, attachment), 'if-refused')
    const { uploadUrl } = readUploadSession(answer, this.#session.root)
    const mailbox = mailboxOfPath(path)
    const send = (
      method: 'GET' | 'PUT' | 'DELETE',
      headers: Readonly<Record<string, string>> = {},
      body?: Uint8Array<ArrayBuffer>,
    ) =>
      // The link is the authority; a token sent along would go to a host that is not Graph's.
      this.#session.perform(
        { method, url: uploadUrl, headers, ...(body ? { body } : {}) },
        method === 'PUT' ? 'if-refused' : 'safe',
        [{ mailbox, slots: 1 }],
        { authorize: false },
      )
    const upload: Upload = {
      put: (headers, range) => send('PUT', headers, range),
      progress: () => send('GET'),
      wait: (milliseconds, losses) => {
        const wait = milliseconds ?? backOff(losses)
        if (wait > this.#session.maxWaitMs) return false
        this.#session.pause(mailbox, wait)
        return true
      },
    }
    try {
      await uploadRanges(attachment.content, upload)
    } catch (error) {
      await send('DELETE').catch(() => undefined)
      throw error
    }
  }
}

function accepted(response: GraphAnswer): Accepted {
  const requestId = readRequestId(response.headers['request-id'], response.secrets)
  return requestId === undefined ? {} : { requestId }
}

function requireMessage(json: unknown): GraphMessage {
  return readMessage(json) ?? fail('Graph answered something that is not a message.')
}

function requireLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1) return limit
  throw new InvalidInputError('The limit of a list is a whole number above zero.')
}

function fail(message: string): never {
  throw new ConnectionError('ERR_INVALID_RESPONSE', message)
}
