import { InvalidInputError } from '../errors.ts'
import type { RespondOptions } from '../ews/items.ts'
import { explicitFolder } from '../model/folder-target.ts'
import type { MeetingAnswer } from '../model/item-rules.ts'
import type { CommandResult, FlagValues } from './command.ts'
import type { Context } from './context.ts'
import { dryRun } from './dry-run.ts'
import type { DRY_RUN_FLAG, EwsFlagValues } from './flags.ts'
import type { ITEM_ID_FLAGS } from './id-flags.ts'
import { type BodyFlagValues, readBody } from './item-body.ts'
import { itemHint } from './item-hints.ts'
import { readIds } from './item-ids.ts'
import { parseNotify } from './item-notify.ts'
import { changeResults, count } from './item-results.ts'
import { parseNamed } from './named.ts'
import { addressOf, ewsSignIn } from './people.ts'

type RespondFlagValues = EwsFlagValues &
  BodyFlagValues &
  FlagValues<typeof ITEM_ID_FLAGS & typeof DRY_RUN_FLAG> & {
    readonly notify: string | undefined
    readonly mailbox: string | undefined
  }

const ANSWERS = {
  accept: { answer: 'Accept', done: 'Accepted' },
  tentative: { answer: 'TentativelyAccept', done: 'Tentatively accepted' },
  decline: { answer: 'Decline', done: 'Declined' },
} as const satisfies Record<string, { readonly answer: MeetingAnswer; readonly done: string }>

/** Answers invitations by id. */
export async function respondToMeetings(
  context: Context,
  word: string,
  flags: RespondFlagValues,
): Promise<CommandResult> {
  const { answer, done } = ANSWERS[parseAnswer(word)]
  const send = parseNotify(flags.notify) !== 'SendToNone'
  if (!send && flags.mailbox !== undefined) {
    throw new InvalidInputError('Nothing is sent, so there is no copy to keep.', {
      hint: 'Leave --mailbox out; the ids carry the mailbox whose meetings they are.',
    })
  }
  const body = await readBody(context.io, flags)
  const given = await readIds(context, { ...flags, ids: flags.id }, 'items')
  const ids = given.map(({ id, changeKey }) => (changeKey === undefined ? { id } : { id, changeKey }))
  const ews = ewsSignIn(context, flags)
  const rehearsal = await context.ewsForDryRun(flags)
  const options: RespondOptions = { send, ...(body ? { body } : {}) }
  rehearsal.items.prepareRespond(ids, answer, options)
  const owner = flags.mailbox === undefined ? undefined : await addressOf(context, ews, flags.mailbox)
  const folder = owner === undefined ? {} : { folder: explicitFolder('sentitems', owner) }
  if (flags['dry-run']) {
    if (ids.length === 0) return dryRun([])
    const { respondToMeeting } = await import('../ews/operations/respond-to-meeting.ts')
    // Exchange wants change keys; those that are not given are looked up.
    const known = ids.map((id) => ({ changeKey: '{changeKey}', ...id }))
    const request = rehearsal.items.prepareRespond(known, answer, { ...options, ...folder })
    const rendered = rehearsal.render(respondToMeeting, request)
    return dryRun([{ operation: 'CreateItem', method: 'POST', url: context.ewsUrl(flags), body: rendered }])
  }
  const outcomes =
    ids.length === 0 ? [] : await (await ews()).items.respond(ids, answer, { ...options, ...folder })
  return changeResults(
    outcomes.map((outcome) => {
      const { id } = outcome.id
      if (!outcome.ok) return { ...outcome, id }
      const { calendarItem } = outcome
      return {
        id,
        ok: true as const,
        more: {
          calendarItemId: calendarItem?.id ?? null,
          calendarItemChangeKey: calendarItem?.changeKey ?? null,
        },
      }
    }),
    {
      verb: 'answer',
      things: 'items',
      done: (results) => [
        `${done} ${count(results.length, 'meetings')}.${send ? '' : ' The organizer was not told.'}`,
      ],
      columns: ['calendarItemId', 'calendarItemChangeKey'],
      hint: itemHint,
    },
  )
}

function parseAnswer(text: string): keyof typeof ANSWERS {
  const words = Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]
  return parseNamed(text, words, () => {
    const word = words.find((each) => each === text.trim().toLowerCase())
    if (word) return word
    throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is no answer to an invitation.`, {
      hint: `It is one of ${words.join(', ')}.`,
    })
  })
}
