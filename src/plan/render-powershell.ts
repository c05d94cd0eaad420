import { DELEGATE_FOLDERS, type DelegateFolder } from '../model/delegate.ts'
import { type FolderName, folderNameParts } from '../model/folder-name.ts'
import { type Grant, rightsOf } from '../model/mailbox-state.ts'
import type { DelegateGrant, DelegatesStep, EntryChange, FolderStep } from '../model/mailbox-step.ts'
import type { NamedLevel } from '../model/permission-level.ts'
import { describeUser, type UserRef } from '../model/user-ref.ts'
import type { MailboxPlan } from './mailbox-plan.ts'
import { printable } from './render.ts'

/**
 * What stands before the cmdlets: folders are found by what they are, because their names differ by language.
 */
export const POWERSHELL_HEAD: readonly string[] = [
  '# Needs a session with Exchange Management Shell or Connect-ExchangeOnline.',
  '# Lines that begin with "# CANNOT" name what these cmdlets cannot do; the rest of the plan does not depend on them.',
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
  if (plan.steps.length === 0) return []
  return [
    `# ${printable(plan.mailbox)}`,
    ...plan.steps.flatMap((step) =>
      step.type === 'folder' ? folderLines(plan.mailbox, step) : delegateLines(plan.mailbox, step),
    ),
  ]
}

function folderLines(mailbox: string, step: FolderStep): string[] {
  const identity = identityOf(mailbox, step.folder)
  if (identity === undefined) return [cannot(`name the folder ${step.folder}; its entries are left out.`)]
  return [
    ...step.changes.map((change) => entryLine(identity, change)),
    ...(step.drops ?? []).map(
      (name) => `# ${printable(name)} goes when a client writes the list; cmdlets leave it.`,
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
  for (const { user, before, after } of step.changes) {
    const onBehalf = (verb: 'Add' | 'Remove') =>
      `Set-Mailbox -Identity ${quote(mailbox)} -GrantSendOnBehalfTo @{ ${verb} = ${named(user)} }`
    if (step.action === 'remove') {
      for (const folder of DELEGATE_FOLDERS) {
        const level = before?.levels[folder]
        if (level !== undefined && level !== 'None')
          lines.push(entryLine(find(mailbox, folder), { user, before: 'None' }))
      }
      lines.push(onBehalf('Remove'))
      continue
    }
    if (after) lines.push(...levelLines(mailbox, user, before, after))
    if (step.action === 'add') lines.push(onBehalf('Add'))
  }
  if (step.delivery)
    lines.push(cannot(`set where meeting requests go (${step.delivery.after}); no cmdlet does.`))
  return lines
}

function levelLines(
  mailbox: string,
  user: UserRef,
  before: DelegateGrant | undefined,
  after: DelegateGrant,
): string[] {
  const lines: string[] = []
  const flags = [
    ...(after.receiveCopiesOfMeetingMessages ? ['Delegate'] : []),
    ...(after.viewPrivateItems ? ['Delegate', 'CanViewPrivateItems'] : []),
  ]
  const names = [...new Set(flags)].join(',')
  for (const folder of DELEGATE_FOLDERS) {
    const level = after.levels[folder]
    if (level === undefined) continue
    const had = before?.levels[folder]
    if (level === 'None') {
      if (had !== undefined && had !== 'None')
        lines.push(entryLine(find(mailbox, folder), { user, before: 'None' }))
      continue
    }
    if (level === 'Custom') continue
    const line = entryLine(find(mailbox, folder), {
      user,
      ...(had === undefined || had === 'None' ? {} : { before: 'None' as const }),
      after: level,
    })
    // The flags exist for Editor on the calendar alone.
    lines.push(
      folder === 'calendar' && level === 'Editor' && names
        ? `${line} -SharingPermissionFlags ${names}`
        : line,
    )
  }
  const flagged = after.levels.calendar === 'Editor'
  const saysFlags = after.viewPrivateItems !== undefined || after.receiveCopiesOfMeetingMessages !== undefined
  if (names && !flagged) {
    lines.push(
      cannot(
        `give ${describeUser(user)} ${after.viewPrivateItems ? 'private items' : 'meeting copies'} without Editor on the calendar in the same line.`,
      ),
    )
  } else if (flagged && after.viewPrivateItems && after.receiveCopiesOfMeetingMessages === false)
    lines.push(cannot(`give ${describeUser(user)} private items without meeting copies.`))
  else if (
    saysFlags &&
    !names &&
    before &&
    (before.viewPrivateItems || before.receiveCopiesOfMeetingMessages)
  )
    lines.push(
      cannot(
        `take private items or meeting copies from ${describeUser(user)} without setting the calendar anew.`,
      ),
    )
  return lines
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
