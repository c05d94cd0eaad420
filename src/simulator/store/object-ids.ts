import type { StoreRandom } from './exchange.ts'

/** What a change key says the object is; numbers as Exchange's change keys carry them. */
export const OBJECT_TYPES = {
  folder: 1,
  calendarFolder: 2,
  contactsFolder: 3,
  tasksFolder: 4,
  searchFolder: 6,
  message: 9,
  calendarItem: 15,
  contact: 17,
  task: 19,
} as const
export type ObjectType = keyof typeof OBJECT_TYPES

/** What can be read off an id without the store: whose mailbox, and whether it names a folder or an item. */
export interface ParsedId {
  readonly mailboxId: string
  readonly kind: 'folder' | 'item' | 'occurrence'
}

const MAILBOX_GUID_BASED = 3
const GUID_LENGTH = 36
const FOLDER_ENTRY_ID_LENGTH = 46
const ITEM_ENTRY_ID_LENGTH = 70
/** An occurrence is named by its series and a date. */
const DATE_LENGTH = 8
const OCCURRENCE_ENTRY_ID_LENGTH = ITEM_ENTRY_ID_LENGTH + DATE_LENGTH
const CHANGE_KEY_LENGTH = 22

/**
 * Makes ids and change keys of the shape Exchange gives them (`AAMk…`, `AQAAABYAAAA…`): a version byte, a storage
 * type, the mailbox GUID and a store entry id; clients treat them as opaque, some look at their length or prefix.
 *
 * The entry id is random, and the store looks ids up rather than computing with them, so an id that was not handed
 * out names nothing.
 */
export class ObjectIds {
  readonly #randomBytes: StoreRandom
  #counter = 0n

  constructor(randomBytes: StoreRandom) {
    this.#randomBytes = randomBytes
  }

  folderId(mailboxId: string): string {
    return this.#id(mailboxId, FOLDER_ENTRY_ID_LENGTH)
  }

  itemId(mailboxId: string): string {
    return this.#id(mailboxId, ITEM_ENTRY_ID_LENGTH)
  }

  /** How many change keys were given out: a clock of everything that was written. */
  get issued(): number {
    return Number(this.#counter)
  }

  /** Goes on counting where another run left off. */
  resume(issued: number): void {
    this.#counter = BigInt(issued)
  }

  /** Different on every call: a 16 byte replica GUID and a counter. */
  changeKey(type: ObjectType): string {
    const key = Buffer.alloc(8 + CHANGE_KEY_LENGTH)
    key.writeInt32LE(OBJECT_TYPES[type], 0)
    key.writeInt32LE(CHANGE_KEY_LENGTH, 4)
    this.#randomBytes(16).copy(key, 8)
    this.#counter++
    key.writeUIntBE(Number(this.#counter), 24, 6)
    return key.toString('base64')
  }

  #id(mailboxId: string, entryIdLength: number): string {
    const entryId = this.#randomBytes(entryIdLength)
    entryId.fill(0, 0, 4)
    return objectId(mailboxId, entryId)
  }
}

/** The id of an object of this mailbox with this store entry id. */
export function objectId(mailboxId: string, entryId: Buffer): string {
  const header = Buffer.alloc(4)
  header.writeUInt8(0, 0)
  header.writeUInt8(MAILBOX_GUID_BASED, 1)
  header.writeUInt16LE(GUID_LENGTH, 2)
  const length = Buffer.alloc(3)
  length.writeUInt16LE(entryId.length, 1)
  return Buffer.concat([header, Buffer.from(mailboxId, 'latin1'), length, entryId]).toString('base64')
}

/** The store entry id inside an id of {@link ObjectIds}. */
export function entryIdOf(id: string): Buffer {
  return Buffer.from(id, 'base64').subarray(4 + GUID_LENGTH + 3)
}

/** The id of the occurrence of a series on a date (`2026-11-21`). */
export function occurrenceId(masterId: string, date: string): string {
  const mailboxId = Buffer.from(masterId, 'base64').toString('latin1', 4, 4 + GUID_LENGTH)
  return objectId(
    mailboxId,
    Buffer.concat([entryIdOf(masterId), Buffer.from(date.replaceAll('-', ''), 'latin1')]),
  )
}

/** The series and the date that an occurrence's id names. */
export function readOccurrenceId(id: string): { masterId: string; date: string } | undefined {
  const parsed = parseObjectId(id)
  if (parsed?.kind !== 'occurrence') return undefined
  const entryId = entryIdOf(id)
  const digits = entryId.toString('latin1', ITEM_ENTRY_ID_LENGTH)
  if (!/^\d{8}$/.test(digits)) return undefined
  return {
    masterId: objectId(parsed.mailboxId, entryId.subarray(0, ITEM_ENTRY_ID_LENGTH)),
    date: `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`,
  }
}

/** Reads the envelope of an id; undefined when it is not of the shape that {@link ObjectIds} gives (`ErrorInvalidIdMalformed`). */
export function parseObjectId(id: string): ParsedId | undefined {
  const bytes = strictBase64(id)
  if (!bytes || bytes.length < 4 + GUID_LENGTH + 3) return undefined
  if (bytes[0] !== 0 || bytes[1] !== MAILBOX_GUID_BASED || bytes.readUInt16LE(2) !== GUID_LENGTH)
    return undefined
  const mailboxId = bytes.toString('latin1', 4, 4 + GUID_LENGTH)
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(mailboxId)) return undefined
  const entryIdLength = bytes.readUInt16LE(4 + GUID_LENGTH + 1)
  if (bytes.length !== 4 + GUID_LENGTH + 3 + entryIdLength) return undefined
  if (entryIdLength === FOLDER_ENTRY_ID_LENGTH) return { mailboxId, kind: 'folder' }
  if (entryIdLength === ITEM_ENTRY_ID_LENGTH) return { mailboxId, kind: 'item' }
  if (entryIdLength === OCCURRENCE_ENTRY_ID_LENGTH) return { mailboxId, kind: 'occurrence' }
  return undefined
}

/** Is this text of the shape of a change key (`ErrorInvalidChangeKey` otherwise)? */
export function isChangeKey(text: string): boolean {
  const bytes = strictBase64(text)
  return (
    bytes !== undefined && bytes.length >= 8 + CHANGE_KEY_LENGTH && bytes.readInt32LE(4) === bytes.length - 8
  )
}

function strictBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
