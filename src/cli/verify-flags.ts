import { InvalidInputError } from '../errors.ts'
import type { Flags, FlagValues } from './command.ts'
import { DRY_RUN_FLAG, EWS_FLAGS, GRAPH_FLAGS } from './flags.ts'

export const THROUGH = ['me', 'delegate', 'owner'] as const
/** Whose endpoint the mail goes through: `/me`, or that of the delegate or the owner by address. */
export type Through = (typeof THROUGH)[number]

/** @throws InvalidInputError */
export function parseThrough(text: string | undefined): Through | undefined {
  if (text === undefined) return undefined
  const word = text.toLowerCase().replace(/^\//, '')
  const known = THROUGH.find((each) => each === word)
  if (known) return known
  throw new InvalidInputError(`Mails do not go through ${JSON.stringify(text.slice(0, 40))}.`, {
    hint: `It is one of ${THROUGH.join(', ')}.`,
  })
}

/** How delegates sign in who have no token yet. */
export const SIGN_IN_FLAGS = {
  'token-endpoint': {
    type: 'text',
    value: 'ADDRESS',
    description:
      'for test tenants: where each delegate gets a token for the password they all have (GRAPH_TOKEN_ENDPOINT)',
  },
  'password-stdin': {
    type: 'switch',
    description: 'read the delegates’ password from standard input (otherwise GRAPH_PASSWORD, or a prompt)',
  },
  'client-id': {
    type: 'text',
    value: 'ID',
    description: 'the app registration that the delegates sign in to (GRAPH_CLIENT_ID)',
  },
} as const satisfies Flags
export type SignInFlagValues = FlagValues<typeof SIGN_IN_FLAGS>

// Standard input can hold one secret: it is Graph's.
const { 'token-stdin': _token, 'password-stdin': _password, wait: _wait, ...EWS_WITHOUT_STDIN } = EWS_FLAGS

export const VERIFY_FLAGS = {
  expect: {
    type: 'text',
    value: 'RESULT',
    description:
      'what should come out: on-behalf-of, as, as-self or denied (default: from the owner, in either way)',
    choices: ['on-behalf-of', 'as', 'as-self', 'denied'],
  },
  grants: {
    type: 'text',
    value: 'FILE',
    description:
      'several grants, in CSV with the columns owner, delegate and expected, or as JSON, an object per line; - is standard input',
  },
  wait: {
    type: 'text',
    value: 'TIME',
    description:
      'how long to try again until it comes out as expected, such as 15m or 90s (default: one attempt)',
  },
  to: {
    type: 'text',
    value: 'ADDRESS',
    description: 'who gets the mail (default: the delegate, from whose mailbox it is deleted again)',
  },
  through: {
    type: 'text',
    value: 'WHOSE',
    description:
      'whose mailbox it goes through: me (default with a delegate’s token), delegate (with an application’s), or owner, which takes Full Access too',
    choices: THROUGH,
  },
  settle: {
    type: 'text',
    value: 'TIME',
    description: 'how long to look for a mail that was accepted (default 60s)',
  },
  ...DRY_RUN_FLAG,
  ...EWS_WITHOUT_STDIN,
  ...GRAPH_FLAGS,
  ...SIGN_IN_FLAGS,
} as const satisfies Flags
export type VerifyFlagValues = FlagValues<typeof VERIFY_FLAGS>
