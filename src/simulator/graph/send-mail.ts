import { refuseUnread, submit } from '../store/submission.ts'
import {
  type GraphAnswer,
  type GraphContext,
  type MailboxTarget,
  sendEndpoint,
  sendScope,
  submitterOf,
} from './context.ts'
import { badRequest, GraphError, submissionRefused, unreadableBody } from './errors.ts'
import { type JsonObject, parseJsonBody } from './json-body.ts'
import { type MessageFields, outgoing, readMessage } from './message-input.ts'
import { readMimeBody } from './mime.ts'

/** POST /me/sendMail and /users/{id|upn}/sendMail, in JSON or MIME. */
export function sendMail(context: GraphContext, target: MailboxTarget): GraphAnswer {
  const way = {
    token: context.principal.user ? 'user' : 'app',
    scope: sendScope(context.principal),
    endpoint: sendEndpoint(context, target),
  } as const
  const refused = refuseUnread(way)
  if (refused) throw submissionRefused(refused)
  const { message, saveToSentItems } = readSendMail(context)
  const result = submit(context.exchange, {
    submitter: submitterOf(context, target),
    viaMailbox: target.owner,
    message: outgoing(message),
    saveToSentItems,
    ...way,
  })
  if (!result.ok) throw submissionRefused(result)
  return { status: 202 }
}

/** What a body is: decided by its content type alone, as the service does. */
export function bodyFormat(context: GraphContext): 'json' | 'mime' {
  const type = (context.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'text/plain') return 'mime'
  if (type === 'application/json' || type === '') return 'json'
  throw new GraphError(
    415,
    'UnsupportedMediaType',
    `The content type '${(type ?? '').slice(0, 100)}' is not supported: it is application/json, or text/plain for MIME.`,
  )
}

function readSendMail(context: GraphContext): { message: MessageFields; saveToSentItems: boolean } {
  if (bodyFormat(context) === 'mime') {
    return { message: readMimeBody(context.body, context.exchange.now()), saveToSentItems: true }
  }
  if (context.body.length === 0) throw badRequest('Empty Payload. JSON content expected.')
  const json = parseJsonBody(context.body, 'microsoft.graph.sendMail')
  if (!json.has('message') && isBareMessage(context, json)) {
    const bare = parseJsonBody(context.body, 'microsoft.graph.message')
    return { message: readMessage(context.exchange, bare, context.version), saveToSentItems: true }
  }
  requireParameters(json)
  const message = json.object('message', 'microsoft.graph.message')
  if (!message) throw badRequest("The value of the parameter 'Message' is null or missing; it is required.")
  return {
    message: readMessage(context.exchange, message, context.version),
    saveToSentItems: readSaveToSentItems(json),
  }
}

/**
 * Example 6 of the beta page of "user: sendMail" sends a message without the `message` parameter and says that it
 * is accepted. So it is on beta; on v1.0, where no such example is, the parameter is required as documented.
 */
function isBareMessage(context: GraphContext, json: JsonObject): boolean {
  return context.version === 'beta' && json.has('toRecipients')
}

function requireParameters(json: JsonObject): void {
  const unknown = json.names().find((name) => {
    return !['message', 'savetosentitems'].includes(name.toLowerCase()) && !name.includes('@')
  })
  if (unknown === undefined) return
  throw unreadableBody(
    `The parameter '${unknown.slice(0, 100)}' in the request payload is not a valid parameter for the operation 'sendMail'.`,
  )
}

/** A boolean, or its text: Example 1 of the page sends `"saveToSentItems": "false"`. */
function readSaveToSentItems(json: JsonObject): boolean {
  const value = json.value('saveToSentItems')
  if (typeof value === 'string') {
    if (/^true$/i.test(value)) return true
    if (/^false$/i.test(value)) return false
  }
  return json.flag('saveToSentItems') ?? true
}
