import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import type { EwsFlagValues } from './flags.ts'
import { locateFolder, readFolderChoice } from './folder-choice.ts'
import type { FOLDER_FLAGS } from './folder-flags.ts'
import type { IDS_FLAG } from './id-flags.ts'
import type { ItemQueryFlagValues } from './item-flags.ts'
import { limited, readItemQuery } from './item-list-query.ts'
import { ITEM_LIST } from './item-report.ts'
import { idsOnly, printList } from './list-output.ts'
import { ewsSignIn } from './people.ts'

type ListFlagValues = EwsFlagValues & ItemQueryFlagValues & FlagValues<typeof FOLDER_FLAGS & typeof IDS_FLAG>

/** Prints the items of a folder while they are fetched. */
export async function listItems(context: Context, flags: ListFlagValues): Promise<CommandResult> {
  const choice = readFolderChoice({ ...flags, id: flags['folder-id'] })
  // Mistakes are told before anybody signs in; of which kind an unnamed folder is, only the server knows.
  const isCalendar = 'name' in choice && !choice.name.startsWith('/') ? choice.name === 'calendar' : undefined
  let query = readItemQuery(flags, isCalendar ?? false)
  const ews = ewsSignIn(context, flags)
  const client = await ews()
  const folder = await locateFolder(context, ews, choice)
  if (isCalendar === undefined && (flags.from ?? flags.to) !== undefined) {
    const { kind } = await client.getFolder(folder)
    query = readItemQuery(flags, kind === 'calendar')
  }
  const found = limited(client.items.find(folder, query.options), query)
  await printList(context, found, flags.ids ? idsOnly(ITEM_LIST, ({ id }) => id.id) : ITEM_LIST)
  return {}
}
