import { ConnectionError, type EwsDelegatesError } from '../errors.ts'
import type { MailAddress } from '../graph/recipient.ts'
import { describeUser } from '../model/user-ref.ts'
import type { Finding, Presence, Proof } from '../proof/proof.ts'
import type { ProofOutcome } from '../proof/prove-sends.ts'
import type { CommandResult } from './command.ts'
import { formatDuration } from './duration.ts'
import { EXIT } from './exit-codes.ts'
import type { ExpectedSend } from './expected-sends.ts'
import { type Problem, toProblem } from './failure.ts'
import type { Report } from './output.ts'
import { printable } from './printable.ts'
import { type Cell, formatProperties, formatTable } from './table.ts'
import { userJson } from './user-text.ts'
import type { SkippedDelegate } from './verify-cases.ts'

/** A grant, and what came out; undefined when the run was stopped before it began. */
export interface ProvedSend {
  readonly send: ExpectedSend
  readonly outcome: ProofOutcome | undefined
}

/** Was the run stopped before this one came to an end? */
export function isStopped(outcome: ProofOutcome | undefined): boolean {
  return outcome === undefined || (!outcome.ok && outcome.error.code === 'ERR_ABORTED')
}

/**
 * The results of proofs, expected against found.
 * @param stopped why not all of them were made.
 */
export function proofResults(
  proved: readonly ProvedSend[],
  skipped: readonly SkippedDelegate[],
  stopped?: EwsDelegatesError,
): CommandResult {
  const problem = stopped ? stoppedProblem(proved, stopped) : problemOf(proved, skipped)
  return { report: reportOf(proved, skipped), ...(problem ? { problem } : {}) }
}

function reportOf(proved: readonly ProvedSend[], skipped: readonly SkippedDelegate[]): Report {
  return {
    text: (terminal) => {
      const [first] = proved
      const table =
        proved.length === 1 && first?.outcome?.ok
          ? proofText(first.outcome.proof)
          : formatTable(
              ['Delegate', 'Owner', 'Expected', 'Found', 'Verdict', 'Copy in'],
              proved.map((each) => [
                each.send.delegate,
                each.send.owner,
                expectedText(each.send),
                foundText(each),
                verdict(each),
                each.outcome?.ok ? copiesText(each.outcome.proof) : undefined,
              ]),
              terminal,
            )
      const remarks = remarksOn(proved, skipped)
      return remarks.length > 0
        ? `${table}\n${remarks.map((line) => `${printable(line)}\n`).join('')}`
        : table
    },
    json: { proofs: proved.map(proofJson), skipped: skipped.map(skippedJson) },
    csv: { columns: CSV_COLUMNS, rows: [...proved.map(csvRow), ...skipped.map(skippedRow)] },
  }
}

const CSV_COLUMNS = [
  'delegate',
  'owner',
  'expected',
  'found',
  'asExpected',
  'layer',
  'code',
  'message',
  'from',
  'sender',
  'sentItemsOfDelegate',
  'sentItemsOfOwner',
  'received',
  'attempts',
  'waitedMilliseconds',
  'leftBehind',
  'notes',
] as const
type CsvRow = Readonly<Partial<Record<(typeof CSV_COLUMNS)[number], Cell>>>

function proofText(proof: Proof): string {
  return formatProperties([
    ['Delegate', proof.delegate],
    ['Owner', proof.owner],
    ['Expected', expectedText(proof)],
    ['Found', `${proof.found}${proof.denial ? ` (${proof.denial.layer})` : ''}`],
    ['Verdict', proof.asExpected ? 'as expected' : 'different'],
    ['From', addressText(proof.from)],
    ['Sender', addressText(proof.sender)],
    ['Copy in', copiesText(proof)],
    ['Arrived', proof.found === 'denied' ? undefined : presenceText(proof.received)],
    ['Attempts', attemptsText(proof)],
  ])
}

function attemptsText({ attempts, waitedMs }: Proof): Cell {
  return attempts === 1 ? undefined : `${attempts} in ${formatDuration(waitedMs)}`
}

function expectedText({ expected }: { readonly expected?: string | undefined }): string {
  return expected ?? 'on behalf of, or as'
}

function foundText({ outcome }: ProvedSend): Cell {
  const finding = findingOf(outcome)
  if (!finding) return undefined
  const { found, denial } = finding
  return denial ? `${found} (${denial.layer})` : found
}

/** What was found; of a proof that was stopped, what it had found until then. */
function findingOf(outcome: ProofOutcome | undefined): Finding | undefined {
  if (outcome?.ok) return outcome.proof
  return isStopped(outcome) ? outcome?.last : undefined
}

function verdict({ outcome }: ProvedSend): string {
  if (!outcome || isStopped(outcome)) return 'stopped'
  if (!outcome.ok) return 'not proved'
  return outcome.proof.asExpected ? 'as expected' : 'different'
}

/** In whose Sent Items copies lie; a mailbox that could not be looked into is said to be that. */
function copiesText({ found, sentItems }: Proof): Cell {
  if (found === 'denied') return undefined
  const places = (['delegate', 'owner'] as const).flatMap((whose) => {
    if (sentItems[whose] === 'yes') return [`${whose}’s Sent Items`]
    return sentItems[whose] === 'unknown' ? [`${whose}’s not visible`] : []
  })
  return places.length > 0 ? places.join(', ') : 'nobody’s Sent Items'
}

function presenceText(presence: Presence): string {
  return presence === 'unknown' ? 'not looked for' : presence
}

/** What a table has no room for, as sentences. */
function remarksOn(proved: readonly ProvedSend[], skipped: readonly SkippedDelegate[]): string[] {
  const several = proved.length > 1
  const remarks = proved.flatMap((each) => {
    const who = several ? `${pairText(each.send)}: ` : ''
    const { outcome } = each
    if (!outcome) return []
    if (!outcome.ok) {
      const doubt = outcome.error.mayHaveHappened ? ' It is not known whether the mail was sent.' : ''
      const failed = several && !isStopped(outcome) ? [`${who}${outcome.error.message}${doubt}`] : []
      return [...failed, ...outcome.leftBehind.map((left) => `${who}Left behind: ${left}`)]
    }
    const { notes, leftBehind } = outcome.proof
    const reason = several && !outcome.proof.asExpected ? reasonOf(outcome.proof) : undefined
    return [
      ...(reason ? [`${who}${reason}`] : []),
      ...notes.map((note) => `${who}${note}`),
      ...leftBehind.map((left) => `${who}Left behind: ${left}`),
    ]
  })
  const unproved = skipped.map(
    ({ owner, user, code, message }) =>
      `A delegate of ${owner}${user ? ` (${describeUser(user)})` : ''} cannot be proved: ${message} (${code})`,
  )
  return [...remarks, ...unproved]
}

function pairText({ delegate, owner }: { readonly delegate: string; readonly owner: string }): string {
  return `${delegate} for ${owner}`
}

/** Why it is not as expected. */
function reasonOf({ found, expected, denial }: Proof): string {
  if (denial) return denial.message
  if (found === 'as self') return 'The mail left as the delegate’s own; from was ignored.'
  if (found === 'as' && expected === 'on behalf of') {
    return 'Send As is granted besides, and wins over Send on Behalf.'
  }
  return found === 'on behalf of' && expected === 'denied'
    ? 'Send on Behalf is still granted, or its end has not reached Graph yet.'
    : `It left ${found}.`
}

function problemOf(proved: readonly ProvedSend[], skipped: readonly SkippedDelegate[]): Problem | undefined {
  const errors = proved.flatMap(({ outcome }) => (outcome && !outcome.ok ? [outcome.error] : []))
  const different = proved.flatMap(({ outcome }) =>
    outcome?.ok && !outcome.proof.asExpected ? [outcome.proof] : [],
  )
  // A delegate whom the server shows as broken may well be one who cannot send.
  const unproved = errors.length + skipped.length
  const total = proved.length + skipped.length
  if (unproved + different.length === 0) return undefined
  const [error] = errors
  if (error && total === 1) return toProblem(error)
  const [only] = different
  if (only && total === 1) return differentProblem(only)
  const hints = new Set(
    [...different.map(({ denial }) => denial), ...errors].flatMap((each) => each?.hint ?? []),
  )
  const counts = [
    ...(different.length > 0
      ? [`${different.length} of ${total} grants ${different.length === 1 ? 'is' : 'are'} not as expected`]
      : []),
    ...(unproved > 0 ? [`${unproved} of ${total} could not be proved`] : []),
  ]
  return {
    // When nothing at all could be looked at, that is what a script has to know.
    exitCode: error && errors.length === total ? toProblem(error).exitCode : EXIT.partial,
    code: different.length > 0 ? 'ERR_NOT_AS_EXPECTED' : 'ERR_PARTIAL',
    message: `${counts.join(', and ')}.`,
    ...(hints.size > 0 ? { hint: [...hints].slice(0, 5).join('\n') } : {}),
  }
}

function differentProblem(proof: Proof): Problem {
  const { delegate, owner, expected, found, denial } = proof
  return {
    exitCode: EXIT.partial,
    code: 'ERR_NOT_AS_EXPECTED',
    message:
      expected === undefined
        ? `${delegate} cannot send for ${owner}: ${reasonOf(proof)}`
        : `${delegate} for ${owner} is “${found}”, where “${expected}” is expected: ${reasonOf(proof)}`,
    ...(denial?.hint === undefined ? {} : { hint: denial.hint }),
    ...(denial ? { responseCode: denial.code } : {}),
    ...(denial?.requestId === undefined ? {} : { requestId: denial.requestId }),
  }
}

function stoppedProblem(proved: readonly ProvedSend[], error: EwsDelegatesError): Problem {
  const done = proved.filter(({ outcome }) => !isStopped(outcome)).length
  return {
    ...toProblem(error),
    message: `Stopped: ${done} of ${proved.length} grants had been proved.`,
    hint: 'Mails of proofs were deleted as far as that was possible; their subject begins with “Proof of sending for”.',
  }
}

function proofJson({ send, outcome }: ProvedSend) {
  const proof = outcome?.ok ? outcome.proof : undefined
  const finding = findingOf(outcome)
  const { exitCode: _, ...error } = problemWith(outcome) ?? { exitCode: 0 }
  return {
    delegate: send.delegate,
    owner: send.owner,
    expected: send.expected ?? null,
    found: finding?.found ?? null,
    asExpected: proof?.asExpected ?? null,
    from: finding?.from ?? null,
    sender: finding?.sender ?? null,
    sentItems: finding?.sentItems ?? null,
    received: finding?.received ?? null,
    denial: finding?.denial ?? null,
    error: outcome?.ok ? null : error,
    attempts: proof?.attempts ?? null,
    waitedMilliseconds: proof?.waitedMs ?? null,
    leftBehind: leftBehindBy(outcome),
    notes: finding?.notes ?? [],
  }
}

/** A proof that never began was stopped like those that had. */
function problemWith(outcome: ProofOutcome | undefined): Problem | undefined {
  if (outcome?.ok) return undefined
  return toProblem(outcome?.error ?? new ConnectionError('ERR_ABORTED', 'The proof was stopped.'))
}

function leftBehindBy(outcome: ProofOutcome | undefined): readonly string[] {
  return outcome?.ok ? outcome.proof.leftBehind : (outcome?.leftBehind ?? [])
}

function skippedJson({ owner, user, code, message }: SkippedDelegate) {
  return { owner, user: userJson(user), code, message }
}

function csvRow({ send, outcome }: ProvedSend): Cell[] {
  const proof = outcome?.ok ? outcome.proof : undefined
  const finding = findingOf(outcome)
  const error = problemWith(outcome)
  return cells({
    delegate: send.delegate,
    owner: send.owner,
    expected: send.expected,
    found: finding?.found,
    asExpected: proof?.asExpected,
    layer: finding?.denial?.layer,
    code: error?.responseCode ?? error?.code ?? finding?.denial?.code,
    message: error?.message ?? finding?.denial?.message,
    from: finding?.from?.address,
    sender: finding?.sender?.address,
    sentItemsOfDelegate: finding?.sentItems.delegate,
    sentItemsOfOwner: finding?.sentItems.owner,
    received: finding?.received,
    attempts: proof?.attempts,
    waitedMilliseconds: proof?.waitedMs,
    leftBehind: leftBehindBy(outcome).join(' '),
    notes: finding?.notes.join(' '),
  })
}

function skippedRow({ owner, user, code, message }: SkippedDelegate): Cell[] {
  return cells({ ...(user ? { delegate: describeUser(user) } : {}), owner, code, message })
}

function cells(row: CsvRow): Cell[] {
  return CSV_COLUMNS.map((column) => row[column])
}

function addressText(person: MailAddress | undefined): Cell {
  if (!person) return undefined
  return person.name === undefined ? person.address : `${person.name} <${person.address}>`
}
