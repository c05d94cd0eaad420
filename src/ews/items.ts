import { ConnectionError, EwsDelegatesError, EwsResponseError, InvalidInputError } from '../errors.ts'
import {
  type CalendarView,
  checkCalendarView,
  checkPageSize,
  checkSortOrder,
  checkTraversal,
  ITEM_TRAVERSALS,
  type ItemTraversal,
  type SortKey,
} from '../model/find-view.ts'
import { describeFolder, explicitFolder, type FolderTarget } from '../model/folder-target.ts'
import type { AttachmentContent, Body, Item, NewItem } from '../model/item.ts'
import {
  CONFLICT_RESOLUTIONS,
  type ConflictResolution,
  checkItemChange,
  type ItemChange,
} from '../model/item-change.ts'
import { type ItemId, type ItemIdInput, parseItemId } from '../model/item-id.ts'
import {
  AFFECTED_TASK_OCCURRENCES,
  type AffectedTaskOccurrences,
  checkItemUpdates,
  checkNewItems,
  DELETE_TYPES,
  type DeleteType,
  MEETING_ANSWERS,
  MESSAGE_DISPOSITIONS,
  type MeetingAnswer,
  type MessageDisposition,
  requireChoice,
  SEND_MEETING_INVITATIONS,
  SEND_MEETING_UPDATES,
  type SendMeetingInvitations,
  type SendMeetingUpdates,
} from '../model/item-rules.ts'
import { checkItemShape, type ItemShape } from '../model/item-shape.ts'
import { checkRestriction, type Restriction } from '../model/restriction.ts'
import { checkBatchSize, inBatches } from './batch.ts'
import { calendarViewItems } from './calendar-view.ts'
import type { MoveCopyInput, MovedItem } from './elements/move-copy.ts'
import type { Operation, Outcome, Refusal } from './operation.ts'
import { copyItem } from './operations/copy-item.ts'
import { type CreatedItem, type CreateItemInput, createItem } from './operations/create-item.ts'
import { type DeletedItem, type DeleteItemInput, deleteItem } from './operations/delete-item.ts'
import { type FindItemInput, findItem } from './operations/find-item.ts'
import { getAttachment } from './operations/get-attachment.ts'
import { getFolder } from './operations/get-folder.ts'
import { getItem, type ItemOutcome } from './operations/get-item.ts'
import { moveItem } from './operations/move-item.ts'
import {
  type MeetingResponse,
  type RespondToMeetingInput,
  respondToMeeting,
} from './operations/respond-to-meeting.ts'
import { type SendItemInput, type SentItem, sendItem } from './operations/send-item.ts'
import { type UpdatedItem, type UpdateItemInput, updateItem } from './operations/update-item.ts'
import { pagedEntries } from './paging.ts'
import { amend } from './perform.ts'
import { itemHintFor } from './response-codes.ts'
import type { EwsSession } from './session.ts'
import { type ExchangeVersion, isAtLeast } from './versions.ts'

/** For calls that name many ids or items. */
export interface BatchOptions {
  /** How many go into one request. Default {@link DEFAULT_BATCH_SIZE}. */
  readonly batchSize?: number
}

export interface FindItemsOptions extends ItemShape {
  /** Default `Shallow`: what is in the folder itself. */
  readonly traversal?: ItemTraversal
  readonly restriction?: Restriction
  readonly sort?: readonly SortKey[]
  /** The entries of a time, repeated ones one by one. Not together with restriction, sort or query. */
  readonly calendarView?: CalendarView
  /** Advanced Query Syntax, e.g. `subject:budget`. Not together with a restriction. Exchange 2010 and later. */
  readonly query?: string
  /** How many items are fetched at a time. Default {@link DEFAULT_PAGE_SIZE}. */
  readonly pageSize?: number
}

export interface GetItemsOptions extends ItemShape, BatchOptions {}

export interface CreateItemsOptions extends BatchOptions {
  /** Where they go: an explicit folder puts them into its owner's mailbox. Default: the caller's own, by kind. */
  readonly folder?: FolderTarget
  /** For messages. Default `SaveOnly`: a draft. */
  readonly messageDisposition?: MessageDisposition
  /** For calendar items; to be said when somebody is invited. */
  readonly sendMeetingInvitations?: SendMeetingInvitations
}

export interface SendItemsOptions extends BatchOptions {
  /** Where copies go: the owner's Sent Items when sending on behalf. `false` keeps none. Default: the caller's own. */
  readonly folder?: FolderTarget | false
}

export interface UpdateItemsOptions extends BatchOptions {
  /** Default `AutoResolve`. */
  readonly conflictResolution?: ConflictResolution
  /** For messages. Default `SaveOnly`. */
  readonly messageDisposition?: MessageDisposition
  /** For calendar items, of which it has to be said. */
  readonly sendMeetingInvitationsOrCancellations?: SendMeetingUpdates
  /** No read receipt for a message that is marked as read. Exchange 2013 SP1 and later. */
  readonly suppressReadReceipts?: boolean
  /** Where a copy of what the change sends is kept. */
  readonly folder?: FolderTarget
}

export interface DeleteItemsOptions extends BatchOptions {
  /** Default `MoveToDeletedItems`. */
  readonly deleteType?: DeleteType
  /** Whether attendees are told. Exchange refuses calendar items without it. */
  readonly sendMeetingCancellations?: SendMeetingInvitations
  /** Exchange refuses tasks without it. */
  readonly affectedTaskOccurrences?: AffectedTaskOccurrences
  /** Exchange 2013 SP1 and later. */
  readonly suppressReadReceipts?: boolean
}

export interface RespondOptions extends BatchOptions {
  /** What is said to the organizer. */
  readonly body?: string | Body
  /** Whether the organizer is told at all. Default true. */
  readonly send?: boolean
  /** Where the copy goes: the owner's Sent Items when answering for them. `false` keeps none. Default: the caller's own. */
  readonly folder?: FolderTarget | false
}

/** Exchange 2010 SP1 and later know `ReturnNewItemIds`. */
const RETURNS_NEW_IDS: ExchangeVersion = 'Exchange2010_SP1'

/**
 * Items: messages, calendar items, contacts, tasks and whatever else is in a folder. `client.items`.
 *
 * A folder named with its owner ({@link explicitFolder}) opens somebody else's mailbox; the ids that come back carry
 * that mailbox, so later calls need no owner. What is refused for one item of several is in the outcomes, which stand
 * in the order of the arguments.
 *
 * After a lost answer {@link update}, {@link delete} and {@link move} read what became of the call and send again what is
 * missing, as far as that can do no harm. The others only say that it may have happened.
 */
export class EwsItems {
  readonly #session: EwsSession
  readonly #version: ExchangeVersion

  constructor(session: EwsSession, version: ExchangeVersion) {
    this.#session = session
    this.#version = version
  }

  /**
   * The items of a folder, fetched page by page as they are asked for, each once, in bounded memory. Items that
   * arrive or go meanwhile, also by the caller's own hand, make none of the others come twice or be passed over.
   *
   * @throws EwsResponseError when the folder is not there or may not be seen; Exchange does not say which.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
   */
  find(folder: FolderTarget, options: FindItemsOptions = {}): AsyncGenerator<Item, void, undefined> {
    const input = this.prepareFind(folder, options)
    const pageSize = checkPageSize(options.pageSize)
    if (options.calendarView) {
      return calendarViewItems(
        (view) => this.#session.call(findItem, { ...input, view }),
        checkCalendarView(options.calendarView),
        pageSize,
      )
    }
    return pagedEntries(
      (view) => this.#session.call(findItem, { ...input, view }),
      (item) => item.id.id,
      pageSize,
    )
  }

  /**
   * One item.
   * @throws EwsResponseError when it is not there or may not be seen.
   */
  async get(id: ItemIdInput, options: ItemShape = {}): Promise<Item> {
    const [outcome] = await this.getAll([id], options)
    if (outcome?.ok) return outcome.item
    throw refused(outcome)
  }

  /** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation */
  async getAll(ids: readonly ItemIdInput[], options: GetItemsOptions = {}): Promise<ItemOutcome[]> {
    const { batchSize, ...given } = options
    const shape = checkItemShape(given, 'get')
    return this.#byId(getItem, { ids: parseIds(ids), shape }, batchSize)
  }

  /**
   * Creates items. A message is a draft unless `messageDisposition` says to send it; a meeting invites its attendees
   * as `sendMeetingInvitations` says.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation
   */
  async create(items: readonly NewItem[], options: CreateItemsOptions = {}): Promise<CreatedItem[]> {
    const input = this.prepareCreate(items, options)
    return this.#inBatches(
      createItem,
      items,
      options.batchSize,
      (part) => ({ ...input, items: part }),
      (item) => ({ item }),
    )
  }

  /**
   * Sends drafts. Those whose ids come without a change key, which Exchange demands, are looked up first.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation
   */
  async send(ids: readonly ItemIdInput[], options: SendItemsOptions = {}): Promise<SentItem[]> {
    const drafts = await this.#withChangeKeys(parseIds(ids), options.batchSize)
    const ready = drafts.flatMap((draft) => (draft.ok ? [draft.id] : []))
    const sent = await this.#byId(sendItem, this.prepareSend(ready, options), options.batchSize)
    const rest = sent[Symbol.iterator]()
    return drafts.map((draft) => (draft.ok ? (rest.next().value as SentItem) : draft))
  }

  /**
   * Sends a message in the owner's name, as Microsoft describes it for delegates: saved in the owner's Drafts, sent
   * from there, and the copy kept in the owner's Sent Items. The caller needs to be a delegate or to have Send on
   * Behalf, and besides rights on the two folders, which a delegate does not have of itself: `Author` on both.
   *
   * After a lost answer it is not sent again: the draft is looked for, which sending takes away, and the `hint` of the
   * error tells what was found.
   *
   * @throws EwsResponseError `ErrorSendAsDenied` when the caller may not; the draft then stays with the owner. When one of
   *   the folders is not open for it, before anything is saved.
   * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-access-email-as-a-delegate-by-using-ews-in-exchange
   */
  async sendOnBehalf(owner: string, message: Extract<NewItem, { type: 'Message' }>): Promise<void> {
    // The rules for sending, although it is saved first: a draft that cannot be sent must not stay behind.
    checkNewItems([message], { messageDisposition: 'SendAndSaveCopy' })
    const [drafts, sentItems] = [explicitFolder('drafts', owner), explicitFolder('sentitems', owner)]
    await this.#requireOpen([drafts, sentItems])
    const [draft] = await this.create([message], { folder: drafts })
    if (!draft?.ok || !draft.id) throw refused(draft)
    try {
      const [sent] = await this.send([draft.id], { folder: sentItems })
      if (!sent?.ok) throw refused(sent)
    } catch (error) {
      if (error instanceof EwsDelegatesError) await this.#tellOfDraft(error, draft.id)
      throw error
    }
  }

  /**
   * Changes items: what is not named stays. Their new change keys come back.
   *
   * `AutoResolve` needs the change key of an item, as the ItemId page says; ids that come without one are looked up
   * first.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/itemid
   */
  async update(changes: readonly ItemChange[], options: UpdateItemsOptions = {}): Promise<UpdatedItem[]> {
    const input = this.prepareUpdate(changes, options)
    const send = (ready: readonly ItemChange[]) =>
      this.#inBatches(
        updateItem,
        ready,
        options.batchSize,
        (part) => ({ ...input, changes: part }),
        (change) => ({ id: parseItemId(change.id) }),
      )
    if (input.conflictResolution === 'AlwaysOverwrite') return send(changes)
    const ids = changes.map(({ id }) => parseItemId(id))
    // What cannot be sent at all is told before anything is read.
    if (ids.some(({ changeKey }) => changeKey === undefined)) this.#session.render(updateItem, input)
    const items = await this.#withChangeKeys(ids, options.batchSize)
    const ready = changes.flatMap((change, position) => {
      const item = items[position]
      return item?.ok ? [{ ...change, id: item.id }] : []
    })
    const rest = (await send(ready))[Symbol.iterator]()
    return items.map((item) => (item.ok ? (rest.next().value as UpdatedItem) : item))
  }

  /** @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation */
  async delete(ids: readonly ItemIdInput[], options: DeleteItemsOptions = {}): Promise<DeletedItem[]> {
    return this.#byId(deleteItem, this.prepareDelete(ids, options), options.batchSize)
  }

  /**
   * Answers invitations: meeting requests, or the meetings as they stand in a calendar, which is how a delegate answers
   * for the owner; the copy of a request that a delegate received cannot be answered
   * (`ErrorCalendarIsDelegatedForAccept`). An accepted meeting stays in the calendar, a declined one leaves it.
   *
   * Ids that come without a change key are looked up first.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-acceptitem
   */
  async respond(
    ids: readonly ItemIdInput[],
    answer: MeetingAnswer,
    options: RespondOptions = {},
  ): Promise<MeetingResponse[]> {
    const input = this.prepareRespond(ids, answer, options)
    const meetings = await this.#withChangeKeys(input.ids, options.batchSize)
    const ready = meetings.flatMap((meeting) => (meeting.ok ? [meeting.id] : []))
    const answered = await this.#byId(respondToMeeting, { ...input, ids: ready }, options.batchSize)
    const rest = answered[Symbol.iterator]()
    return meetings.map((meeting) => (meeting.ok ? (rest.next().value as MeetingResponse) : meeting))
  }

  /**
   * One attachment with what is in it, by the id that its item lists: a file, or an attached item as MIME.
   * @throws EwsResponseError when it is not there or its item may not be read; XmlError `ERR_LIMIT_EXCEEDED` when it is
   *   larger than the client's `maxResponseBytes`.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation
   */
  async attachment(id: string): Promise<AttachmentContent> {
    if (id.trim() === '') throw new InvalidInputError('The attachment id is empty.')
    const [outcome] = await this.#session.call(getAttachment, { ids: [id] })
    if (outcome?.ok) return outcome.attachment
    throw refused(outcome)
  }

  /**
   * Copies items into a folder.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/copyitem-operation
   */
  async copy(
    ids: readonly ItemIdInput[],
    toFolder: FolderTarget,
    options: BatchOptions = {},
  ): Promise<MovedItem[]> {
    return this.#byId(copyItem, this.prepareMove(ids, toFolder), options.batchSize)
  }

  /**
   * Moves items into a folder. Their ids change: the old ones find nothing any more.
   * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation
   */
  async move(
    ids: readonly ItemIdInput[],
    toFolder: FolderTarget,
    options: BatchOptions = {},
  ): Promise<MovedItem[]> {
    return this.#byId(moveItem, this.prepareMove(ids, toFolder), options.batchSize)
  }

  /** Checked input of {@link find}, without a page; with `client.render(findItem, …)` it shows what would be sent. */
  prepareFind(folder: FolderTarget, options: FindItemsOptions = {}): FindItemInput {
    const { traversal, restriction, sort = [], calendarView, query, pageSize, ...given } = options
    checkPageSize(pageSize)
    if (calendarView && (restriction || sort.length > 0 || query !== undefined)) {
      throw new InvalidInputError(
        'A calendar view takes neither a restriction nor a sort order nor a query.',
        {
          hint: 'Filter what it yields; it comes in the order of the calendar.',
        },
      )
    }
    if (restriction && query !== undefined) {
      throw new InvalidInputError('A search has a restriction or a query, not both.')
    }
    const shape = checkItemShape(given, 'find')
    const times = ['calendar:Start', 'calendar:End']
    return {
      folder,
      // Continuing a view that was cut short needs them, whatever else is asked for.
      shape: calendarView ? { ...shape, properties: [...(shape.properties ?? []), ...times] } : shape,
      traversal: checkTraversal(traversal, ITEM_TRAVERSALS),
      ...(restriction ? { restriction: checkRestriction(restriction) } : {}),
      ...(sort.length > 0 ? { sort: checkSortOrder(sort) } : {}),
      ...(query === undefined ? {} : { query }),
    }
  }

  /** Checked input of {@link create}. */
  prepareCreate(items: readonly NewItem[], options: CreateItemsOptions = {}): CreateItemInput {
    const { folder } = options
    return { items, ...checkNewItems(items, options), ...(folder ? { folder } : {}) }
  }

  /** Checked input of {@link send}, of ids with change keys. */
  prepareSend(ids: readonly ItemIdInput[], options: SendItemsOptions = {}): SendItemInput {
    const { folder } = options
    return { ids: parseIds(ids), saveCopy: folder !== false, ...(folder ? { folder } : {}) }
  }

  /** Checked input of {@link update}. */
  prepareUpdate(changes: readonly ItemChange[], options: UpdateItemsOptions = {}): UpdateItemInput {
    const {
      conflictResolution = 'AutoResolve',
      messageDisposition = 'SaveOnly',
      sendMeetingInvitationsOrCancellations: sendUpdates,
      suppressReadReceipts,
      folder,
    } = options
    requireChoice(conflictResolution, CONFLICT_RESOLUTIONS, 'a way to resolve conflicts')
    requireChoice(messageDisposition, MESSAGE_DISPOSITIONS, 'a message disposition')
    requireChoice(sendUpdates, SEND_MEETING_UPDATES, 'a choice for meeting updates')
    checkItemUpdates(changes, sendUpdates)
    for (const change of changes) checkItemChange(change, conflictResolution)
    const types = new Set(changes.map(({ type }) => type))
    return {
      changes,
      conflictResolution,
      // An Item can turn out to be a message.
      ...(types.has('Message') || types.has('Item') ? { messageDisposition } : {}),
      ...(sendUpdates ? { sendMeetingInvitationsOrCancellations: sendUpdates } : {}),
      ...(suppressReadReceipts === undefined ? {} : { suppressReadReceipts }),
      ...(folder ? { folder } : {}),
    }
  }

  /** Checked input of {@link delete}. */
  prepareDelete(ids: readonly ItemIdInput[], options: DeleteItemsOptions = {}): DeleteItemInput {
    const {
      deleteType = 'MoveToDeletedItems',
      sendMeetingCancellations,
      affectedTaskOccurrences,
      suppressReadReceipts,
    } = options
    requireChoice(deleteType, DELETE_TYPES, 'a way to delete')
    requireChoice(sendMeetingCancellations, SEND_MEETING_INVITATIONS, 'a choice for cancellations')
    requireChoice(affectedTaskOccurrences, AFFECTED_TASK_OCCURRENCES, 'a choice of occurrences')
    return {
      ids: parseIds(ids),
      deleteType,
      ...(sendMeetingCancellations ? { sendMeetingCancellations } : {}),
      ...(affectedTaskOccurrences ? { affectedTaskOccurrences } : {}),
      ...(suppressReadReceipts === undefined ? {} : { suppressReadReceipts }),
    }
  }

  /** Checked input of {@link respond}, of ids with change keys. */
  prepareRespond(
    ids: readonly ItemIdInput[],
    answer: MeetingAnswer,
    options: RespondOptions = {},
  ): RespondToMeetingInput {
    const { body, send = true, folder } = options
    requireChoice(answer, MEETING_ANSWERS, 'an answer to an invitation')
    if (!send && (body !== undefined || folder)) {
      throw new InvalidInputError('Nothing is sent, so there is no text to send and no copy to keep.')
    }
    return {
      ids: parseIds(ids),
      answer,
      messageDisposition: !send ? 'SaveOnly' : folder === false ? 'SendOnly' : 'SendAndSaveCopy',
      ...(body === undefined ? {} : { body }),
      ...(folder ? { folder } : {}),
    }
  }

  /** Checked input of {@link copy} and {@link move}. */
  prepareMove(ids: readonly ItemIdInput[], toFolder: FolderTarget): MoveCopyInput {
    return {
      ids: parseIds(ids),
      toFolder,
      ...(isAtLeast(this.#version, RETURNS_NEW_IDS) ? { returnNewItemIds: true } : {}),
    }
  }

  /** A folder that is closed is told with its name, where the refusal of an item would leave open which it is. */
  async #requireOpen(folders: readonly FolderTarget[]): Promise<void> {
    const outcomes = await this.#session.call(getFolder, { targets: folders, permissions: false })
    for (const { target, ...outcome } of outcomes) {
      if (outcome.ok && outcome.folder.effectiveRights?.createContents !== false) continue
      const code = outcome.ok ? 'ErrorCreateItemAccessDenied' : outcome.code
      throw new EwsResponseError(`Nothing can be saved in ${describeFolder(target)} (${code}).`, {
        responseCode: code,
        level: 'item',
        hint: 'Whoever sends in somebody’s name saves in their Drafts and Sent Items: grant Author on both folders.',
      })
    }
  }

  /** Adds to an error of sending where the draft is, and what follows from that. */
  async #tellOfDraft(error: EwsDelegatesError, { id }: ItemId): Promise<void> {
    const look = error.mayHaveHappened ? await this.#lookFor(id) : 'there'
    // A call that was not answered can still arrive.
    const doubt = error.mayHaveHappened && (look !== 'there' || error instanceof ConnectionError)
    const sentence = {
      there: doubt
        ? 'The draft was looked for and is still in the Drafts of the owner: it was not sent, and can still be. Look there again before sending it once more.'
        : 'The draft is still in the Drafts of the owner.',
      gone: 'The draft is no longer in the Drafts of the owner, so it was probably sent. Look into their Sent Items before sending it once more.',
      unknown:
        'If the draft is still in the Drafts of the owner, it was not sent. Look there before sending it once more.',
    }[look]
    amend(error, { hint: [error.hint, sentence].filter(Boolean).join(' '), mayHaveHappened: doubt })
  }

  async #lookFor(id: string): Promise<'there' | 'gone' | 'unknown'> {
    try {
      const [outcome] = await this.getAll([id], { base: 'IdOnly' })
      if (outcome?.ok) return 'there'
      return outcome?.code === 'ErrorItemNotFound' ? 'gone' : 'unknown'
    } catch (error) {
      if (error instanceof EwsDelegatesError) return 'unknown'
      throw error
    }
  }

  async #withChangeKeys(
    ids: readonly ItemId[],
    batchSize: number | undefined,
  ): Promise<Outcome<object, { readonly id: ItemId }>[]> {
    const unknown = ids.filter(({ changeKey }) => changeKey === undefined)
    if (unknown.length === 0) return ids.map((id) => ({ ok: true, id }))
    const found = await this.getAll(unknown, {
      base: 'IdOnly',
      ...(batchSize === undefined ? {} : { batchSize }),
    })
    const rest = found[Symbol.iterator]()
    return ids.map((id) => {
      if (id.changeKey !== undefined) return { ok: true, id }
      const outcome = rest.next().value as ItemOutcome
      return outcome.ok ? { ok: true, id: outcome.item.id } : outcome
    })
  }

  /** For operations on items that are named by id. */
  #byId<
    Input extends { readonly ids: readonly ItemId[] },
    Result extends Outcome<object, { readonly id: ItemId }>,
  >(operation: Operation<Input, Result[]>, input: Input, batchSize: number | undefined): Promise<Result[]> {
    return this.#inBatches(
      operation,
      input.ids,
      batchSize,
      (ids) => ({ ...input, ids }),
      (id) => ({ id }) as ContextOf<Result>,
    )
  }

  #inBatches<Input, Member, Result extends { readonly ok: boolean }>(
    operation: Operation<Input, Result[]>,
    members: readonly Member[],
    batchSize: number | undefined,
    inputOf: (part: readonly Member[]) => Input,
    contextOf: (member: Member) => ContextOf<Result>,
  ): Promise<Result[]> {
    return inBatches(members, checkBatchSize(batchSize), {
      check: (part) => this.#session.render(operation, inputOf(part)),
      send: (part) => this.#session.call(operation, inputOf(part)),
      // Outcome is made of exactly these two.
      refused: (member, refusal) => ({ ...contextOf(member), ...refusal }) as unknown as Result,
    })
  }
}

/** What an outcome repeats of the request. */
type ContextOf<Result> = Omit<Extract<Result, { readonly ok: false }>, 'ok' | keyof Refusal>

function parseIds(ids: readonly ItemIdInput[]): ItemId[] {
  return ids.map(parseItemId)
}

function refused(outcome: { readonly ok: boolean } | undefined): EwsResponseError {
  const refusal: Refusal =
    outcome && 'code' in outcome
      ? (outcome as unknown as Refusal)
      : { code: 'ErrorNoResponse', message: 'The server did not say what happened.' }
  const hint = itemHintFor(refusal.code)
  return new EwsResponseError(`${refusal.message.replace(/[.\s]+$/, '')} (${refusal.code}).`, {
    responseCode: refusal.code,
    level: 'item',
    ...(hint ? { hint } : {}),
    mayHaveHappened: refusal.mayHaveHappened ?? false,
  })
}
