import { InvalidInputError } from '../errors.ts'
import type { EwsClient } from '../ews/client.ts'
import type { CreateItemsOptions } from '../ews/items.ts'
import { explicitFolder, type FolderTarget } from '../model/folder-target.ts'
import type { NewItem } from '../model/item.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues } from './flags.ts'
import { choiceWords, type FolderChoice, locateFolder, readFolderChoice } from './folder-choice.ts'
import type { FOLDER_FLAGS } from './folder-flags.ts'
import { HOME_OF, type NewItemFlagValues, type NewItemKind } from './item-flags.ts'
import { itemHint } from './item-hints.ts'
import { parseItemKind } from './item-kind.ts'
import { readNewItem, TYPE_OF } from './item-new.ts'
import { parseNotify } from './item-notify.ts'
import { changeResults } from './item-results.ts'
import { addressesOf, addressOf, ewsSignIn } from './people.ts'

type CreateFlagValues = EwsFlagValues &
  NewItemFlagValues &
  FlagValues<typeof FOLDER_FLAGS & typeof DRY_RUN_FLAG>
type NewMessage = Extract<NewItem, { type: 'Message' }>

/** Creates one item, or sends a message in the owner's name. */
export async function createItem(
  context: Context,
  kindWord: string,
  flags: CreateFlagValues,
): Promise<CommandResult> {
  const kind = parseItemKind(kindWord)
  const choice = readFolderChoice({ ...flags, id: flags['folder-id'] }, HOME_OF[kind])
  if (flags.send && (flags.folder !== undefined || 'id' in choice)) {
    throw new InvalidInputError('A message is sent from a mailbox, not from a folder.', {
      hint: 'Give --mailbox OWNER alone with --send; the copy goes to the owner’s Sent Items.',
    })
  }
  const ews = ewsSignIn(context, flags)
  const item = await readNewItem(context.io, kind, flags, (words) => addressesOf(context, ews, words))
  const options = optionsFor(item, flags)
  const rehearsal = await context.ewsForDryRun(flags)
  rehearsal.items.prepareCreate([item], flags.send ? { messageDisposition: 'SendAndSaveCopy' } : options)

  if (flags.send && 'owner' in choice) {
    const owner = await addressOf(context, ews, choice.owner)
    if (flags['dry-run']) return showSending(context, flags, rehearsal, owner, item)
    await (await ews()).items.sendOnBehalf(owner, item as NewMessage)
    return created(context, kind, choice, { id: null, more: { sent: true } })
  }
  const folder = await locateFolder(context, ews, choice)
  if (flags['dry-run']) {
    return dryRun([await creation(context, flags, rehearsal, item, { ...options, folder })])
  }
  const [outcome] = await (await ews()).items.create([item], { ...options, folder })
  if (outcome?.ok) {
    const id = outcome.id
    return created(context, kind, choice, {
      id: id?.id ?? null,
      more: { changeKey: id?.changeKey ?? null, type: TYPE_OF[kind], sent: false },
    })
  }
  const { code = 'ErrorNoResponse', message = 'The server did not say what happened.' } = outcome ?? {}
  return changeResults(
    [
      {
        id: null,
        ok: false,
        code,
        message,
        mayHaveHappened: outcome?.mayHaveHappened ?? outcome === undefined,
      },
    ],
    wordsFor(context, kind, choice),
  )
}

function optionsFor(item: NewItem, flags: CreateFlagValues): CreateItemsOptions {
  if (item.type !== 'CalendarItem') return {}
  const notify = parseNotify(flags.notify)
  const { requiredAttendees = [], optionalAttendees = [], resources = [] } = item
  if (notify === undefined && requiredAttendees.length + optionalAttendees.length + resources.length > 0) {
    throw new InvalidInputError('Somebody is to attend: say whether they get an invitation.', {
      hint: 'Give --notify all or --notify none.',
    })
  }
  return { sendMeetingInvitations: notify ?? 'SendToNone' }
}

function created(
  context: Context,
  kind: NewItemKind,
  choice: FolderChoice,
  { id, more }: { id: string | null; more: Readonly<Record<string, string | boolean | null>> },
): CommandResult {
  return changeResults([{ id, ok: true, more }], wordsFor(context, kind, choice))
}

function wordsFor(context: Context, kind: NewItemKind, choice: FolderChoice) {
  return {
    verb: 'create',
    things: 'items',
    done: (results: readonly { readonly id: string | null }[]) =>
      results.map(({ id }) => (id === null ? 'Sent.' : `Created the ${kind}; its id is ${id}`)),
    columns: ['changeKey', 'type', 'sent'],
    hint: itemHint,
    check: context.commandLine('item', 'list', ...choiceWords(choice)),
  } as const
}

async function creation(
  context: Context,
  flags: EwsFlagValues,
  rehearsal: EwsClient,
  item: NewItem,
  options: CreateItemsOptions & { readonly folder: FolderTarget },
) {
  const { createItem: operation } = await import('../ews/operations/create-item.ts')
  return {
    operation: 'CreateItem',
    method: 'POST',
    url: context.ewsUrl(flags),
    body: rehearsal.render(operation, rehearsal.items.prepareCreate([item], options)),
  }
}

async function showSending(
  context: Context,
  flags: EwsFlagValues,
  rehearsal: EwsClient,
  owner: string,
  item: NewItem,
): Promise<CommandResult> {
  const { sendItem } = await import('../ews/operations/send-item.ts')
  const draft = { id: '{id}', changeKey: '{changeKey}' }
  const sending = rehearsal.items.prepareSend([draft], { folder: explicitFolder('sentitems', owner) })
  return dryRun([
    await creation(context, flags, rehearsal, item, { folder: explicitFolder('drafts', owner) }),
    {
      operation: 'SendItem',
      method: 'POST',
      url: context.ewsUrl(flags),
      body: rehearsal.render(sendItem, sending),
      condition: 'with the id and the change key that CreateItem answers',
    },
  ])
}
