import type { PropertyValue } from '../store/item.ts'
import type { Recurrence } from '../store/recurrence.ts'
import { readDateTime, writeDateTime } from './date-time.ts'
import { EwsRefusal } from './errors.ts'
import {
  DATE,
  type ItemInput,
  type ItemProperty,
  NUMBER,
  readOnly,
  removeProperty,
  stored,
  TEXTS,
  writable,
} from './item-properties.ts'
import { readRecurrence, writeRecurrence } from './recurrence-elements.ts'
import { element } from './writer.ts'

const STATUS = 'task:Status'
const PERCENT = 'task:PercentComplete'
const COMPLETED = 'task:CompleteDate'
const RECURRENCE = 'task:Recurrence'

/** Status, percentage and date of completion say one thing: a change of one brings the others along. */
function set(input: ItemInput, values: Record<string, PropertyValue | undefined>): void {
  const properties = { ...input.item.properties }
  for (const [field, value] of Object.entries(values)) {
    if (value === undefined) delete properties[field]
    else properties[field] = value
  }
  input.item.properties = properties
}

function complete(input: ItemInput, at: Date): void {
  set(input, { [STATUS]: 'Completed', [PERCENT]: 100, [COMPLETED]: at })
}

function isComplete(input: Pick<ItemInput, 'item'>): boolean {
  return input.item.properties[STATUS] === 'Completed'
}

/** `t:TaskType`, after what every item has. */
export const TASK_PROPERTIES: readonly ItemProperty[] = [
  stored('task:ActualWork', NUMBER),
  readOnly('task:AssignedTime', () => undefined),
  stored('task:BillingInformation'),
  readOnly('task:ChangeCount', (_, name) => element(name, 1)),
  stored('task:Companies', TEXTS),
  writable(
    COMPLETED,
    ({ item }, name) => {
      const at = item.properties[COMPLETED] as Date | undefined
      return at && element(name, writeDateTime(at))
    },
    (input, value) => {
      const at = readDateTime(value.text, input.zone)
      complete(input, at)
    },
    {
      compare: (item) => item.properties[COMPLETED] as Date | undefined,
      clear: (input) => set(input, { [STATUS]: 'NotStarted', [PERCENT]: 0, [COMPLETED]: undefined }),
    },
  ),
  stored('task:Contacts', TEXTS),
  readOnly('task:DelegationState', (_, name) => element(name, 'NoMatch')),
  readOnly('task:Delegator', () => undefined),
  stored('task:DueDate', DATE),
  readOnly('task:IsAssignmentEditable', (_, name) => element(name, 0)),
  readOnly('task:IsComplete', (subject, name) => element(name, isComplete(subject)), {
    compare: (item) => isComplete({ item }),
  }),
  readOnly('task:IsRecurring', ({ item }, name) => element(name, item.properties[RECURRENCE] !== undefined)),
  readOnly('task:IsTeamTask', (_, name) => element(name, false)),
  stored('task:Mileage'),
  readOnly('task:Owner', ({ item }, name) => element(name, item.mailbox.owner.name)),
  writable(
    PERCENT,
    ({ item }, name) => element(name, (item.properties[PERCENT] as number | undefined) ?? 0),
    (input, value) => {
      const percent = Number(value.text)
      if (!(percent >= 0 && percent <= 100)) throw new EwsRefusal('ErrorInvalidPercentCompleteValue')
      if (percent === 100) return complete(input, input.context.exchange.now())
      set(input, {
        [PERCENT]: percent,
        [COMPLETED]: undefined,
        [STATUS]:
          percent > 0
            ? statusUnlessCompleted(input, 'InProgress')
            : statusUnlessCompleted(input, 'NotStarted'),
      })
    },
    { compare: (item) => (item.properties[PERCENT] as number | undefined) ?? 0 },
  ),
  writable(
    RECURRENCE,
    ({ item }, name) => {
      const recurrence = item.properties[RECURRENCE] as Recurrence | undefined
      return recurrence && writeRecurrence(name, recurrence)
    },
    ({ item }, value) => {
      item.properties = { ...item.properties, [RECURRENCE]: { ...readRecurrence(value) } as PropertyValue }
    },
    { notInFind: true, clear: ({ item }) => removeProperty(item, RECURRENCE) },
  ),
  stored('task:StartDate', DATE),
  writable(
    STATUS,
    ({ item }, name) => element(name, (item.properties[STATUS] as string | undefined) ?? 'NotStarted'),
    (input, value) => {
      if (value.text === 'Completed') return complete(input, input.context.exchange.now())
      const percent = input.item.properties[PERCENT] as number | undefined
      set(input, {
        [STATUS]: value.text,
        [COMPLETED]: undefined,
        ...(value.text === 'NotStarted' || percent === 100 ? { [PERCENT]: 0 } : {}),
      })
    },
    { compare: (item) => (item.properties[STATUS] as string | undefined) ?? 'NotStarted' },
  ),
  readOnly('task:StatusDescription', ({ item }, name) =>
    element(name, String(item.properties[STATUS] ?? 'NotStarted').replace(/(?<=[a-z])(?=[A-Z])/g, ' ')),
  ),
  stored('task:TotalWork', NUMBER),
]

/** A task that waits for others goes on waiting when its percentage changes. */
function statusUnlessCompleted({ item }: ItemInput, otherwise: string): PropertyValue {
  const present = item.properties[STATUS] as string | undefined
  if (
    present === undefined ||
    present === 'Completed' ||
    present === 'NotStarted' ||
    present === 'InProgress'
  )
    return otherwise
  return present
}
