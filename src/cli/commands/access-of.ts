import { unreadDelegates } from '../../plan/mailbox-plan.ts'
import { isUnreachable } from '../../plan/server-watch.ts'
import { accessPrinter, errorWords, unreadResult } from '../access-report.ts'
import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, GROUPS_FLAG, MAILBOXES_FLAG } from '../grants-flags.ts'
import { lookUpUser, oneOf, openBackend, readConcurrency, readMailboxes } from '../grants-input.ts'
import { withProgress } from '../progress.ts'

export const accessOfCommand = defineCommand({
  name: 'access-of',
  summary: 'Shows everything a user can reach in mailboxes, by every path',
  details:
    'As a delegate, by an entry of their own, as member of a group, or because everybody can. Full Access, Send As and impersonation are not visible over EWS, and not among the paths.',
  operands: [
    { name: 'USER', description: 'SMTP address or SID; a name or alias is looked up' },
    { name: 'MAILBOX', description: 'where to look', optional: true, many: true },
  ],
  flags: { ...MAILBOXES_FLAG, ...FOLDERS_FLAG, ...GROUPS_FLAG, ...BACKEND_FLAGS },
  examples: [['access-of adele@contoso.com --mailboxes all.txt', '']],

  async run(context, { flags, operands }) {
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ accessOf }, { FOLDER_SCOPES }] = await Promise.all([
      import('../../plan/audit.ts'),
      import('../../plan/export.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const user = await lookUpUser(context, backend, mailboxes, operands.USER, 'the user')
    const printer = accessPrinter(context, operands.USER)
    let unreadable = 0
    let unreachable = 0
    let partly = 0
    const told = new Set<string>()
    const groups = (flags.groups ?? true) && 'smtpAddress' in user
    if (!groups)
      context.talk('What is reached as member of a group is not among it: groups were not looked into.')
    if (!('smtpAddress' in user))
      context.talk('Nor is it known whether a mailbox is their own: owners are not recognized by a SID.')
    const ways = accessOf(user, mailboxes, {
      backend,
      folders,
      groups,
      ...readConcurrency(flags.concurrency),
    })
    for await (const found of withProgress(context, ways, mailboxes.length)) {
      const { mailbox, missing, delegatesUnread, unknown, error } = found
      if (error && isUnreachable(error.code)) unreachable++
      if (error) unreadable++
      else if (missing.length + unknown.length > 0 || delegatesUnread) partly++
      if (error) context.talk(`${mailbox}: ${errorWords(error)}`)
      if (delegatesUnread) context.talk(`${mailbox}: ${unreadDelegates(delegatesUnread)}`)
      for (const { folder, message } of missing)
        context.talk(`${mailbox}, ${folder}: it could not be read: ${message}`)
      for (const { user: listed, message } of unknown) {
        if (!told.has(listed)) context.talk(`${listed}: whether it is a group is not known: ${message}`)
        told.add(listed)
      }
      context.print(printer.mailbox(found))
    }
    context.print(printer.end())
    return unreadResult(mailboxes.length, unreadable, partly, unreachable)
  },
})
