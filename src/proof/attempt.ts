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
 * @throws what is no verdict about the grant: a lost connection, a busy service, a recipient that cannot be.
 */
export async function attemptSend(run: ProofRun): Promise<Finding> {
  const { graph, as } = run
  const marker = randomUUID()
  let draft: GraphMessage | undefined
  try {
    draft = await graph.createDraft({ as, ...proofMessage(run, marker) })
    await graph.sendDraft(draft.id, { as })
  } catch (error) {
    const layer = classifyDenial(error, draft ? 'send' : 'draft', run.viaOwner)
    // What may have gone is left: it would be the only trace.
    const inDoubt = error instanceof EwsDelegatesError && error.mayHaveHappened
    const leftBehind =
      draft && run.cleanUp && !inDoubt ? await removeCopies([{ message: draft, graph, as }]) : []
    if (!layer || !(error instanceof GraphResponseError)) throw error
    return { ...NOWHERE, found: 'denied', denial: denialOf(error, layer), leftBehind, notes: [] }
  }
  return readBack(run, draft, marker)
}

/** The mail of a proof. */
export function proofMessage(
  { owner, delegate, to }: Pick<ProofRun, 'owner' | 'delegate' | 'to'>,
  marker: string,
): MessageInput {
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
