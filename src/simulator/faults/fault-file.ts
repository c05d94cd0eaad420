import type { InvalidInputError } from '../../errors.ts'
import {
  Checker,
  describe,
  type FileKind,
  isEmpty,
  problemsError,
  readTextFile,
  suggestion,
  type Tree,
  treeOfText,
  treeOfValue,
} from '../checked-file.ts'
import { OPERATIONS } from '../ews/operations/index.ts'
import {
  FAULT_FACES,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type FaultPlan,
  GARBAGE_KINDS,
} from './fault.ts'

const FAULT_FILE: FileKind = {
  what: 'fault file',
  hint: 'A fault file has a seed and faults, each with a kind, such as: kind: busy, operation: AddDelegate, count: 2.',
  unreadableHint: 'Give the path of a YAML file with faults.',
}

const SELECTION_FIELDS = ['face', 'operation', 'mailbox', 'method', 'above', 'skip', 'share', 'count', 'when']
/** What a fault of each kind has besides its selection. */
const FIELDS: Readonly<Record<FaultKind, readonly string[]>> = {
  latency: ['milliseconds', 'jitter'],
  busy: ['backOff', 'retryAfter', 'status', 'inMessages'],
  exceededConnections: ['limit', 'retryAfter'],
  status: ['status', 'retryAfter', 'body'],
  redirect: ['status', 'to'],
  truncate: ['keep', 'ending'],
  drop: [],
  slow: ['milliseconds'],
  garbage: ['what'],
  gzip: [],
}
/** Kinds whose answer is a real one, so that the request has to be carried out. */
const NEEDS_AN_ANSWER: readonly FaultKind[] = ['truncate', 'slow', 'gzip']
/** A minute is longer than any client waits for a header; an hour is a mistake in the unit. */
const LONGEST_WAIT_MS = 3_600_000

/**
 * Reads and checks a fault file.
 * @throws InvalidInputError that names file, line and column of every mistake, one per line.
 */
export async function readFaultFile(path: string): Promise<FaultPlan> {
  return parseFaults(await readTextFile(path, FAULT_FILE), path)
}

/**
 * Reads and checks faults in YAML or JSON: `seed` and `faults`, a list of faults, or one fault.
 * @param name stands before the line numbers of the messages.
 * @throws InvalidInputError with every mistake, one per line.
 */
export function parseFaults(text: string, name = 'faults'): FaultPlan {
  const { tree, problems } = treeOfText(text, name, FAULT_FILE)
  return checkPlan(tree, name, problems)
}

/**
 * Checks faults that were written in code.
 * @throws InvalidInputError with every mistake, one per line, each with its path such as `faults[2].share`.
 */
export function checkFaults(value: FaultPlan | Fault | readonly Fault[]): FaultPlan {
  return checkPlan(treeOfValue(value, ''), 'faults', [])
}

type Field = { readonly at: string; readonly value: Tree } | undefined

function checkPlan(tree: Tree, name: string, problems: string[]): FaultPlan {
  const check = new FaultChecker(problems)
  const failure = (): InvalidInputError => problemsError(name, check.problems, FAULT_FILE)
  if (isEmpty(tree)) {
    check.say(tree.at, 'There are no faults.')
    throw failure()
  }
  const isPlan = tree.kind === 'map' && !tree.entries.some(({ key }) => key === 'kind')
  const fields = isPlan ? check.fields(tree, 'A fault file', ['seed', 'faults']) : new Map<string, never>()
  if (isPlan && !fields.has('faults')) check.missing(tree.at, 'The file', 'faults')
  const seed = check.seed(fields.get('seed'))
  const list = isPlan
    ? check.list(fields.get('faults'), 'faults')
    : tree.kind === 'list'
      ? tree.items
      : [tree]
  const faults = list.flatMap((item) => readFault(check, item) ?? [])
  if (check.problems.length > 0) throw failure()
  return { ...(seed === undefined ? {} : { seed }), faults }
}

function readFault(check: FaultChecker, tree: Tree): Fault | undefined {
  const kindField = tree.kind === 'map' ? tree.entries.find(({ key }) => key === 'kind') : undefined
  if (tree.kind === 'map' && !kindField) {
    check.missing(tree.at, 'This fault', 'kind')
    return undefined
  }
  const kind = check.oneOf(kindField, FAULT_KINDS, 'The kind')
  if (tree.kind === 'map' && !kind) return undefined
  const own = kind ? FIELDS[kind] : []
  const fields = check.fields(tree, kind ? `A ${kind} fault` : 'A fault', [
    'kind',
    ...own,
    ...SELECTION_FIELDS,
  ])
  if (!kind) return undefined
  const values: Record<string, unknown> = {
    kind,
    face: check.several(fields.get('face'), (item) => check.oneOf(item, FAULT_FACES, 'The face')),
    operation: check.several(fields.get('operation'), (item) =>
      check.operation(item, mayBeEws(fields.get('face'))),
    ),
    mailbox: check.several(fields.get('mailbox'), (item) => item && check.address(item.value, 'The mailbox')),
    method: check.text(fields.get('method'), 'The method')?.trim().toUpperCase(),
    above: check.whole(fields.get('above'), 'above', 0, 100_000),
    skip: check.whole(fields.get('skip'), 'skip', 0, 1_000_000_000),
    share: check.share(fields.get('share'), 'The share'),
    count: check.whole(fields.get('count'), 'The count', 1, 1_000_000_000),
    when: check.oneOf(fields.get('when'), ['before', 'after'] as const, 'when'),
    ...readOwn(check, kind, fields),
  }
  if (NEEDS_AN_ANSWER.includes(kind) && values.when === 'before') {
    check.say(
      fields.get('when')?.at ?? tree.at,
      `A ${kind} fault spoils a real answer, so its request is always carried out; leave when out.`,
    )
  }
  for (const name of REQUIRED[kind] ?? [])
    if (!fields.has(name)) check.missing(tree.at, `This ${kind} fault`, name)
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as unknown as Fault
}

const REQUIRED: Partial<Record<FaultKind, readonly string[]>> = {
  latency: ['milliseconds'],
  slow: ['milliseconds'],
  status: ['status'],
}

function readOwn(
  check: FaultChecker,
  kind: FaultKind,
  fields: ReadonlyMap<string, Field>,
): Record<string, unknown> {
  const wait = (name: string) => check.whole(fields.get(name), name, 0, LONGEST_WAIT_MS)
  const retryAfter = check.whole(fields.get('retryAfter'), 'retryAfter', 0, LONGEST_WAIT_MS / 1000)
  switch (kind) {
    case 'latency':
      return { milliseconds: wait('milliseconds'), jitter: wait('jitter') }
    case 'slow':
      return { milliseconds: wait('milliseconds') }
    case 'busy':
      return {
        backOff: wait('backOff'),
        retryAfter,
        status: check.whole(fields.get('status'), 'The status', 200, 599),
        inMessages: fields.has('inMessages') ? check.flag(fields.get('inMessages'), 'inMessages') : undefined,
      }
    case 'exceededConnections':
      return { limit: check.whole(fields.get('limit'), 'The limit', 1, 100_000), retryAfter }
    case 'status':
      return {
        status: check.whole(fields.get('status'), 'The status', 400, 599),
        retryAfter,
        body: check.oneOf(fields.get('body'), ['empty', 'html', 'fault'] as const, 'The body'),
      }
    case 'redirect':
      return { status: check.redirectStatus(fields.get('status')), to: check.target(fields.get('to')) }
    case 'truncate':
      return {
        keep: check.share(fields.get('keep'), 'keep'),
        ending: check.oneOf(fields.get('ending'), ['cut', 'clean'] as const, 'The ending'),
      }
    case 'garbage':
      return { what: check.oneOf(fields.get('what'), GARBAGE_KINDS, 'what') }
    default:
      return {}
  }
}

/** Numbers and lists, which only faults have. */
/** Whether a fault is for EWS alone, or may be. */
function mayBeEws(face: Field): 'only' | 'perhaps' | 'no' {
  if (!face) return 'perhaps'
  const faces = face.value.kind === 'list' ? face.value.items : [face.value]
  const isEws = faces.some((each) => each.kind === 'scalar' && each.value === 'ews')
  return isEws ? (faces.length === 1 ? 'only' : 'perhaps') : 'no'
}

class FaultChecker extends Checker {
  /** One that EWS has, or anything that another face may know: those are written in small letters, but for one. */
  operation(field: Field, ews: 'only' | 'perhaps' | 'no'): string | undefined {
    const name = this.text(field, 'The operation')?.trim()
    if (field === undefined || name === undefined || ews === 'no') return name
    const isOther = ews === 'perhaps' && (!/^[A-Z]/.test(name) || name === 'GetUserSettings')
    const known = [...OPERATIONS.keys()]
    if (isOther || known.some((each) => each.toLowerCase() === name.toLowerCase())) return name
    this.say(
      field.at,
      `The embedded Exchange has no operation ${JSON.stringify(name.slice(0, 80))}${suggestion(name, known)}.`,
    )
    return undefined
  }

  whole(field: Field, what: string, least: number, most: number): number | undefined {
    if (!field) return undefined
    const value = field.value.kind === 'scalar' ? field.value.value : undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    this.say(
      field.value.at,
      `${what} is a whole number from ${least} to ${most}, not ${describe(field.value)}.`,
    )
    return undefined
  }

  /** From 0 to 1, or in percent. */
  share(field: Field, what: string): number | undefined {
    if (!field) return undefined
    const value = field.value.kind === 'scalar' ? field.value.value : undefined
    const percent =
      typeof value === 'string' ? /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(value.trim())?.[1] : undefined
    const share = percent === undefined ? value : Number(percent) / 100
    if (typeof share === 'number' && share >= 0 && share <= 1) return share
    this.say(
      field.value.at,
      `${what} is a number from 0 to 1, or a percentage such as 30%, not ${describe(field.value)}.`,
    )
    return undefined
  }

  seed(field: Field): number | string | undefined {
    if (!field) return undefined
    const value = field.value.kind === 'scalar' ? field.value.value : undefined
    if (
      (typeof value === 'number' && Number.isFinite(value)) ||
      (typeof value === 'string' && value !== '')
    ) {
      return value
    }
    this.say(field.value.at, `The seed is a number or a text, not ${describe(field.value)}.`)
    return undefined
  }

  /** One value, or a list of them. */
  several<Value>(
    field: Field,
    read: (item: NonNullable<Field>) => Value | undefined,
  ): Value | Value[] | undefined {
    if (!field) return undefined
    if (field.value.kind !== 'list') return read(field)
    if (field.value.items.length === 0) this.say(field.value.at, 'This list is empty; leave it out.')
    return field.value.items.flatMap((value) => read({ at: value.at, value }) ?? [])
  }

  redirectStatus(field: Field): number | undefined {
    if (!field) return undefined
    const status = this.whole(field, 'The status', 300, 399)
    if (status === undefined || [301, 302, 303, 307, 308].includes(status)) return status
    this.say(field.value.at, `A redirect has the status 301, 302, 303, 307 or 308, not ${status}.`)
    return undefined
  }

  target(field: Field): string | undefined {
    const text = this.text(field, 'to')?.trim()
    if (text === undefined) return undefined
    // What cannot stand in a header would end the simulator's answer, and not the client's patience.
    if (/^[\x21-\x7e]+$/.test(text) && URL.canParse(text, 'http://localhost')) return text
    this.say(field?.value.at ?? '', `${JSON.stringify(text.slice(0, 120))} is no address to redirect to.`)
    return undefined
  }
}
