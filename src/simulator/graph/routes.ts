import {
  addAttachment,
  deleteAttachment,
  getAttachment,
  getAttachmentContent,
  listAttachments,
} from './attachments.ts'
import {
  changeCalendarPermission,
  getCalendar,
  getCalendarPermission,
  listCalendarPermissions,
} from './calendar-permissions.ts'
import { type GraphAnswer, type GraphContext, type MailboxTarget, resolveTarget } from './context.ts'
import { badRequest, GraphError, notModelled } from './errors.ts'
import { getMailFolder, listMailFolders } from './mail-folders.ts'
import { getMailboxSettings, updateMailboxSettings } from './mailbox-settings.ts'
import {
  createDraft,
  deleteMessage,
  getMessage,
  listMessages,
  moveMessage,
  permanentlyDeleteMessage,
  sendDraft,
  updateMessage,
} from './messages.ts'
import { sendMail } from './send-mail.ts'
import { createUploadSession } from './upload-sessions.ts'
import { getUser } from './users.ts'

/** What stands in the place of each `*` of a route; `folder` is the mail folder the path goes through. */
interface Parameters {
  readonly names: readonly string[]
  readonly folder: string | undefined
}

type Handler = (context: GraphContext, target: MailboxTarget, parameters: Parameters) => GraphAnswer

interface Route {
  readonly method: string
  /** Below `/me` or `/users/{id}`, and for messages also below `/mailFolders/{id}`. */
  readonly path: string
  readonly handle: Handler
}

const name = (parameters: Parameters, index: number): string => parameters.names[index] ?? ''

/** Everything this face does in a mailbox. */
const ROUTES: readonly Route[] = [
  { method: 'POST', path: 'sendMail', handle: sendMail },

  { method: 'GET', path: 'messages', handle: (c, t, p) => listMessages(c, t, p.folder) },
  { method: 'POST', path: 'messages', handle: (c, t, p) => createDraft(c, t, p.folder) },
  { method: 'GET', path: 'messages/*', handle: (c, t, p) => getMessage(c, t, name(p, 0), p.folder) },
  { method: 'PATCH', path: 'messages/*', handle: (c, t, p) => updateMessage(c, t, name(p, 0), p.folder) },
  { method: 'DELETE', path: 'messages/*', handle: (c, t, p) => deleteMessage(c, t, name(p, 0), p.folder) },
  { method: 'POST', path: 'messages/*/send', handle: (c, t, p) => sendDraft(c, t, name(p, 0), p.folder) },
  { method: 'POST', path: 'messages/*/move', handle: (c, t, p) => moveMessage(c, t, name(p, 0), p.folder) },
  {
    method: 'POST',
    path: 'messages/*/permanentDelete',
    handle: (c, t, p) => permanentlyDeleteMessage(c, t, name(p, 0), p.folder),
  },

  {
    method: 'GET',
    path: 'messages/*/attachments',
    handle: (c, t, p) => listAttachments(c, t, name(p, 0), p.folder),
  },
  {
    method: 'POST',
    path: 'messages/*/attachments',
    handle: (c, t, p) => addAttachment(c, t, name(p, 0), p.folder),
  },
  {
    method: 'POST',
    path: 'messages/*/attachments/createUploadSession',
    handle: (c, t, p) => createUploadSession(c, t, name(p, 0), p.folder),
  },
  {
    method: 'GET',
    path: 'messages/*/attachments/*',
    handle: (c, t, p) => getAttachment(c, t, name(p, 0), name(p, 1), p.folder),
  },
  {
    method: 'DELETE',
    path: 'messages/*/attachments/*',
    handle: (c, t, p) => deleteAttachment(c, t, name(p, 0), name(p, 1), p.folder),
  },
  {
    method: 'GET',
    path: 'messages/*/attachments/*/$value',
    handle: (c, t, p) => getAttachmentContent(c, t, name(p, 0), name(p, 1), p.folder),
  },

  { method: 'GET', path: 'mailFolders', handle: (c, t) => listMailFolders(c, t, undefined) },
  { method: 'GET', path: 'mailFolders/*', handle: (c, t, p) => getMailFolder(c, t, name(p, 0)) },
  {
    method: 'GET',
    path: 'mailFolders/*/childFolders',
    handle: (c, t, p) => listMailFolders(c, t, name(p, 0)),
  },

  { method: 'GET', path: 'mailboxSettings', handle: (c, t) => getMailboxSettings(c, t, undefined) },
  { method: 'PATCH', path: 'mailboxSettings', handle: updateMailboxSettings },
  { method: 'GET', path: 'mailboxSettings/*', handle: (c, t, p) => getMailboxSettings(c, t, name(p, 0)) },

  { method: 'GET', path: 'calendar', handle: (c, t) => getCalendar(c, t, undefined) },
  {
    method: 'GET',
    path: 'calendar/calendarPermissions',
    handle: (c, t) => listCalendarPermissions(c, t, undefined),
  },
  { method: 'POST', path: 'calendar/calendarPermissions', handle: changeCalendarPermission },
  {
    method: 'GET',
    path: 'calendar/calendarPermissions/*',
    handle: (c, t, p) => getCalendarPermission(c, t, undefined, name(p, 0)),
  },
  { method: 'PATCH', path: 'calendar/calendarPermissions/*', handle: changeCalendarPermission },
  { method: 'DELETE', path: 'calendar/calendarPermissions/*', handle: changeCalendarPermission },
  { method: 'GET', path: 'calendars/*', handle: (c, t, p) => getCalendar(c, t, name(p, 0)) },
  {
    method: 'GET',
    path: 'calendars/*/calendarPermissions',
    handle: (c, t, p) => listCalendarPermissions(c, t, name(p, 0)),
  },
  {
    method: 'GET',
    path: 'calendars/*/calendarPermissions/*',
    handle: (c, t, p) => getCalendarPermission(c, t, name(p, 0), name(p, 1)),
  },
]

/** Parts of Graph that exist and are not here: refused by name. Anything else is not known to Graph either. */
const NOT_MODELLED = new Set(
  [
    ...['createReply', 'createReplyAll', 'createForward', 'reply', 'replyAll', 'forward', 'copy', '$value'],
    ...['events', 'calendarView', 'calendars', 'calendarGroups', 'contacts', 'contactFolders', 'people'],
    ...['inferenceClassification', 'outlook', 'todo', 'planner', 'drive', 'drives', 'onenote', 'extensions'],
    ...['delta', 'messageRules', 'childFolders', 'manager', 'directReports', 'memberOf', 'photo', 'mentions'],
    ...['getMailTips', 'translateExchangeIds', 'findMeetingTimes', 'users', 'groups', 'me', 'organization'],
    ...[
      'subscriptions',
      'applications',
      'servicePrincipals',
      'search',
      'places',
      'admin',
      'security',
      'teams',
    ],
    ...[
      'chats',
      'sites',
      'communications',
      'reports',
      'identity',
      'directory',
      'domains',
      '$metadata',
      '$count',
    ],
    ...[
      'mailFolders',
      'messages',
      'attachments',
      'exports',
      'settings',
      'calendar',
      'markAsJunk',
      'unsubscribe',
    ],
  ].map((segment) => segment.toLowerCase()),
)

/** Finds and runs what the path and the method ask for. */
export function route(context: GraphContext): GraphAnswer {
  const segments = splitPath(context.path)
  const [first = '', ...rest] = segments
  const isMe = first.toLowerCase() === 'me'
  if (!isMe && !(first.toLowerCase() === 'users' && rest.length > 0)) throw unknownSegment(segments, 0)
  const user = isMe ? undefined : rest.shift()
  if (rest.length === 0) {
    requireMethod(context, ['GET'])
    return getUser(context, user)
  }
  const { path, folder } = throughFolder(rest)
  const matching = ROUTES.flatMap((candidate) => {
    const names = matchPath(candidate.path, path)
    return names ? [{ candidate, names }] : []
  })
  // `createUploadSession` also fits the route of an attachment's id: the fewest variables win.
  const least = Math.min(...matching.map(({ names }) => names.length))
  const routes = matching.filter(({ names }) => names.length === least)
  if (routes.length === 0) throw unknownSegment(path, path.length - 1)
  const chosen = routes.find(({ candidate }) => candidate.method === context.method)
  if (!chosen) throw wrongMethod(routes.map(({ candidate }) => candidate.method))
  const target = resolveTarget(context, user)
  return chosen.candidate.handle(context, target, { names: chosen.names, folder })
}

/** `users('id')/messages` and `users/id/messages` are the same; segments are decoded one by one. */
export function splitPath(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .flatMap((segment) => {
      let text: string
      try {
        text = decodeURIComponent(segment)
      } catch {
        throw badRequest('The path is not properly encoded.')
      }
      const keyed = /^(\w+)\('(.*)'\)$/s.exec(text)
      return keyed ? [keyed[1] ?? '', (keyed[2] ?? '').replaceAll("''", "'")] : [text]
    })
}

/** `mailFolders/{a}/childFolders/{b}/messages/…` means the messages of b. */
function throughFolder(segments: readonly string[]): { path: readonly string[]; folder: string | undefined } {
  if (segments[0]?.toLowerCase() !== 'mailfolders') return { path: segments, folder: undefined }
  let folder = segments[1]
  let at = 2
  while (segments[at]?.toLowerCase() === 'childfolders' && segments[at + 1] !== undefined) {
    folder = segments[at + 1]
    at += 2
  }
  if (folder === undefined) return { path: segments, folder: undefined }
  if (segments[at]?.toLowerCase() === 'messages') return { path: segments.slice(at), folder }
  return { path: ['mailFolders', folder, ...segments.slice(at)], folder: undefined }
}

function matchPath(pattern: string, path: readonly string[]): string[] | undefined {
  const parts = pattern.split('/')
  if (parts.length !== path.length) return undefined
  const names: string[] = []
  for (const [index, part] of parts.entries()) {
    const segment = path[index] ?? ''
    if (part === '*') names.push(segment)
    else if (part.toLowerCase() !== segment.toLowerCase().replace(/^microsoft\.graph\./, '')) return undefined
  }
  return names
}

export function requireMethod(context: Pick<GraphContext, 'method'>, methods: readonly string[]): void {
  if (!methods.includes(context.method)) throw wrongMethod(methods)
}

function wrongMethod(methods: readonly string[]): GraphError {
  return new GraphError(
    405,
    'Request_BadRequest',
    'Specified HTTP method is not allowed for the request target.',
    { allow: [...new Set(methods)].join(', ') },
  )
}

function unknownSegment(segments: readonly string[], at: number): GraphError {
  const known = segments.find((segment) => NOT_MODELLED.has(segment.toLowerCase()) && !hasRoute(segment))
  const last = segments[at] ?? ''
  if (known !== undefined) return notModelled(`'${segments.join('/').slice(0, 200)}' (${known})`)
  if (NOT_MODELLED.has(last.toLowerCase())) return notModelled(`'${segments.join('/').slice(0, 200)}'`)
  return badRequest(`Resource not found for the segment '${last.slice(0, 100)}'.`)
}

function hasRoute(segment: string): boolean {
  return ROUTES.some(({ path }) => path.toLowerCase().split('/').includes(segment.toLowerCase()))
}
