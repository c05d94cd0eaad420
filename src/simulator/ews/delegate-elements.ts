import { DELEGATE_FOLDERS, type DelegateFolder, type DeliverMeetingRequests } from '../../model/delegate.ts'
import type { DelegateLevel } from '../../model/permission-level.ts'
import {
  childBoolean,
  childText,
  type Element,
  findChild,
  findChildren,
  requireChild,
} from '../../xml/element.ts'
import { NAMESPACES } from '../../xml/namespaces.ts'
import { mayManageDelegates } from '../store/access.ts'
import type { DelegateChange, DelegateOutcome, DelegateState } from '../store/delegation.ts'
import type { Recipient } from '../store/directory.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { attempt, EwsRefusal } from './errors.ts'
import { requireMailbox } from './mailbox-reference.ts'
import type { EwsContext } from './operation.ts'
import { errorContent, message, noError } from './response.ts'
import { type Account, findAccount, readUserId, writeAccount } from './user-id.ts'
import { type Content, element, elementWith, optional, type XmlNode } from './writer.ts'

/** The wire name of each folder's level. */
const LEVEL_ELEMENTS: Readonly<Record<DelegateFolder, string>> = {
  calendar: 'CalendarFolderPermissionLevel',
  tasks: 'TasksFolderPermissionLevel',
  inbox: 'InboxFolderPermissionLevel',
  contacts: 'ContactsFolderPermissionLevel',
  notes: 'NotesFolderPermissionLevel',
  journal: 'JournalFolderPermissionLevel',
}

/** What a delegate operation answers when it could be carried out. */
export interface DelegateAnswer {
  /** One per delegate, in the order of the request. */
  readonly messages: readonly XmlNode[]
  /** GetDelegate alone has it. */
  readonly deliverMeetingRequests?: DeliverMeetingRequests
}

/**
 * The answer of a delegate operation. Its root is itself a response message, and says Success even when every
 * delegate was refused; without delegates there is no ResponseMessages (an empty one is against the schema).
 */
export function delegateResponse(operation: string, work: () => DelegateAnswer): XmlNode {
  const name = `m:${operation}Response`
  const outcome = attempt(work)
  if ('refusal' in outcome)
    return elementWith(name, { ResponseClass: 'Error' }, errorContent(outcome.refusal))
  const { messages, deliverMeetingRequests } = outcome.value
  return elementWith(
    name,
    { ResponseClass: 'Success' },
    noError(),
    messages.length === 0 ? undefined : element('m:ResponseMessages', messages),
    optional('m:DeliverMeetingRequests', deliverMeetingRequests),
  )
}

/** One delegate's message; the schema calls the element a type. */
export function delegateMessage(work: () => Content): XmlNode {
  return message('m:DelegateUserResponseMessageType', work)
}

/** The request's mailbox. @throws EwsRefusal */
export function requireDelegateMailbox(context: EwsContext, request: Element): Mailbox {
  return requireMailbox(context.exchange, requireChild(request, 'Mailbox', NAMESPACES.messages))
}

/** The request's mailbox, when the caller may manage its delegates. @throws EwsRefusal `ErrorAccessDenied` */
export function requireManagedMailbox(context: EwsContext, request: Element): Mailbox {
  const mailbox = requireDelegateMailbox(context, request)
  if (!mayManageDelegates(context.exchange, context.user, mailbox)) throw new EwsRefusal('ErrorAccessDenied')
  return mailbox
}

/** The `t:UserId` elements of a request's `m:UserIds`. */
export function userIds(request: Element): Element[] | undefined {
  const list = findChild(request, 'UserIds', NAMESPACES.messages)
  return list && findChildren(list, 'UserId', NAMESPACES.types)
}

/** The `t:DelegateUser` elements of a request's `m:DelegateUsers`. */
export function delegateUsers(request: Element): Element[] {
  const list = findChild(request, 'DelegateUsers', NAMESPACES.messages)
  return list ? findChildren(list, 'DelegateUser', NAMESPACES.types) : []
}

/** Takes over the request's DeliverMeetingRequests; without one the mailbox keeps what it has. */
export function applyDeliverMeetingRequests(mailbox: Mailbox, request: Element): void {
  const value = childText(request, 'DeliverMeetingRequests', NAMESPACES.messages)
  if (value !== undefined) mailbox.delegates.deliverMeetingRequests = value as DeliverMeetingRequests
}

/** The account that a delegate's `t:UserId` names. @throws EwsRefusal */
export function requireDelegateAccount(context: EwsContext, userId: Element): Account {
  const id = readUserId(userId)
  if (id.distinguishedUser) throw new EwsRefusal('ErrorDistinguishedUserNotSupported')
  if (id.externalUser) throw new EwsRefusal('ErrorInvalidDelegateUserId')
  const account = findAccount(context.exchange, id, 'ErrorInvalidDelegateUserId')
  if (!account) throw new EwsRefusal('ErrorDelegateNoUser')
  const name = account.user?.name
  if (
    id.displayName !== undefined &&
    name !== undefined &&
    id.displayName.toLowerCase() !== name.toLowerCase()
  ) {
    throw new EwsRefusal('ErrorInvalidDelegateUserId')
  }
  return account
}

/** The user and the settings of a `t:DelegateUser`. @throws EwsRefusal */
export function readDelegateUser(
  context: EwsContext,
  delegateUser: Element,
): { user: Recipient; change: DelegateChange } {
  const { user } = requireDelegateAccount(context, requireChild(delegateUser, 'UserId', NAMESPACES.types))
  if (!user) throw new EwsRefusal('ErrorDelegateNoUser')
  const permissions = findChild(delegateUser, 'DelegatePermissions', NAMESPACES.types)
  const levels: Partial<Record<DelegateFolder, DelegateLevel>> = {}
  for (const folder of DELEGATE_FOLDERS) {
    const level = permissions && childText(permissions, LEVEL_ELEMENTS[folder], NAMESPACES.types)
    if (level === undefined) continue
    // Valid for the schema, but Exchange only ever answers it (DelegatePermissions.cs of the EWS Managed API).
    if (level === 'Custom') throw new EwsRefusal('ErrorInvalidDelegatePermission')
    levels[folder] = level as DelegateLevel
  }
  return {
    user,
    change: {
      levels,
      receiveCopiesOfMeetingMessages: childBoolean(
        delegateUser,
        'ReceiveCopiesOfMeetingMessages',
        NAMESPACES.types,
      ),
      viewPrivateItems: childBoolean(delegateUser, 'ViewPrivateItems', NAMESPACES.types),
    },
  }
}

/** What the store did. @throws EwsRefusal when it refused. */
export function requireDone(outcome: DelegateOutcome): DelegateState {
  if (!outcome.ok) throw new EwsRefusal(outcome.code)
  return outcome.delegate
}

/** The `m:DelegateUser` of an answer; AddDelegate and UpdateDelegate answer it without levels. */
export function writeDelegate(delegate: DelegateState, levels?: XmlNode): XmlNode {
  return element(
    'm:DelegateUser',
    writeAccount(delegate),
    levels,
    element('t:ReceiveCopiesOfMeetingMessages', delegate.receiveCopiesOfMeetingMessages),
    element('t:ViewPrivateItems', delegate.viewPrivateItems),
  )
}

/** The delegate's levels; folders at None are left out, as in the sample of the GetDelegate operation page. */
export function writeDelegatePermissions(mailbox: Mailbox, delegate: DelegateState): XmlNode {
  return element(
    't:DelegatePermissions',
    DELEGATE_FOLDERS.map((folder) => {
      const level = mailbox.delegates.level(delegate.sid, folder)
      return level === 'None' ? undefined : element(`t:${LEVEL_ELEMENTS[folder]}`, level)
    }),
  )
}
