import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, folderNameParts } from '../model/folder-name.ts'
import { type Grant, rightsOf } from '../model/mailbox-state.ts'
import type {
  DelegateGrant,
  DelegateGrantChange,
  DelegatesStep,
  EntryChange,
  FolderStep,
} from '../model/mailbox-step.ts'
import type { NamedLevel } from '../model/permission-level.ts'
import { describeUser, type UserRef } from '../model/user-ref.ts'
import { bearsOnPlan, errorText, type MailboxPlan } from './mailbox-plan.ts'
import { printable } from './render.ts'

/**
 * What stands before the cmdlets: folders are found by what they are, because their names differ by language.
 */
export const POWERSHELL_HEAD: readonly string[] = [
  '# Needs a session with Exchange Management Shell or Connect-ExchangeOnline.',
  '# Lines that begin with "# CANNOT" name what these cmdlets cannot do, what is not possible at all, and mailboxes that',
  '# could not be read; the rest of the plan does not depend on them. Those with "# NOTE" say what else has to be',
  '# known of it.',
  "$ErrorActionPreference = 'Stop'",
  'function Find-Folder($Mailbox, $Type) {',
  '  $folder = Get-MailboxFolderStatistics -Identity $Mailbox -FolderScope $Type | Where-Object FolderType -eq $Type | Select-Object -First 1',
  '  if (-not $folder) { throw "$Mailbox has no folder of type $Type." }',
  "  $Mailbox + ':' + ($folder.FolderPath -replace '/', '\\')",
  '}',
]

/** `FolderType` of Get-MailboxFolderStatistics by well-known name. */
const FOLDER_TYPES: Readonly<Record<string, string>> = {
  calendar: 'Calendar',
  tasks: 'Tasks',
  inbox: 'Inbox',
  contacts: 'Contacts',
  notes: 'Notes',
  journal: 'Journal',
  sentitems: 'SentItems',
  drafts: 'Drafts',
  deleteditems: 'DeletedItems',
  outbox: 'Outbox',
  junkemail: 'JunkEmail',
}

/** Levels that the cmdlets call by another name. */
const ACCESS_RIGHTS: Readonly<Partial<Record<NamedLevel, string>>> = {
  NoneditingAuthor: 'NonEditingAuthor',
  FreeBusyTimeOnly: 'AvailabilityOnly',
  FreeBusyTimeAndSubjectAndLocation: 'LimitedDetails',
}

/**
 * A mailbox's plan as Exchange cmdlets, to be reviewed or run elsewhere.
 * @see https://learn.microsoft.com/powershell/module/exchange/add-mailboxfolderpermission
 */
export function renderPowerShell(plan: MailboxPlan): string[] {
  const { mailbox, steps, blocked, notes, error } = plan
  const lines = [
    ...steps.flatMap((step) =>
      step.type === 'folder' ? folderLines(mailbox, step) : delegateLines(mailbox, step),
    ),
    ...blocked.map(({ folder, user, reason }) =>
      cannot(`be done: ${[folder, user, reason].filter((part) => part !== undefined).join(': ')}`),
    ),
    ...(error ? [cannot(`be read: ${errorText(error)}`)] : []),
    ...notes
      .filter(bearsOnPlan)
      .map(({ folder, text }) => `# NOTE ${printable(folder === undefined ? text : `${folder}: ${text}`)}`),
  ]
  return lines.length === 0 ? [] : [`# ${printable(mailbox)}`, ...lines]
}

function folderLines(mailbox: string, step: FolderStep): string[] {
  const identity = identityOf(mailbox, step.folder)
  if (identity === undefined) return [cannot(`name the folder ${step.folder}; its entries are left out.`)]
  return [
    ...step.changes.map((change) => entryLine(identity, change)),
    ...(step.drops ?? []).map((name) =>
      cannot(`take ${name} off ${step.folder}: it goes when a client writes the list.`),
    ),
  ]
}

function entryLine(identity: string, { user, before, after }: EntryChange): string {
  if (after === undefined)
    return `Remove-MailboxFolderPermission -Identity ${identity} -User ${named(user)} -Confirm:$false`
  const verb = before === undefined && !('distinguishedUser' in user) ? 'Add' : 'Set'
  const rights = accessRights(after)
  if (rights === undefined) {
    return cannot(`give ${describeUser(user)} free/busy rights together with others.`)
  }
  return `${verb}-MailboxFolderPermission -Identity ${identity} -User ${named(user)} -AccessRights ${rights}`
}

function delegateLines(mailbox: string, step: DelegatesStep): string[] {
  const lines: string[] = []
  for (const change of step.changes) {
    const { user, before, after, replaces = {}, orphan } = change
    const onBehalf = (verb: 'Add' | 'Remove') =>
      `Set-Mailbox -Identity ${quote(mailbox)} -GrantSendOnBehalfTo @{ ${verb} = ${named(user)} }`
    if (orphan) {
      lines.push(cannot(`remove the delegate ${describeUser(user)}, whose account is gone.`))
      continue
    }
    if (step.action === 'remove') {
      for (const folder of DELEGATE_FOLDERS) {
        if (hasEntry(before?.levels[folder], replaces[folder]))
          lines.push(entryLine(find(mailbox, folder), { user, before: 'None' }))
      }
      lines.push(onBehalf('Remove'))
      continue
    }
    if (after) lines.push(...levelLines(mailbox, { ...change, after }))
    if (step.action === 'add') lines.push(onBehalf('Add'))
  }
  if (step.delivery)
    lines.push(cannot(`set where meeting requests go (${step.delivery.after}); no cmdlet does.`))
  return lines
}

/** A level of None does not tell an entry of None from none at all. */
function hasEntry(level: Grant | 'Custom' | undefined, replaced: Grant | undefined): boolean {
  return replaced !== undefined || (level !== undefined && level !== 'None')
}

function levelLines(
  mailbox: string,
  change: DelegateGrantChange & { readonly after: DelegateGrant },
): string[] {
  const { user, before, after, replaces = {} } = change
  const lines: string[] = []
  for (const folder of DELEGATE_FOLDERS) {
    const level = after.levels[folder]
    if (level === undefined || level === 'Custom') continue
    const present = hasEntry(before?.levels[folder], replaces[folder])
    if (level === 'None' && !present) continue
    const line = entryLine(find(mailbox, folder), {
      user,
      ...(present ? { before: 'None' as const } : {}),
      ...(level === 'None' ? {} : { after: level }),
    })
    lines.push(...(folder === 'calendar' ? calendarLines(line, change) : [line]))
  }
  const says = after.viewPrivateItems !== undefined || after.receiveCopiesOfMeetingMessages !== undefined
  const unsaid = after.viewPrivateItems || after.receiveCopiesOfMeetingMessages || before !== undefined
  if (!lines.some((line) => line.includes(find(mailbox, 'calendar'))) && says && unsaid) {
    const what = `change private items or meeting copies of ${describeUser(user)}`
    lines.push(cannot(`${what} without setting the calendar anew.`))
  }
  return lines
}

/**
 * Flags exist for Editor on the calendar alone; private items are a flag of those who receive meeting copies; and a
 * line without flags takes them away.
 * @see https://learn.microsoft.com/powershell/module/exchange/set-mailboxfolderpermission
 */
function calendarLines(line: string, { user, before, after }: DelegateGrantChange): string[] {
  const name = describeUser(user)
  const had = before?.levels.calendar
  // Exchange gives copies to nobody without Editor.
  const couldCopy = had === undefined || had === 'Custom' || rightsOf(had).editItems === 'All'
  const copies = after?.receiveCopiesOfMeetingMessages ?? (before && couldCopy ? undefined : false)
  const items = after?.viewPrivateItems ?? (before ? undefined : false)
  const flags = copies && after?.levels.calendar === 'Editor'
  const lost = [
    ...(items === undefined ? ['private items'] : []),
    ...(copies === undefined ? ['meeting copies'] : []),
  ]
  const names = flags ? ` -SharingPermissionFlags Delegate${items ? ',CanViewPrivateItems' : ''}` : ''
  return [
    ...(lost.length > 0
      ? [cannot(`keep ${lost.join(' and ')} of ${name}, if they have them: this line takes them away.`)]
      : []),
    `${line}${names}`,
    ...(copies && !flags ? [cannot(`give ${name} meeting copies without Editor on the calendar.`)] : []),
    ...(items && !flags ? [cannot(`give ${name} private items without meeting copies.`)] : []),
  ]
}

function accessRights(grant: Grant): string | undefined {
  if (typeof grant === 'string') return ACCESS_RIGHTS[grant] ?? grant
  const rights = rightsOf(grant)
  if (rights.readItems.startsWith('Time')) return undefined
  const names = [
    ...(rights.createItems ? ['CreateItems'] : []),
    ...(rights.createSubFolders ? ['CreateSubfolders'] : []),
    ...(rights.folderOwner ? ['FolderOwner'] : []),
    ...(rights.folderVisible ? ['FolderVisible'] : []),
    ...(rights.folderContact ? ['FolderContact'] : []),
    ...(rights.readItems === 'FullDetails' ? ['ReadItems'] : []),
    ...scoped(rights.editItems, 'Edit'),
    ...scoped(rights.deleteItems, 'Delete'),
  ]
  return names.join(',') || 'None'
}

function scoped(scope: 'None' | 'Owned' | 'All', verb: 'Edit' | 'Delete'): string[] {
  if (scope === 'None') return []
  return scope === 'Owned' ? [`${verb}OwnedItems`] : [`${verb}OwnedItems`, `${verb}AllItems`]
}

function identityOf(mailbox: string, folder: FolderName): string | undefined {
  const parts = folderNameParts(folder)
  if ('id' in parts) return undefined
  // The cmdlets part names at both.
  if ('path' in parts && parts.path.some((part) => /[\\/]/.test(part))) return undefined
  if ('path' in parts) return quote(`${mailbox}:\\${parts.path.join('\\')}`)
  return parts.distinguished in FOLDER_TYPES ? find(mailbox, parts.distinguished) : undefined
}

function find(mailbox: string, folder: DelegateFolder | string): string {
  return `(Find-Folder ${quote(mailbox)} ${FOLDER_TYPES[folder]})`
}

function named(user: UserRef): string {
  return 'distinguishedUser' in user ? user.distinguishedUser : quote(describeUser(user))
}

/** PowerShell takes the typographic quotes for the plain one, and nothing else has a meaning between them. */
function quote(text: string): string {
  return `'${printable(text).replaceAll(/['\u2018-\u201B]/g, '$&$&')}'`
}

function cannot(what: string): string {
  return `# CANNOT ${printable(what)}`
}
