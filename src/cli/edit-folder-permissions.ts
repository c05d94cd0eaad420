import { EwsResponseError, PermissionLossError } from '../errors.ts'
import type { PermissionEdit } from '../model/folder-permission.ts'
import { describeFolder, type FolderTarget } from '../model/folder-target.ts'
import { describeUser } from '../model/user-ref.ts'
import type { CommandResult, Flags, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import { DRY_RUN_FLAG, type EwsFlagValues } from './flags.ts'
import type { EwsSignIn } from './people.ts'
import { changeJson, changesText, levelText, permissionSetJson } from './permission-reports.ts'
import { userText } from './user-text.ts'

export const PERMISSION_WRITE_FLAGS = {
  'drop-unwritable': {
    type: 'switch',
    description:
      'go on although entries are lost that Exchange does not take back: those of deleted accounts and those without a user',
  },
  ...DRY_RUN_FLAG,
} as const satisfies Flags

/** Edits one folder's permission list, or shows what the edit would do. */
export async function editFolderPermissions(
  context: Context,
  signIn: EwsSignIn,
  flags: EwsFlagValues & FlagValues<typeof PERMISSION_WRITE_FLAGS>,
  target: FolderTarget,
  edit: PermissionEdit,
): Promise<CommandResult> {
  const ews = await signIn()
  const options = { dropUnwritable: flags['drop-unwritable'] ?? false }
  try {
    // A removal is looked at first: an entry that is not there is a mistake, not something done.
    const planned =
      flags['dry-run'] || edit.remove ? await ews.planFolderPermissions(target, edit, options) : undefined
    const [absent] = planned?.edited.notFound ?? []
    if (absent) {
      throw new EwsResponseError(`${describeUser(absent)} has no entry on ${describeFolder(target)}.`, {
        responseCode: 'ErrorUserNotInPermissionSet',
        level: 'item',
        hint: 'Look at the list: the entry may stand there under a SID.',
      })
    }
    if (planned && flags['dry-run']) return await showPlan(context, flags, ews, planned)

    const done = await ews.updateFolderPermissions(target, edit, options)
    if (!done.changed) context.talk('Everything is as wanted already; nothing was written.')
    return {
      report: {
        text: () => changesText(done.changes),
        json: {
          folderId: done.folder.id,
          changeKey: done.folder.changeKey ?? null,
          changed: done.changed,
          changes: done.changes.map(changeJson),
          permissions: permissionSetJson(done.after),
        },
        csv: changesCsv(done.changes),
      },
    }
  } catch (error) {
    if (error instanceof PermissionLossError) {
      throw new PermissionLossError(error.message, {
        unknownEntries: error.unknownEntries,
        unwritableEntries: error.unwritableEntries,
        cause: error,
        hint: 'Look at the list with folder-permission list; then repeat this command with --drop-unwritable to let them go.',
      })
    }
    throw error
  }
}

type Client = Awaited<ReturnType<Context['ews']>>
type Plan = Awaited<ReturnType<Client['planFolderPermissions']>>

async function showPlan(
  context: Context,
  flags: EwsFlagValues,
  ews: Client,
  { edited, request }: Plan,
): Promise<CommandResult> {
  if (!request) context.talk('Everything is as wanted already; nothing would be sent.')
  else context.talk(changesText(edited.changes).trimEnd())
  const { updateFolder } = await import('../ews/operations/update-folder.ts')
  return dryRun(
    request
      ? [
          {
            operation: 'UpdateFolder',
            method: 'POST',
            url: context.ewsUrl(flags),
            body: ews.render(updateFolder, request),
          },
        ]
      : [],
    { changes: edited.changes.map(changeJson) },
  )
}

function changesCsv(changes: Plan['edited']['changes']) {
  return {
    columns: ['user', 'before', 'after'],
    rows: changes.map(({ user, before, after }) => [
      userText(user),
      before ? levelText(before) : undefined,
      after ? levelText(after) : undefined,
    ]),
  }
}
