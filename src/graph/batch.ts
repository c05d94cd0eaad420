import { ConnectionError, GraphResponseError, InvalidInputError } from '../errors.ts'
import { readErrorEnvelope, refusal } from './classify.ts'
import { type GraphRequest, type JsonObject, type MailboxLoad, mailboxOfPath } from './request.ts'

/** One of up to twenty; any {@link GraphRequest} with a JSON body, e.g. from `prepareSendMail`. */
export interface BatchRequest extends Omit<GraphRequest, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>
  /** Default: its position, counted from 1. */
  readonly id?: string
  /** Ids of requests that must have succeeded first. */
  readonly dependsOn?: readonly string[]
}

/** What became of one request of a batch, in the order they were given. */
export type BatchOutcome =
  | {
      readonly ok: true
      readonly id: string
      readonly status: number
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>
      readonly body: unknown
    }
  | {
      readonly ok: false
      readonly id: string
      readonly status: number
      /** A ConnectionError when a repeated round had no usable answer. */
      readonly error: GraphResponseError | ConnectionError
    }

export const BATCH_LIMIT = 20

type Member = BatchRequest & { readonly id: string }

/**
 * A batch on its way: which members are done, and which have to be sent again because they were told to wait (429),
 * or depend on one that was (424).
 */
export class BatchRun {
  readonly #members: readonly Member[]
  readonly #headers: Readonly<Record<string, string>>
  readonly #done = new Map<string, BatchOutcome>()
  #open: readonly Member[]
  /** How long the members that are still open were asked to wait, in milliseconds. */
  wait: number | undefined

  /**
   * @param headers for every member: those of the batch itself do not reach them.
   * @throws InvalidInputError for too many, ids that are not unique, and dependencies that do not exist before.
   */
  constructor(requests: readonly BatchRequest[], headers: Readonly<Record<string, string>>) {
    this.#members = checkBatch(requests)
    this.#headers = headers
    this.#open = this.#members
  }

  get changesNothing(): boolean {
    return this.#open.every(({ method }) => method === 'GET')
  }

  /** What the open members take of each mailbox's allowance. */
  get mailboxes(): MailboxLoad[] {
    const counts = new Map<string, number>()
    for (const { path } of this.#open) {
      const mailbox = mailboxOfPath(path)
      counts.set(mailbox, (counts.get(mailbox) ?? 0) + 1)
    }
    return [...counts].map(([mailbox, slots]) => ({ mailbox, slots }))
  }

  /** The mailboxes whose members have to be sent again. */
  get waiting(): string[] {
    return this.mailboxes.map(({ mailbox }) => mailbox)
  }

  build(): JsonObject {
    const open = new Set(this.#open.map(({ id }) => id))
    return {
      requests: this.#open.map(({ id, method, path, headers, body, dependsOn }) => {
        const pending = dependsOn?.filter((each) => open.has(each)) ?? []
        return {
          id,
          method,
          url: path,
          headers: { ...this.#headers, ...headers },
          ...(body === undefined ? {} : { body }),
          ...(pending.length === 0 ? {} : { dependsOn: pending }),
        }
      }),
    }
  }

  /**
   * Takes an answer in. Its members come in any order.
   * @param secrets of the request, which must not come back in a message.
   */
  read(answer: unknown, now: number, secrets: readonly string[] = []): void {
    const responses = (answer as { responses?: unknown } | null | undefined)?.responses
    if (!Array.isArray(responses)) {
      throw new ConnectionError('ERR_INVALID_RESPONSE', 'Graph answered something that is not a batch.', {
        mayHaveHappened: !this.changesNothing,
      })
    }
    const again = new Set<string>()
    this.wait = undefined
    for (const member of this.#open) {
      const outcome = readOutcome(responses, member, now, secrets)
      this.#done.set(member.id, outcome)
      if (outcome.status === 429) {
        again.add(member.id)
        const asked = retryAfterOf(outcome)
        if (asked !== undefined) this.wait = Math.max(this.wait ?? 0, asked * 1000)
      } else if (outcome.status === 424 && member.dependsOn?.some((each) => again.has(each))) {
        again.add(member.id)
      }
    }
    this.#open = this.#open.filter(({ id }) => again.has(id))
  }

  /**
   * Gives the open members up because their round failed as a whole.
   * @returns false for an error that is no outcome but a mistake.
   */
  fail(error: unknown): boolean {
    if (!(error instanceof ConnectionError || error instanceof GraphResponseError)) return false
    const status = error.httpStatus ?? 0
    for (const { id } of this.#open) this.#done.set(id, { ok: false, id, status, error })
    this.#open = []
    return true
  }

  outcomes(): BatchOutcome[] {
    return this.#members.map(({ id }) => this.#done.get(id) as BatchOutcome)
  }
}

function retryAfterOf(outcome: BatchOutcome): number | undefined {
  return !outcome.ok && outcome.error instanceof GraphResponseError
    ? outcome.error.retryAfterSeconds
    : undefined
}

function readOutcome(
  responses: readonly unknown[],
  member: Member,
  now: number,
  secrets: readonly string[],
): BatchOutcome {
  const { id } = member
  const found = responses.find((each) => (each as { id?: unknown } | null)?.id === id) as
    | { status?: unknown; headers?: unknown; body?: unknown }
    | undefined
  const status = typeof found?.status === 'number' ? found.status : 0
  const headers = lowerCaseHeaders(found?.headers)
  if (status >= 200 && status < 300) return { ok: true, id, status, headers, body: found?.body }
  if (status === 0) {
    const error = new GraphResponseError('Graph’s answer to the batch leaves this request out.', {
      graphCode: 'NoResponse',
      httpStatus: 0,
      mayHaveHappened: member.method !== 'GET',
    })
    return { ok: false, id, status, error }
  }
  const envelope = readErrorEnvelope(found?.body, secrets) ?? {
    code: `HTTP${status}`,
    message: 'Graph refused the request without saying why.',
    requestId: undefined,
  }
  return { ok: false, id, status, error: refusal(envelope, status, headers, now, secrets) }
}

function lowerCaseHeaders(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) =>
      typeof text === 'string' ? [[name.toLowerCase(), text]] : [],
    ),
  )
}

function checkBatch(requests: readonly BatchRequest[]): readonly Member[] {
  if (requests.length === 0 || requests.length > BATCH_LIMIT) {
    throw new InvalidInputError(`A batch has 1 to ${BATCH_LIMIT} requests, not ${requests.length}.`)
  }
  const ids = new Set<string>()
  return requests.map((request, position) => {
    const id = request.id ?? String(position + 1)
    if (ids.has(id)) throw new InvalidInputError(`The id ${JSON.stringify(id)} stands twice in the batch.`)
    const unknown = request.dependsOn?.find((each) => !ids.has(each))
    if (unknown !== undefined) {
      throw new InvalidInputError(
        `Request ${JSON.stringify(id)} depends on ${JSON.stringify(unknown)}, which does not come before it.`,
      )
    }
    if (typeof request.body === 'string') {
      throw new InvalidInputError(`Request ${JSON.stringify(id)} of the batch has a body that is not JSON.`, {
        hint: 'Send MIME on its own.',
      })
    }
    ids.add(id)
    return { ...request, id }
  })
}
