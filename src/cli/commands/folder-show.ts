import { defineCommand } from '../command.ts'
import { EWS_FLAGS } from '../flags.ts'
import { expectFolder, FOLDER_FLAGS, FOLDER_OPERANDS, folderTarget } from '../folder-operands.ts'
import { folderReport } from '../folder-report.ts'
import { ewsSignIn } from '../people.ts'

export const folderShow = defineCommand({
  name: 'folder show',
  summary: 'Shows a folder and its id: explicit access in, id for implicit access out',
  operands: FOLDER_OPERANDS,
  usage: 'OWNER FOLDER | --folder-id ID [options]',
  expects: (flags, words) => expectFolder(flags, words, []),
  flags: { ...FOLDER_FLAGS, ...EWS_FLAGS },
  examples: [
    ['folder show allan@contoso.com calendar', 'explicit access: by name and owner'],
    ['folder show --folder-id AAMkAGE1…', 'implicit access: by the id alone'],
  ],

  async run(context, { flags, operands }) {
    const signIn = ewsSignIn(context, flags)
    const target = await folderTarget(context, signIn, operands, flags)
    const folder = await (await signIn()).getFolder(target)
    return { report: folderReport(folder) }
  },
})
