import { randomUUID } from 'node:crypto'
import { EwsDelegatesError, GraphResponseError } from '../errors.ts'
import type { GraphMessage, MessageInput } from '../graph/message.ts'
import { classifyDenial, type DenialLayer, denialHint } from './classify.ts'
import { removeCopies } from './copies.ts'
import type { Denial, Finding } from './proof.ts'
import type { ProofRun } from './proof-run.ts'
import { readBack } from './read-back.ts'

const NOWHERE = { sentItems: { delegate: 'no', owner: 'no' }, received: 'no' } as const

/**
 * Writes a draft from the owner, sends it, and finds out how it left.
 * @param leftBehind gets a sentence for everything that stays, also when this throws.
 * @throws what is no verdict about the grant: a lost connection, a busy service, a recipient that cannot be.
 */
export async function attemptSend(run: ProofRun, leftBehind: Set<string>): Promise<Finding> {
  const { graph, as } = run
  const marker = randomUUID()
  const message = proofMessage(run, marker)
  let draft: GraphMessage | undefined
  try {
    draft = await graph.createDraft({ as, ...message })
    await graph.sendDraft(draft.id, { as })
  } catch (error) {
    const layer = classifyDenial(error, draft ? 'send' : 'draft', run.viaOwner, run.scopes)
    if (error instanceof EwsDelegatesError && error.mayHaveHappened) {
      // What may have gone is left: it would be the only trace.
      leftBehind.add(
        draft
          ? `It is not known whether “${message.subject}” was sent to ${run.to}; its draft was not deleted.`
          : `It is not known whether the draft “${message.subject}” was made.`,
      )
    } else if (draft && run.cleanUp) {
      const copy = { message: { ...draft, subject: message.subject }, graph, as }
      for (const left of await removeCopies([copy])) leftBehind.add(left)
    }
    if (!layer || !(error instanceof GraphResponseError)) throw error
    return { ...NOWHERE, found: 'denied', denial: denialOf(error, layer), notes: [] }
  }
  return readBack(run, draft, marker, leftBehind)
}

/** The mail of a proof. */
export function proofMessage(
  { owner, delegate, to }: Pick<ProofRun, 'owner' | 'delegate' | 'to'>,
  marker: string,
): MessageInput & { readonly subject: string } {
  return {
    from: owner,
    to,
    subject: `Proof of sending for ${owner} [${marker}]`,
    body: `This mail was written to find out whether ${delegate} may send for ${owner}. It can be deleted.`,
    // So that mail rules can tell these mails from others.
    internetMessageHeaders: [{ name: 'x-ews-delegates-proof', value: marker }],
  }
}

function denialOf(error: GraphResponseError, layer: DenialLayer): Denial {
  const hint = denialHint(layer) ?? error.hint
  return {
    layer,
    code: error.graphCode,
    message: error.message,
    ...(hint === undefined ? {} : { hint }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
  }
}
