import { InvalidInputError } from '../../errors.ts'
import { GRANT_MODES } from '../../model/grant-mode.ts'
import type { DesiredMailbox } from '../../plan/desired.ts'
import type { ExportedMailbox, FolderScope } from '../../plan/export.ts'
import { isUnreachable } from '../../plan/server-watch.ts'
import { errorWords, unreadResult } from '../access-report.ts'
import { defineCommand } from '../command.ts'
import { BACKEND_FLAGS, FOLDERS_FLAG, MAILBOXES_FLAG } from '../grants-flags.ts'
import { oneOf, openBackend, readConcurrency, readMailboxes } from '../grants-input.ts'
import { withProgress } from '../progress.ts'

const INCLUDES = ['delegates', 'folder-permissions', 'all-folders'] as const

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'Reads what mailboxes grant now into a file of grants',
  details:
    'Planning the file finds nothing to do. Prints YAML, or JSON Lines with --output json. What a file cannot say, such as entries of deleted accounts, is told beside it.',
  operands: [{ name: 'MAILBOX', description: 'primary SMTP address', optional: true, many: true }],
  usage: '(MAILBOX… | --mailboxes FILE) [options]',
  flags: {
    ...MAILBOXES_FLAG,
    include: {
      type: 'text',
      value: 'LIST',
      description:
        'what to read: delegates, folder-permissions (of the six folders of delegates), all-folders; several with commas (default: delegates,folder-permissions)',
      choices: INCLUDES,
    },
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
    [
      'export --mailboxes all.txt --include delegates,all-folders --mode exact > backup.yaml',
      'everything, to go back to',
    ],
  ],

  async run(context, { flags, operands }) {
    if (context.format === 'csv') {
      throw new InvalidInputError('An export cannot be CSV, which does not hold all of it.', {
        hint: 'It is YAML, or JSON Lines with --output json.',
      })
    }
    const named = (operands.MAILBOX ?? []) as readonly string[]
    const mailboxes = await readMailboxes(context, named, flags.mailboxes)
    const mode = oneOf(flags.mode ?? 'additive', GRANT_MODES, 'a mode')
    const included = readIncluded(flags)
    const { exportMailboxes, FOLDER_SCOPES, writeGrantsJsonLines, writeGrantsYaml } = await import(
      '../../plan/export.ts'
    )
    const folders =
      included?.folders ?? oneOf(flags.folders ?? 'standard', FOLDER_SCOPES, 'a choice of folders')
    const backend = await openBackend(context, flags)
    const exported = exportMailboxes(mailboxes, mode, {
      backend,
      folders,
      delegates: included?.delegates ?? flags.delegates ?? true,
      ...readConcurrency(flags.concurrency),
    })
    let unreadable = 0
    let partly = 0
    let unreachable = 0
    async function* readable(source: AsyncIterable<ExportedMailbox>): AsyncGenerator<DesiredMailbox> {
      for await (const found of withProgress(context, source, mailboxes.length)) {
        const { mailbox, desired, notes, unread, delegatesUnread, error } = found
        if (unread || delegatesUnread) partly++
        for (const { folder, text } of notes)
          context.talk(`${mailbox}${folder === undefined ? '' : `, ${folder}`}: ${text}`)
        if (error) {
          unreadable++
          if (isUnreachable(error.code)) unreachable++
          context.talk(`${mailbox}: ${errorWords(error)}`)
        }
        if (desired) yield desired
      }
    }
    const write = context.format === 'json' ? writeGrantsJsonLines : writeGrantsYaml
    for await (const text of write(readable(exported), mode)) context.print(text)
    return unreadResult(mailboxes.length, unreadable, partly, unreachable)
  },
})

/** What `--include` says; undefined without it. */
function readIncluded(flags: {
  readonly include: string | undefined
  readonly folders: string | undefined
  readonly delegates: boolean | undefined
}): { readonly delegates: boolean; readonly folders: FolderScope } | undefined {
  if (flags.include === undefined) return undefined
  if (flags.folders !== undefined || flags.delegates !== undefined)
    throw new InvalidInputError('--include says what --folders and --delegates say; give one or the other.')
  const words = flags.include
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => oneOf(word, INCLUDES, 'something to include'))
  if (words.length === 0) throw new InvalidInputError('--include names nothing to read.')
  const folders = words.includes('all-folders')
    ? 'all'
    : words.includes('folder-permissions')
      ? 'standard'
      : 'none'
  return { delegates: words.includes('delegates'), folders }
}
