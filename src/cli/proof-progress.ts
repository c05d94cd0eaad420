import type { ProofProgress } from '../proof/prove-send.ts'
import type { Context } from './context.ts'
import { formatDuration } from './duration.ts'
import type { ExpectedSend } from './expected-sends.ts'
import { printable } from './printable.ts'

/** Tells how far proofs are, beside the result. */
export interface ProofTeller {
  readonly waiting: (send: ExpectedSend, progress: ProofProgress) => void
  readonly proved: (count: number) => void
  readonly end: () => void
}

/**
 * On a terminal one line that changes; elsewhere a line for each wait; nothing where programs asked for JSON.
 * @param traced are other lines written there too?
 */
export function proofTeller(context: Context, total: number, traced: boolean): ProofTeller {
  const { stderr, env } = context.io
  if (context.format === 'json') return { waiting: () => {}, proved: () => {}, end: () => {} }
  if (stderr.isTTY !== true || env.TERM === 'dumb' || traced) {
    return {
      waiting: (send, progress) => context.talk(waitText(send, progress)),
      proved: () => {},
      end: () => {},
    }
  }
  const width = (context.terminal.width ?? 80) - 1
  let count = 0
  const show = (text: string) => stderr.write(`\r\u001b[K${printable(text).slice(0, width)}`)
  const counted = (text: string) => (total === 1 ? text : `${count} of ${total} proved. ${text}`)
  show(counted(total === 1 ? 'Sending …' : ''))
  return {
    waiting: (send, progress) => show(counted(waitText(send, progress))),
    proved: (now) => {
      count = now
      show(counted(''))
    },
    end: () => stderr.write('\r\u001b[K'),
  }
}

function waitText({ delegate, owner }: ExpectedSend, progress: ProofProgress): string {
  const { found, layer, nextAttemptInMs, remainingMs } = progress
  return `${delegate} for ${owner}: ${found}${layer ? ` (${layer})` : ''}; trying again in ${formatDuration(nextAttemptInMs)}, for ${formatDuration(remainingMs)} at most.`
}
