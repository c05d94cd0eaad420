import { resolve } from 'node:path'
import type { AuditFinding } from '../../plan/audit.ts'
import type { DesiredMailbox } from '../../plan/desired.ts'
import { isUnreachable } from '../../plan/server-watch.ts'
import { auditPrinter, unreadResult } from '../access-report.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, GROUPS_FLAG, MAILBOXES_FLAG } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readGrantFiles, readMailboxes } from '../grants-input.ts'
import { withProgress } from '../progress.ts'

export const auditCommand = defineCommand({
  name: 'audit',
  summary: 'Shows who can open mailboxes, by every path, and what is not as it should be',
  details:
    'Reads only. Full Access, Send As and impersonation are not visible over EWS, and not among the paths. With --fix, what can be mended is saved as a plan, to be looked at and applied. Groups are shown with how many people are in them; access-of shows what somebody reaches by them.',
  operands: [{ name: 'MAILBOX', description: 'primary SMTP address', optional: true, many: true }],
  usage: '(MAILBOX… | --mailboxes FILE) [options]',
  flags: {
    ...MAILBOXES_FLAG,
    ...FOLDERS_FLAG,
    ...GROUPS_FLAG,
    grants: { type: 'text', value: 'FILE', description: 'a file of grants, to find what has run out' },
    fix: {
      type: 'text',
      value: 'PLAN',
      description: 'save what mends the findings as a plan: errors and warnings, or what --kind names',
    },
    kind: {
      type: 'list',
      value: 'KIND',
      description:
        'findings of this kind alone, such as open-to-all, and what could not be read; may be given several times',
    },
    ...BACKEND_FLAGS,
  },
  examples: [
    ['audit allan@contoso.com', ''],
    ['audit --mailboxes all.txt --folders all --output csv > access.csv', ''],
    ['audit --mailboxes all.txt --fix mend.plan', 'then: apply mend.plan'],
    ['audit --mailboxes all.txt --kind orphaned-entry --fix orphans.plan', 'one thing at a time'],
  ],

  async run(context, { flags, operands }) {
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ audit, FINDING_KINDS, fixesOf }, { FOLDER_SCOPES }, { PlanWriter }] = await Promise.all([
      import('../../plan/audit.ts'),
      import('../../plan/export.ts'),
      import('../../plan/plan-file.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const kinds = flags.kind.map((kind) => oneOf(kind, FINDING_KINDS, 'a kind of finding'))
    const described =
      flags.grants === undefined ? undefined : await expiredOf(context, flags.grants, mailboxes)
    const found = audit(mailboxes, {
      backend,
      folders,
      groups: flags.groups ?? true,
      ...(described ? { described } : {}),
      ...readConcurrency(flags.concurrency),
    })
    const writer =
      flags.fix === undefined
        ? undefined
        : await PlanWriter.create(resolve(context.io.cwd, flags.fix), {
            made: new Date().toISOString(),
            by: 'audit',
          })
    const printer = auditPrinter(context)
    let unreadable = 0
    let unreachable = 0
    let partly = 0
    try {
      for await (const { findings: all, ...rest } of withProgress(context, found, mailboxes.length)) {
        if (rest.error && isUnreachable(rest.error.code)) unreachable++
        if (rest.error) unreadable++
        else if (all.some(isUnreadable)) partly++
        // Of what is not known nobody can say that it has no finding of the kind.
        const findings =
          kinds.length === 0 ? all : all.filter((one) => isUnreadable(one) || kinds.includes(one.kind))
        context.print(printer.mailbox({ ...rest, findings }))
        // What is worth knowing may well be meant, so that it is mended only when it is named.
        const mended = kinds.length === 0 ? findings.filter(({ severity }) => severity !== 'info') : findings
        await writer?.add({ mailbox: rest.mailbox, steps: fixesOf(mended), blocked: [], notes: [] })
      }
    } catch (error) {
      await writer?.discard()
      throw error
    }
    const summary = await writer?.finish()
    context.print(printer.end())
    if (flags.fix !== undefined && summary && summary.changing > 0)
      context.talk(`To make these changes: ${context.commandLine('apply', flags.fix)}`)
    return unreadResult(mailboxes.length, unreadable, partly, unreachable)
  },
})

function isUnreadable({ kind }: AuditFinding): boolean {
  return kind.startsWith('unreadable-')
}

/** What is over, of the mailboxes that are looked at: all there is to know of a file of grants. */
async function expiredOf(
  context: Context,
  file: string,
  mailboxes: readonly string[],
): Promise<Map<string, DesiredMailbox>> {
  const { mailboxes: described } = await readGrantFiles(context, [file], {
    format: undefined,
    mode: undefined,
  })
  const { expiredOnly } = await import('../../plan/who.ts')
  const wanted = new Set(mailboxes.map((mailbox) => mailbox.toLowerCase()))
  const expired = new Map<string, DesiredMailbox>()
  for (const one of expiredOnly(described, new Date())) {
    const key = one.mailbox.toLowerCase()
    if (wanted.has(key)) expired.set(key, one)
  }
  return expired
}
