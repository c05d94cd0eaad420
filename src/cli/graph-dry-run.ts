import { buildFileAttachment, INLINE_LIMIT } from '../graph/attachment.ts'
import type { GraphClient } from '../graph/client.ts'
import { checkMessage, requireRecipients } from '../graph/message.ts'
import { type GraphRequest, mailboxPath } from '../graph/request.ts'
import { prepareSendMail, type SendMailInput } from '../graph/send-mail.ts'
import { prepareUploadSession } from '../graph/upload-session.ts'
import type { UnsentRequest } from './dry-run.ts'
import type { MailOrder } from './mail-input.ts'

/** What stands for an id that only the server's answer tells. */
const DRAFT_ID = '{id}'

/**
 * The requests that a mail is sent with, in their order; judges the mail on the way.
 * @param root of Graph, without a version.
 * @throws InvalidInputError when the mail cannot be right.
 */
export function mailRequests(order: MailOrder, client: GraphClient, root: string): UnsentRequest[] {
  const unsent = (operation: string, request: GraphRequest, condition?: string): UnsentRequest => ({
    operation,
    method: request.method,
    url: `${root.replace(/\/+$/, '')}/${client.version}${request.path}`,
    body: bodyText(request),
    ...(condition === undefined ? {} : { condition }),
  })
  if (order.way === 'at once') {
    return [unsent('sendMail', prepareSendMail(order.input, { version: client.version }))]
  }
  if (order.way === 'by draft') requireRecipients(checkMessage(order.input, client.version))
  return draftRequests(order.input, client, order.way === 'by draft').map(([operation, request]) =>
    unsent(operation, request, operation === 'createMessage' ? undefined : `${DRAFT_ID} is the draft’s`),
  )
}

function draftRequests(
  input: SendMailInput,
  client: GraphClient,
  send: boolean,
): (readonly [operation: string, request: GraphRequest])[] {
  const { request, remaining } = client.prepareDraft(input)
  const draft = `${mailboxPath(input.as)}/messages/${DRAFT_ID}`
  return [
    ['createMessage', request],
    ...remaining.map((attachment) =>
      attachment.content.byteLength >= INLINE_LIMIT
        ? (['createUploadSession', prepareUploadSession(`${draft}/attachments`, attachment)] as const)
        : ([
            'addAttachment',
            {
              method: 'POST',
              path: `${draft}/attachments`,
              headers: {},
              body: buildFileAttachment(attachment),
            },
          ] as const),
    ),
    ...(send ? [['send', { method: 'POST', path: `${draft}/send`, headers: {} }] as const] : []),
  ]
}

function bodyText({ body }: GraphRequest): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)
}
