import { createHash } from 'node:crypto'
import { EwsRefusal } from './errors.ts'

/**
 * How far a client has synchronised: a position in the store's revisions, and a digest of what was synchronised, so
 * that a state of one folder is not taken for another's.
 */
export function writeSyncState(subject: string, revision: number): string {
  const state = Buffer.alloc(22)
  state.write('SY', 0, 'latin1')
  digest(subject).copy(state, 2, 0, 12)
  state.writeUIntBE(revision, 14, 6)
  return state.toString('base64')
}

/** The position; 0 for a client that starts. @throws EwsRefusal `ErrorInvalidSyncStateData` */
export function readSyncState(subject: string, text: string | undefined, now: number): number {
  if (text === undefined || text.trim() === '') return 0
  const state = Buffer.from(text.trim(), 'base64')
  const revision = state.length === 22 ? state.readUIntBE(14, 6) : Number.POSITIVE_INFINITY
  const sound =
    state.toString('latin1', 0, 2) === 'SY' && digest(subject).subarray(0, 12).equals(state.subarray(2, 14))
  if (!sound || revision > now) throw new EwsRefusal('ErrorInvalidSyncStateData')
  return revision
}

function digest(subject: string): Buffer {
  return createHash('sha256').update(subject).digest()
}
