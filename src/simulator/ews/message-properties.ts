import { type Element, requireChild } from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import type { Address, Item } from '../store/item.ts'
import { readMailbox, readRecipients, writeMailbox } from './address-elements.ts'
import { EwsRefusal } from './errors.ts'
import {
  type Comparable,
  FLAG,
  type ItemInput,
  type ItemProperty,
  isTrue,
  readOnly,
  stored,
  writable,
} from './item-properties.ts'
import { type Content, element, optional } from './writer.ts'

/** `t:MessageType`, after what every item has. */
export const MESSAGE_PROPERTIES: readonly ItemProperty[] = [
  writable('message:Sender', ({ item }, name) => writeOne(name, item.sender), setOne('sender'), {
    compare: ({ sender }) => sender?.name,
  }),
  recipients('message:ToRecipients', 'to'),
  recipients('message:CcRecipients', 'cc'),
  recipients('message:BccRecipients', 'bcc'),
  stored('message:IsReadReceiptRequested', FLAG, { otherwise: false }),
  stored('message:IsDeliveryReceiptRequested', FLAG, { otherwise: false }),
  readOnly('message:ConversationIndex', ({ item }, name) => optional(name, item.conversationId)),
  readOnly('message:ConversationTopic', ({ item }, name) => optional(name, topicOf(item)), {
    compare: topicOf,
  }),
  writable('message:From', ({ item }, name) => writeOne(name, item.from), setOne('from'), {
    compare: ({ from }) => from?.name,
  }),
  readOnly('message:InternetMessageId', ({ item }, name) => optional(name, item.internetMessageId), {
    compare: (item): Comparable => item.internetMessageId,
  }),
  writable(
    'message:IsRead',
    ({ item }, name) => element(name, item.isRead),
    ({ item }, value) => {
      item.isRead = isTrue(value.text)
    },
    { compare: (item) => item.isRead },
  ),
  stored('message:IsResponseRequested', FLAG),
  stored('message:References'),
  recipients('message:ReplyTo', 'replyTo'),
  readOnly('message:ReceivedBy', ({ item }, name) =>
    item.isDraft || !item.received ? undefined : writeOne(name, ownerOf(item)),
  ),
  readOnly('message:ReceivedRepresenting', ({ item }, name) =>
    item.isDraft || !item.received ? undefined : writeOne(name, item.meeting?.receivedFor ?? ownerOf(item)),
  ),
]

type RecipientList = 'to' | 'cc' | 'bcc' | 'replyTo'

function recipients(field: string, list: RecipientList): ItemProperty {
  return writable(
    field,
    ({ item }, name) =>
      item[list].length === 0
        ? undefined
        : element(
            name,
            item[list].map((address) => writeMailbox(address)),
          ),
    (input, value) => {
      requireDraft(input)
      input.item[list] = readRecipients(input.context.exchange, value)
    },
    {
      notInFind: true,
      // As text, so that a search for a name or an address finds it.
      compare: (item) =>
        item[list].map(({ name, address }) => `${name} <${address}>`).join('; ') || undefined,
      clear: (input) => {
        requireDraft(input)
        input.item[list] = []
      },
      append: (input, value) => {
        requireDraft(input)
        input.item[list] = [...input.item[list], ...readRecipients(input.context.exchange, value)]
      },
    },
  )
}

/** Once a message was sent, who it is from and to is history. @throws EwsRefusal */
function requireDraft({ item }: ItemInput): void {
  if (!item.isDraft) throw new EwsRefusal('ErrorInvalidPropertyUpdateSentMessage')
}

function setOne(property: 'from' | 'sender'): (input: ItemInput, value: Element) => void {
  return (input, value) => {
    requireDraft(input)
    input.item[property] = readMailbox(
      input.context.exchange,
      requireChild(value, 'Mailbox', NAMESPACES.types),
    )
  }
}

function writeOne(name: string, address: Address | undefined): Content {
  return address && element(name, writeMailbox(address))
}

function ownerOf(item: Item): Address {
  const { name, address } = item.mailbox.owner
  return { name, address }
}

/** The subject without the prefixes that replying adds. */
function topicOf(item: Item): string {
  return item.subject.replace(/^(?:[A-Za-z]{1,3}: )+/, '')
}
