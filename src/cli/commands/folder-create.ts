import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { dryRun } from '../dry-run.ts'
import { DRY_RUN_FLAG, EWS_FLAGS } from '../flags.ts'
import { choiceWords, FOLDER_FLAGS, locateFolder, readFolderChoice } from '../folder-flags.ts'
import { itemHint } from '../item-hints.ts'
import { changeResults } from '../item-results.ts'
import { parseNamed } from '../named.ts'
import { ewsSignIn } from '../people.ts'
import { shellCommand } from '../shell.ts'

/** What is kept in a folder, and its class. */
const KINDS: Readonly<Record<string, string>> = {
  mail: 'IPF.Note',
  calendar: 'IPF.Appointment',
  contacts: 'IPF.Contact',
  tasks: 'IPF.Task',
  notes: 'IPF.StickyNote',
  journal: 'IPF.Journal',
}

export const folderCreate = defineCommand({
  name: 'folder create',
  summary: 'Makes folders in a folder; they inherit its permissions',
  details: 'Without --folder at the top of the mailbox.',
  operands: [{ name: 'NAME', description: 'the name of the new folder', many: true }],
  usage: 'NAME... (--mailbox OWNER [--folder FOLDER] | --folder-id ID) [options]',
  flags: {
    ...FOLDER_FLAGS,
    kind: {
      type: 'text',
      value: 'KIND',
      description: `what it is for: ${Object.keys(KINDS).join(', ')}, or a class such as IPF.Note (default: as its parent)`,
      choices: Object.keys(KINDS),
    },
    ...DRY_RUN_FLAG,
    ...EWS_FLAGS,
  },
  examples: [
    ['folder create Projects --mailbox allan@contoso.com', ''],
    ['folder create Travel --mailbox allan@contoso.com --folder calendar --kind calendar', ''],
    ['folder create Projects --mailbox allan@contoso.com --dry-run', 'only show the request'],
  ],
  stateCommand: ({ flags }) =>
    flags['folder-id'] === undefined && flags.mailbox !== undefined
      ? ['folder', 'list', '--mailbox', flags.mailbox, ...(flags.folder ? ['--folder', flags.folder] : [])]
      : undefined,

  async run(context, { flags, operands }) {
    const choice = readFolderChoice({ ...flags, id: flags['folder-id'] }, 'msgfolderroot')
    const folderClass = flags.kind === undefined ? undefined : readKind(flags.kind)
    const folders = operands.NAME.map((displayName) => ({
      displayName,
      ...(folderClass === undefined ? {} : { folderClass }),
    }))
    const rehearsal = await context.ewsForDryRun(flags)
    rehearsal.prepareCreateFolders({ id: 'a folder' }, folders)
    const ews = ewsSignIn(context, flags)
    const parent = await locateFolder(context, ews, choice)
    if (flags['dry-run']) {
      const { createFolder } = await import('../../ews/operations/create-folder.ts')
      const body = rehearsal.render(createFolder, rehearsal.prepareCreateFolders(parent, folders))
      return dryRun([{ operation: 'CreateFolder', method: 'POST', url: context.ewsUrl(flags), body }])
    }
    const outcomes = await (await ews()).createFolders(parent, folders)
    return changeResults(
      outcomes.map((outcome) => {
        if (!outcome.ok) return { ...outcome, id: null }
        const { id, folder } = outcome
        const more = { displayName: folder.displayName, changeKey: id.changeKey ?? null }
        return { id: id.id, ok: true as const, more }
      }),
      {
        verb: 'create',
        things: 'folders',
        done: (results) => results.map(({ id, more }) => `Created ${more?.displayName}; its id is ${id}`),
        columns: ['displayName', 'changeKey'],
        hint: itemHint,
        check: shellCommand(context.program, 'folder', 'list', ...choiceWords(choice)),
      },
    )
  },
})

function readKind(text: string): string {
  if (/^IPF\./i.test(text)) return text
  return parseNamed(text, Object.keys(KINDS), (word) => {
    const kind = KINDS[word.trim().toLowerCase()]
    if (kind) return kind
    throw new InvalidInputError(`${JSON.stringify(word.slice(0, 40))} is not a kind of folder.`, {
      hint: `It is one of ${Object.keys(KINDS).join(', ')}, or a class such as IPF.Note.`,
    })
  })
}
