import type { ReadRequest } from '../backends/backend.ts'
import type { FolderName } from '../model/folder-name.ts'
import type { MailboxStep } from '../model/mailbox-step.ts'

/** What would change in one mailbox, and what was seen there besides. */
export interface MailboxPlan {
  readonly mailbox: string
  readonly steps: readonly MailboxStep[]
  /** What is wanted and cannot be done, each with its reason. */
  readonly blocked: readonly Blocked[]
  /** What is there without being described, and what has to be known of the plan. */
  readonly notes: readonly Note[]
  /** Present when something is described exactly: what was read, so that a later apply sees that it moved. */
  readonly ground?: Ground
  /** `skip`: a change whose ground moved is left out, as when a run is put back. Default: the mailbox is refused. */
  readonly moved?: 'skip'
  /** The mailbox could not be read. */
  readonly error?: PlanError
}

export interface PlanError {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** Of a mailbox in a saved plan that could not be read when the plan was made. */
export const NOT_PLANNED = {
  code: 'ERR_NOT_PLANNED',
  message: 'It could not be read when this was planned; plan again.',
} as const satisfies PlanError

/** Of a mailbox whose description cannot be followed, as reading the mailbox showed. */
export const CONTRADICTORY = {
  code: 'ERR_CONTRADICTORY',
  message: 'The description contradicts itself; correct it, then plan and apply anew.',
} as const satisfies PlanError

/** A server's refusal as people read it, with its code once: some messages hold it already. */
export function errorText({ code, message }: Pick<PlanError, 'code' | 'message'>): string {
  return message.includes(code) ? message : `${message} (${code})`
}

export interface Blocked {
  readonly folder?: FolderName
  readonly user?: string
  readonly reason: string
}

/** Why nothing can be said of a folder; in the server's words, without its codes. */
export function unreadReason(missing: { readonly message: string } | undefined): string {
  return `It could not be read: ${missing?.message ?? 'the server said nothing of it.'}`
}

/** The same of the list of delegates. */
export function unreadDelegates(problem: { readonly message: string }): string {
  return `Who the delegates are is not known: ${problem.message}`
}

/** `unmanaged-…` is there without being described; the others bear on what the plan is about. */
export const NOTE_KINDS = [
  'unmanaged-delegate',
  'unmanaged-entry',
  'unmanaged-orphan',
  'orphan',
  'default',
  'unknown',
] as const

/** Ends the reason of what makes a description contradict itself. */
export const HELD_BACK = 'Until then nothing is changed in this mailbox.'

export interface Note {
  readonly kind: (typeof NOTE_KINDS)[number]
  readonly folder?: FolderName
  readonly user?: string
  readonly text: string
}

/** Has it to be known of the plan? Everything else is only there, without being described. */
export function bearsOnPlan({ kind }: Note): boolean {
  return !kind.startsWith('unmanaged-')
}

export interface Ground {
  readonly read: ReadRequest
  readonly fingerprint: string
}

export function hasChanges(plan: MailboxPlan): boolean {
  return plan.steps.length > 0
}
