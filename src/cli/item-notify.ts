import { InvalidInputError } from '../errors.ts'
import type { SendMeetingInvitations, SendMeetingUpdates } from '../model/item-rules.ts'
import { parseNamed } from './named.ts'

/** What becomes of a changed meeting, in the words of the command line; Exchange's own are taken as well. */
const NOTIFY = {
  none: 'SendToNone',
  all: 'SendToAllAndSaveCopy',
  changed: 'SendToChangedAndSaveCopy',
  SendToNone: 'SendToNone',
  SendOnlyToAll: 'SendOnlyToAll',
  SendToAllAndSaveCopy: 'SendToAllAndSaveCopy',
  SendOnlyToChanged: 'SendOnlyToChanged',
  SendToChangedAndSaveCopy: 'SendToChangedAndSaveCopy',
} as const satisfies Record<string, SendMeetingUpdates>

/** @throws InvalidInputError */
export function parseNotifyUpdate(text: string | undefined): SendMeetingUpdates | undefined {
  if (text === undefined) return undefined
  const names = Object.keys(NOTIFY) as (keyof typeof NOTIFY)[]
  return parseNamed(text, names, (word) => {
    const name = names.find((each) => each.toLowerCase() === word.trim().toLowerCase())
    if (name) return NOTIFY[name]
    throw new InvalidInputError(`--notify ${JSON.stringify(text.slice(0, 40))} says nobody.`, {
      hint: 'It is none, all or changed.',
    })
  })
}

/** The same where nobody can have been added or removed: new and deleted meetings. */
export function parseNotify(text: string | undefined): SendMeetingInvitations | undefined {
  const choice = parseNotifyUpdate(text)
  if (choice === undefined || choice === 'SendToNone') return choice
  if (choice === 'SendOnlyToAll' || choice === 'SendToAllAndSaveCopy') return choice
  throw new InvalidInputError('--notify changed is for changes to a meeting.', {
    hint: 'It is all or none here.',
  })
}
