import type { FolderTarget } from '../model/folder-target.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import type { FolderChoice } from './folder-flags.ts'
import { type ItemQueryFlagValues, limited, readItemQuery } from './item-list-query.ts'
import { ITEM_LIST } from './item-report.ts'
import { idsOnly, printList } from './list-output.ts'
import type { EwsSignIn } from './people.ts'

/** Prints the items of a folder while they are fetched. */
export async function listItems(
  context: Context,
  ews: EwsSignIn,
  choice: FolderChoice,
  flags: ItemQueryFlagValues & { readonly ids: boolean | undefined },
  locate: () => Promise<FolderTarget>,
): Promise<CommandResult> {
  // Mistakes are told before anybody signs in; of which kind an unnamed folder is, only the server knows.
  const named = 'name' in choice && !choice.name.startsWith('/') ? choice.name === 'calendar' : undefined
  let query = readItemQuery(flags, named ?? false)
  const client = await ews()
  const folder = await locate()
  if (named === undefined && (flags.from ?? flags.to) !== undefined) {
    const { kind } = await client.getFolder(folder)
    query = readItemQuery(flags, kind === 'calendar')
  }
  const found = limited(client.items.find(folder, query.options), query)
  await printList(context, found, flags.ids ? idsOnly(ITEM_LIST, ({ id }) => id.id) : ITEM_LIST)
  return {}
}
