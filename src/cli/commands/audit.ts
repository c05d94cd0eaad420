import { resolve } from 'node:path'
import type { MailboxAudit } from '../../plan/audit.ts'
import { accessRows, accessTable } from '../access-report.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readGrantFiles, readMailboxes } from '../grants-input.ts'
import { printable } from '../printable.ts'

export const auditCommand = defineCommand({
  name: 'audit',
  summary: 'Shows who can open mailboxes, by every path, and what is not as it should be',
  details:
    'Reads only. With --fix, what can be mended is saved as a plan, to be looked at and applied. Groups are shown by their own address: EWS does not tell members.',
  operands: [{ name: 'MAILBOX', description: 'primary SMTP address', optional: true, many: true }],
  usage: '(MAILBOX… | --mailboxes FILE) [options]',
  flags: {
    ...MAILBOXES_FLAG,
    ...FOLDERS_FLAG,
    grants: { type: 'text', value: 'FILE', description: 'a file of grants, to find what has run out' },
    fix: { type: 'text', value: 'PLAN', description: 'save what mends the findings as a plan' },
    ...BACKEND_FLAGS,
  },
  examples: [
    ['audit allan@contoso.com', ''],
    ['audit --mailboxes all.txt --folders all --output csv > access.csv', ''],
    ['audit --mailboxes all.txt --fix mend.plan', 'then: apply mend.plan'],
  ],

  async run(context, { flags, operands }) {
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const [{ audit }, { FOLDER_SCOPES }, { PlanWriter }] = await Promise.all([
      import('../../plan/audit.ts'),
      import('../../plan/export.ts'),
      import('../../plan/plan-file.ts'),
    ])
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const grants =
      flags.grants === undefined
        ? undefined
        : await readGrantFiles(context, [flags.grants], { format: undefined, mode: undefined })
    const described = grants && new Map([...grants.mailboxes].map((one) => [one.mailbox.toLowerCase(), one]))
    const backend = await openBackend(context, flags)
    const found = audit(mailboxes, {
      backend,
      folders,
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
    const audits: MailboxAudit[] = []
    for await (const one of found) {
      audits.push(one)
      const steps = one.findings.flatMap(({ fix = [] }) => fix)
      await writer?.add({ mailbox: one.mailbox, steps, blocked: [], notes: [] })
    }
    const summary = await writer?.finish()
    if (flags.fix !== undefined && summary && summary.changing > 0)
      context.talk(`To make these changes: ${context.commandLine('apply', flags.fix)}`)
    const unreadable = audits.filter(({ error }) => error).length
    return {
      report: {
        text: (terminal) =>
          audits
            .map(({ mailbox, access, findings, error }) =>
              [
                `${printable(mailbox)}\n`,
                ...(error ? [`  ! ${printable(error.message)} (${printable(error.code)})\n`] : []),
                access.length > 0
                  ? accessTable(access, terminal)
                  : error
                    ? ''
                    : 'Nobody but the owner has a right of their own.\n',
                ...findings.map(
                  ({ severity, text, fix, advice }) =>
                    `${severity}: ${printable(text)}${fix ? ' (--fix mends it)' : advice ? ` ${printable(advice)}` : ''}\n`,
                ),
              ].join(''),
            )
            .join('\n'),
        json: { mailboxes: audits },
        csv: accessRows(
          audits.flatMap(({ access }) => access),
          audits.flatMap(({ findings }) => findings),
        ),
      },
      ...(unreadable > 0
        ? {
            problem: {
              exitCode: unreadable === audits.length ? EXIT.refused : EXIT.partial,
              code: 'ERR_PARTIAL' as const,
              message: `${unreadable} of ${audits.length} mailboxes could not be read.`,
            },
          }
        : {}),
    }
  },
})
