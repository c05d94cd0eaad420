export type StepId =
  | 'address'
  | 'name'
  | 'tls'
  | 'endpoint'
  | 'calendar'
  | 'token'
  | 'sign-in'
  | 'server'
  | 'impersonation'
  | 'delegates'
  | 'permissions'
  | 'graph'
  | 'throttling'

/** One thing that was looked at. */
export interface DoctorStep {
  readonly id: StepId
  /** What was asked. */
  readonly title: string
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  /** What was found, as a sentence. */
  readonly finding: string
  /** Why it is so, or why it matters. */
  readonly reason?: string
  /** What to do now, a line each; commands stand as they are typed. */
  readonly next?: readonly string[]
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Everything of a step but what it is about. */
export type Finding = Omit<DoctorStep, 'id' | 'title'>

export function skipped(finding: string, ...next: string[]): Finding {
  return { status: 'skipped', finding, ...(next.length > 0 ? { next } : {}) }
}
