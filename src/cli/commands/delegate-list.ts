import type { GetDelegateOutput } from '../../ews/operations/get-delegate.ts'
import { hintFor } from '../../ews/response-codes.ts'
import { DELEGATE_FOLDERS, type Delegate, type DeliverMeetingRequests } from '../../model/delegate.ts'
import { requireSmtpAddress } from '../../model/user-ref.ts'
import { defineCommand } from '../command.ts'
import { delegateJson } from '../delegate-outcomes.ts'
import { EWS_FLAGS } from '../flags.ts'
import type { Report } from '../output.ts'
import { addressOf, ewsSignIn, OWNER_WORD } from '../people.ts'
import { printable } from '../printable.ts'
import { type Cell, formatTable } from '../table.ts'
import { userJson, userText } from '../user-text.ts'

export const delegateList = defineCommand({
  name: 'delegate list',
  summary: 'Shows who may act for the owner of a mailbox, with their levels',
  details:
    'Sign in as the owner, or impersonate them: for anybody else Exchange may answer an empty list without a word.',
  operands: [{ name: 'OWNER', description: OWNER_WORD }],
  flags: EWS_FLAGS,
  examples: [
    ['delegate list allan@contoso.com', 'a table'],
    ['delegate list allan@contoso.com --impersonate allan@contoso.com', 'with a service account'],
    ['delegate list allan@contoso.com --output csv > allan.csv', 'for a spreadsheet'],
  ],

  async run(context, { flags, operands }) {
    const signIn = ewsSignIn(context, flags)
    const owner = requireSmtpAddress(await addressOf(context, signIn, operands.OWNER), 'the owner')
    const ews = await signIn()
    const answer = await ews.getDelegates(owner)
    const [user, impersonate] = [context.server.value('user'), context.server.value('impersonate')]
    if (answer.outcomes.length === 0 && impersonate === undefined && !sameName(user, owner)) {
      context.talk(
        'Exchange also answers an empty list to those who may not see it: be sure to sign in as the owner or to --impersonate them.',
      )
    }
    return { report: reportOf(owner, answer) }
  },
})

/** What the four values mean, for people. */
const DELIVERY: Readonly<Record<DeliverMeetingRequests, string>> = {
  DelegatesOnly: 'to the delegates only',
  DelegatesAndMe: 'to the delegates and the owner',
  DelegatesAndSendInformationToMe: 'to the delegates, with a copy for information to the owner',
  NoForward: 'to the owner only',
}

function reportOf(owner: string, answer: GetDelegateOutput): Report {
  const { delegates, deliverMeetingRequests } = answer
  const failures = answer.outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome]))
  return {
    text: (terminal) => {
      const parts: string[] = []
      if (delegates.length === 0) parts.push(`${owner} has no delegates.\n`)
      else {
        parts.push(
          formatTable(
            ['Delegate', ...DELEGATE_FOLDERS, 'Private', 'Copies'],
            delegates.map((delegate) => [
              userText(delegate.user),
              ...levels(delegate),
              ...switches(delegate),
            ]),
            terminal,
          ),
        )
      }
      for (const failure of failures) {
        const hint = hintFor(failure.code)
        parts.push(
          `One delegate cannot be shown: ${printable(failure.message)} (${printable(failure.code)})${hint ? ` ${hint}` : ''}\n`,
        )
      }
      parts.push(
        deliverMeetingRequests === undefined
          ? 'Meeting requests: the server does not say where they go.\n'
          : `Meeting requests go ${DELIVERY[deliverMeetingRequests]} (${deliverMeetingRequests}).\n`,
      )
      return parts.join('\n')
    },
    json: {
      owner,
      deliverMeetingRequests: deliverMeetingRequests ?? null,
      delegates: delegates.map(delegateJson),
      failures: failures.map(({ user, code, message }) => ({ user: userJson(user), code, message })),
    },
    csv: {
      columns: [
        'owner',
        'address',
        'name',
        'sid',
        ...DELEGATE_FOLDERS,
        'viewPrivateItems',
        'receiveCopiesOfMeetingMessages',
        'deliverMeetingRequests',
        'problem',
      ],
      rows: [
        ...delegates.map((delegate) => [
          owner,
          delegate.user.smtpAddress,
          delegate.user.displayName,
          delegate.user.sid,
          ...levels(delegate),
          ...switches(delegate),
          deliverMeetingRequests,
          undefined,
        ]),
        ...failures.map(({ code, message }) => [
          owner,
          ...Array.from<undefined>({ length: 5 + DELEGATE_FOLDERS.length }),
          deliverMeetingRequests,
          `${code}: ${message}`,
        ]),
      ],
    },
  }
}

function levels({ permissions }: Delegate): Cell[] {
  return DELEGATE_FOLDERS.map((folder) => permissions?.[folder])
}

function switches({ viewPrivateItems, receiveCopiesOfMeetingMessages }: Delegate): Cell[] {
  return [viewPrivateItems, receiveCopiesOfMeetingMessages]
}

function sameName(user: string | undefined, owner: string): boolean {
  return user?.trim().toLowerCase() === owner.toLowerCase()
}
