import { GRANT_MODES } from '../model/grant-mode.ts'
import type { Flags, FlagValues } from './command.ts'
import { EWS_FLAGS } from './flags.ts'

/** On every command that works on many mailboxes. */
export const BACKEND_FLAGS = {
  'impersonate-owners': {
    type: 'switch',
    negatable: true,
    description:
      'act as the owner of each mailbox (the default; Exchange shows delegates to nobody else), or as whoever signs in',
  },
  'trust-empty-lists': {
    type: 'switch',
    description:
      'without acting as the owner, believe an empty list of delegates, which Exchange also answers to those who may not see it; for accounts that have Full Access, or are the owner by another name',
  },
  concurrency: { type: 'text', value: 'NUMBER', description: 'mailboxes worked on at a time (default 8)' },
  ...EWS_FLAGS,
} as const satisfies Flags

export const GRANTS_FLAGS = {
  format: {
    type: 'text',
    value: 'FORMAT',
    description: 'of the files: yaml, json, jsonl or csv (default: by their names)',
    choices: ['yaml', 'json', 'jsonl', 'csv'],
  },
  mode: {
    type: 'text',
    value: 'MODE',
    description:
      'for files that state none, as CSV cannot: additive (default; everything else stays) or exact (nothing else may be there)',
    choices: GRANT_MODES,
  },
} as const satisfies Flags

export const MAILBOXES_FLAG = {
  mailboxes: {
    type: 'text',
    value: 'FILE',
    description: 'a file with one mailbox address per line; - for standard input',
  },
} as const satisfies Flags

export const FOLDERS_FLAG = {
  folders: {
    type: 'text',
    value: 'WHICH',
    description: 'which folders: none, standard (default: the six of delegates) or all',
    choices: ['none', 'standard', 'all'],
  },
} as const satisfies Flags

export const GROUPS_FLAG = {
  groups: {
    type: 'switch',
    negatable: true,
    description: 'find out who is in groups (the default), which asks once for each user on a list',
  },
} as const satisfies Flags

export const DROP_ORPHANS_FLAG = {
  'drop-orphans': {
    type: 'switch',
    description:
      'where a folder is written, let entries of deleted accounts go; they cannot be written back, and not be restored',
  },
} as const satisfies Flags

export const PLAN_FORMS = ['text', 'powershell'] as const
export type PlanForm = (typeof PLAN_FORMS)[number]

/** On commands that make a plan. */
export const PLAN_FLAGS = {
  out: { type: 'text', value: 'FILE', description: 'save the plan, for: ews-delegates apply FILE' },
  as: {
    type: 'text',
    value: 'FORM',
    description: 'how the plan is printed: text (default) or powershell (Exchange cmdlets)',
    choices: PLAN_FORMS,
  },
  'detailed-exitcode': {
    type: 'switch',
    description: 'end with 2 when there is something to do, with 0 when there is nothing',
  },
  ...DROP_ORPHANS_FLAG,
} as const satisfies Flags

/** `--format powershell` is what people try first; where files are read, the flag also says what they are. */
export const PLAN_GRANTS_FLAGS = {
  ...GRANTS_FLAGS,
  format: {
    type: 'text',
    value: 'FORMAT',
    description:
      'of the files: yaml, json, jsonl or csv (default: by their names); powershell is the same as --as powershell',
    choices: [...GRANTS_FLAGS.format.choices, 'powershell'],
  },
} as const satisfies Flags

/** For commands that make a plan and read no file. */
export const PLAN_FORMAT_FLAG = {
  format: {
    type: 'text',
    value: 'FORM',
    description: 'the same as --as',
    choices: PLAN_FLAGS.as.choices,
  },
} as const satisfies Flags

/** What {@link PLAN_GRANTS_FLAGS} say, each thing by its own name. */
export function withPlanForm<
  F extends { readonly format?: string | undefined; readonly as?: string | undefined },
>(flags: F): F {
  const { format, ...rest } = flags
  if (format?.toLowerCase() !== 'powershell') return flags
  return { ...rest, as: rest.as ?? format } as F
}

/** On commands that change mailboxes. */
export const APPLY_FLAGS = {
  journal: {
    type: 'text',
    value: 'FILE',
    description: 'where the run is recorded, for --resume and revert (default: apply-<time>.jsonl here)',
  },
  verify: {
    type: 'switch',
    negatable: true,
    description: 'read changed folders back and compare them (the default)',
  },
} as const satisfies Flags

export type BackendFlagValues = FlagValues<typeof BACKEND_FLAGS>
export type GrantsFlagValues = FlagValues<typeof GRANTS_FLAGS>
export type PlanFlagValues = FlagValues<typeof PLAN_FLAGS>
export type ApplyFlagValues = FlagValues<typeof APPLY_FLAGS>
