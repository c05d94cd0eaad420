import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import type { EwsFlagValues } from './flags.ts'
import { locateFolder, readFolderChoice } from './folder-choice.ts'
import type { FOLDER_FLAGS } from './folder-flags.ts'
import { FOLDER_LIST } from './folder-report.ts'
import type { IDS_FLAG } from './id-flags.ts'
import { idsOnly, printList } from './list-output.ts'
import { ewsSignIn } from './people.ts'

type ListFlagValues = EwsFlagValues &
  FlagValues<typeof FOLDER_FLAGS & typeof IDS_FLAG> & {
    readonly deep: boolean | undefined
    readonly name: string | undefined
  }

/** Prints the folders in a folder while they are fetched. */
export async function listFolders(context: Context, flags: ListFlagValues): Promise<CommandResult> {
  const { name } = flags
  const choice = readFolderChoice({ ...flags, id: flags['folder-id'] }, 'msgfolderroot')
  const ews = ewsSignIn(context, flags)
  const folders = (await ews()).findFolders(await locateFolder(context, ews, choice), {
    ...(flags.deep ? { traversal: 'Deep' } : {}),
    ...(name === undefined
      ? {}
      : { restriction: { op: 'Contains', path: 'folder:DisplayName', value: name } }),
  })
  await printList(context, folders, flags.ids ? idsOnly(FOLDER_LIST, ({ id }) => id.id) : FOLDER_LIST)
  return {}
}
