import { GRANT_MODES } from '../../model/grant-mode.ts'
import type { DesiredMailbox } from '../../plan/desired.ts'
import type { ExportedMailbox } from '../../plan/export.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readMailboxes } from '../grants-input.ts'

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Reads what mailboxes grant now into a file of grants',
  details:
    'Planning the file finds nothing to do. Prints YAML, or JSON Lines with --output json. What a file cannot say, such as entries of deleted accounts, is told beside it.',
  operands: [{ name: 'MAILBOX', description: 'primary SMTP address', optional: true, many: true }],
  usage: '(MAILBOX… | --mailboxes FILE) [options]',
  flags: {
    ...MAILBOXES_FLAG,
    ...FOLDERS_FLAG,
    delegates: { type: 'switch', negatable: true, description: 'delegates too (the default)' },
    mode: {
      type: 'text',
      value: 'MODE',
      description: 'what the file is to say of itself: additive (default) or exact',
      choices: GRANT_MODES,
    },
    ...BACKEND_FLAGS,
  },
  examples: [
    ['export allan@contoso.com > allan.yaml', ''],
    ['export --mailboxes all.txt --folders all --mode exact > backup.yaml', 'everything, to go back to'],
  ],

  async run(context, { flags, operands }) {
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const mode = oneOf(flags.mode ?? 'additive', GRANT_MODES, 'a mode')
    const { exportMailboxes, FOLDER_SCOPES, writeGrantsJsonLines, writeGrantsYaml } = await import(
      '../../plan/export.ts'
    )
    const folders = oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const exported = exportMailboxes(mailboxes, mode, {
      backend,
      folders,
      delegates: flags.delegates ?? true,
      ...readConcurrency(flags.concurrency),
    })
    let unreadable = 0
    async function* readable(source: AsyncIterable<ExportedMailbox>): AsyncGenerator<DesiredMailbox> {
      for await (const { mailbox, desired, notes, error } of source) {
        for (const { folder, text } of notes)
          context.talk(`${mailbox}${folder === undefined ? '' : `, ${folder}`}: ${text}`)
        if (error) {
          unreadable++
          context.talk(`${mailbox}: ${error.message} (${error.code})`)
        }
        if (desired) yield desired
      }
    }
    const write = context.format === 'json' ? writeGrantsJsonLines : writeGrantsYaml
    for await (const text of write(readable(exported), mode)) context.print(text)
    if (unreadable === 0) return {}
    return {
      problem: {
        exitCode: unreadable === mailboxes.length ? EXIT.refused : EXIT.partial,
        code: 'ERR_PARTIAL',
        message: `${unreadable} of ${mailboxes.length} mailboxes could not be read.`,
      },
    }
  },
})
