import type { DelegateInput, DelegateLevels, DeliverMeetingRequests } from '../model/delegate.ts'
import { DELEGATE_FOLDERS, DELIVER_MEETING_REQUESTS, parseDeliverMeetingRequests } from '../model/delegate.ts'
import { DELEGATE_LEVELS, parseLevel } from '../model/permission-level.ts'
import type { Flags, FlagValues, TextFlag } from './command.ts'
import { parseNamed } from './named.ts'

const LEVELS = DELEGATE_LEVELS.join(', ')

function levelFlag(folder: string): TextFlag {
  return {
    type: 'text',
    value: 'LEVEL',
    description: `level on ${folder}: ${LEVELS}`,
    choices: DELEGATE_LEVELS,
  }
}

/** What `delegate add` and `delegate update` can say of a delegate. */
export const DELEGATE_FLAGS = {
  calendar: levelFlag('the calendar'),
  tasks: levelFlag('tasks'),
  inbox: levelFlag('the inbox'),
  contacts: levelFlag('contacts'),
  notes: levelFlag('notes'),
  journal: levelFlag('the journal'),
  'private-items': { type: 'switch', description: 'let them see private items', negatable: true },
  'meeting-copies': {
    type: 'switch',
    description: 'send them copies of meeting messages; needs Editor on the calendar',
    negatable: true,
  },
  'deliver-meeting-requests': {
    type: 'text',
    value: 'WHERE',
    description: `where meeting requests go, for the whole mailbox: ${DELIVER_MEETING_REQUESTS.join(', ')}`,
    choices: DELIVER_MEETING_REQUESTS,
  },
} as const satisfies Flags

export type DelegateFlagValues = FlagValues<typeof DELEGATE_FLAGS>

/** Tells mistakes in the levels before anybody signs in to look names up. */
export function checkDelegateFlags(flags: DelegateFlagValues): void {
  delegateInputs([], flags)
}

/** One input per delegate, all with the same levels and flags. */
export function delegateInputs(users: readonly string[], flags: DelegateFlagValues): DelegateInput[] {
  const permissions: DelegateLevels = Object.fromEntries(
    DELEGATE_FOLDERS.flatMap((folder) => {
      const text = flags[folder]
      return text === undefined
        ? []
        : [
            [
              folder,
              parseNamed(text, DELEGATE_LEVELS, (level) =>
                parseLevel(level, DELEGATE_LEVELS, `a delegate on ${folder}`),
              ),
            ],
          ]
    }),
  )
  const copies = flags['meeting-copies']
  const privateItems = flags['private-items']
  return users.map((user) => ({
    user,
    ...(Object.keys(permissions).length > 0 ? { permissions } : {}),
    ...(copies === undefined ? {} : { receiveCopiesOfMeetingMessages: copies }),
    ...(privateItems === undefined ? {} : { viewPrivateItems: privateItems }),
  }))
}

export function deliveryOption(flags: DelegateFlagValues): {
  deliverMeetingRequests?: DeliverMeetingRequests
} {
  const text = flags['deliver-meeting-requests']
  return text === undefined
    ? {}
    : { deliverMeetingRequests: parseNamed(text, DELIVER_MEETING_REQUESTS, parseDeliverMeetingRequests) }
}

/** The flags as words again, for a command line that a person is told to type. */
export function delegateWords(flags: DelegateFlagValues): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (!Object.hasOwn(DELEGATE_FLAGS, name) || value === undefined) return []
    if (typeof value === 'string') return [`--${name}`, value]
    return [value ? `--${name}` : `--no-${name}`]
  })
}
