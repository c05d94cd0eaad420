import { type Folder, isClass } from '../store/folder.ts'
import { has, RIGHTS } from '../store/rights.ts'
import { collectionPage } from './collection.ts'
import {
  folderRights,
  type GraphAnswer,
  type GraphContext,
  type MailboxTarget,
  requireMailScope,
  requireSomeAccess,
} from './context.ts'
import { itemNotFound, malformedId } from './errors.ts'
import { folderIdOf } from './ids.ts'
import { project, readItemQuery, readListQuery } from './query.ts'

/** Well-known names of mail folders: https://learn.microsoft.com/graph/api/resources/mailfolder */
const WELL_KNOWN_NAMES = [
  'archive',
  'clutter',
  'conflicts',
  'conversationhistory',
  'deleteditems',
  'drafts',
  'inbox',
  'junkemail',
  'localfailures',
  'msgfolderroot',
  'outbox',
  'recoverableitemsdeletions',
  'scheduled',
  'searchfolders',
  'sentitems',
  'serverfailures',
  'syncissues',
]

const PROPERTIES = [
  'id',
  'displayName',
  'parentFolderId',
  'childFolderCount',
  'unreadItemCount',
  'totalItemCount',
  'sizeInBytes',
  'isHidden',
]

/** By well-known name in any case, or by id. @throws GraphError when it is not there or may not be opened. */
export function requireMailFolder(context: GraphContext, target: MailboxTarget, name: string): Folder {
  const folder = findMailFolder(target, name)
  if (!folder || !mayRead(context, folder)) throw itemNotFound()
  return folder
}

function findMailFolder(target: MailboxTarget, name: string): Folder | undefined {
  const wellKnown = name.toLowerCase()
  if (WELL_KNOWN_NAMES.includes(wellKnown)) return target.mailbox.distinguished(wellKnown)
  if (!/^[A-Za-z0-9_=-]{20,1000}$/.test(name)) throw malformedId()
  const folder = target.mailbox.findFolder(name.replaceAll('_', '+').replaceAll('-', '/'))
  return folder && isMailFolder(folder) ? folder : undefined
}

export function isMailFolder(folder: Folder): boolean {
  return folder.distinguishedName === 'msgfolderroot' || isClass(folder.folderClass, 'IPF.Note')
}

/** A folder that is only visible can be looked at, not into. */
function mayRead(context: GraphContext, folder: Folder): boolean {
  const rights = folderRights(context, folder)
  return has(rights, RIGHTS.readAny) || has(rights, RIGHTS.visible) || has(rights, RIGHTS.owner)
}

/** GET /mailFolders and /mailFolders/{id}/childFolders */
export function listMailFolders(
  context: GraphContext,
  target: MailboxTarget,
  parent: string | undefined,
): GraphAnswer {
  requireMailScope(context, target, 'read')
  requireSomeAccess(context, target)
  const root =
    parent === undefined
      ? target.mailbox.distinguished('msgfolderroot')
      : requireMailFolder(context, target, parent)
  const query = readListQuery(context.query, PROPERTIES)
  const children = (root?.children() ?? []).filter(
    (folder) => isMailFolder(folder) && mayRead(context, folder),
  )
  return {
    status: 200,
    body: collectionPage(
      context,
      query,
      children.map((folder) => folderJson(folder)),
      `users('${target.owner.id}')/mailFolders`,
    ),
  }
}

/** GET /mailFolders/{id} */
export function getMailFolder(context: GraphContext, target: MailboxTarget, name: string): GraphAnswer {
  requireMailScope(context, target, 'read')
  const folder = requireMailFolder(context, target, name)
  const { select } = readItemQuery(context.query, PROPERTIES)
  return {
    status: 200,
    body: {
      '@odata.context': `${context.origin}/${context.version}/$metadata#users('${target.owner.id}')/mailFolders/$entity`,
      ...project(folderJson(folder), select),
    },
  }
}

function folderJson(folder: Folder): Record<string, unknown> {
  const items = folder.items()
  return {
    id: folderIdOf(folder),
    displayName: folder.displayName,
    parentFolderId: folder.parent ? folderIdOf(folder.parent) : null,
    childFolderCount: folder.children().filter(isMailFolder).length,
    unreadItemCount: items.filter((item) => !item.isRead && !item.isDraft).length,
    totalItemCount: items.length,
    sizeInBytes: items.reduce(
      (sum, item) =>
        sum +
        (item.body?.content.length ?? 0) +
        item.attachments.reduce((size, attachment) => size + attachment.content.length, 0),
      0,
    ),
    isHidden: false,
  }
}
