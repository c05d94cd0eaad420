import { InvalidInputError } from '../errors.ts'
import { requireSmtpAddress, type UserIdentity, type UserRef } from '../model/user-ref.ts'
import { parseSendResult, type SendResult } from '../proof/classify.ts'
import type { Context } from './context.ts'
import { type ExpectedSend, readExpectedSends, requireDifferent } from './expected-sends.ts'
import { readInputText } from './input-file.ts'
import { parseNamed } from './named.ts'
import { VERIFY_FLAGS, type VerifyFlagValues } from './verify-flags.ts'

/** A delegate that the server shows and nobody can sign in as. */
export interface SkippedDelegate {
  readonly owner: string
  readonly user: UserIdentity | UserRef | undefined
  readonly code: string
  readonly message: string
}

/** What is to be proved, and what cannot be. */
export interface Cases {
  readonly sends: readonly ExpectedSend[]
  readonly skipped: readonly SkippedDelegate[]
}

const MAX_FILE_BYTES = 20_000_000

/**
 * Reads what is known without a server.
 * @returns the cases, or a function that asks the server for them.
 * @throws InvalidInputError
 */
export async function readCases(
  context: Context,
  flags: VerifyFlagValues,
  operands: { readonly OWNER: string | undefined; readonly DELEGATE: readonly string[] },
): Promise<Cases | (() => Promise<Cases>)> {
  const expected = readExpected(flags.expect)
  if (flags.grants !== undefined) {
    const takesStdin = flags['token-stdin'] || flags['password-stdin']
    if (flags.grants === '-' && takesStdin) {
      throw new InvalidInputError('The grants and a secret are both to come from standard input.', {
        hint: 'Take the grants from a file, or the secret from the environment.',
      })
    }
    const text = await readInputText(context.io, flags.grants, {
      what: 'the file of grants',
      maxBytes: MAX_FILE_BYTES,
    })
    return { sends: await readExpectedSends(text, flags.grants, expected), skipped: [] }
  }
  const owner = requireSmtpAddress(operands.OWNER ?? '', 'the owner')
  if (operands.DELEGATE.length === 0) return fromServer(context, flags, owner, expected)
  const sends = operands.DELEGATE.map((text) => {
    const delegate = requireSmtpAddress(text, 'the delegate')
    requireDifferent(owner, delegate)
    return { owner, delegate, expected }
  })
  const twice = sends.find(({ delegate }, index) =>
    sends.slice(0, index).some((other) => other.delegate.toLowerCase() === delegate.toLowerCase()),
  )
  if (twice) throw new InvalidInputError(`${twice.delegate} is named more than once.`)
  return { sends, skipped: [] }
}

/** Delegates have Send on Behalf by being delegates: that is what is expected of them. */
async function fromServer(
  context: Context,
  flags: VerifyFlagValues,
  owner: string,
  expected: SendResult = 'on behalf of',
): Promise<() => Promise<Cases>> {
  const ews = await context.ews({ ...flags, 'token-stdin': undefined, 'password-stdin': undefined })
  return async () => {
    const { outcomes } = await ews.getDelegates(owner)
    const sends: ExpectedSend[] = []
    const skipped: SkippedDelegate[] = []
    for (const outcome of outcomes) {
      const user = outcome.ok ? (outcome.delegate?.user ?? outcome.user) : outcome.user
      const address = user && 'smtpAddress' in user ? user.smtpAddress : undefined
      if (!outcome.ok) skipped.push({ owner, user, code: outcome.code, message: outcome.message })
      else if (address) sends.push({ owner, delegate: address, expected })
      else skipped.push({ owner, user, code: 'NoAddress', message: 'The server does not say their address.' })
    }
    if (sends.length > 0) return { sends, skipped }
    throw new InvalidInputError(
      skipped.length === 0
        ? `Exchange shows no delegates of ${owner}, so there is nothing to prove.`
        : `None of the ${skipped.length} delegates that ${owner} has can be proved (${skipped[0]?.code}).`,
      {
        hint: 'It answers an empty list to those who may not see it: sign in as the owner or --impersonate them. To prove that somebody may not send, name them: verify OWNER DELEGATE --expect denied',
      },
    )
  }
}

function readExpected(text: string | undefined): SendResult | undefined {
  return text === undefined ? undefined : parseNamed(text, VERIFY_FLAGS.expect.choices, parseSendResult)
}
