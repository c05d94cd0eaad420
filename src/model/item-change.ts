import { InvalidInputError } from '../errors.ts'
import type { ItemType, WritableProperties } from './item.ts'
import { type ItemIdInput, parseItemId } from './item-id.ts'
import { checkPropertyPath, type PropertyPath } from './property-path.ts'

/** What AppendToItemField takes: texts and lists of people. */
export type AppendableProperties = {
  readonly Message: Pick<
    WritableProperties['Message'],
    'body' | 'toRecipients' | 'ccRecipients' | 'bccRecipients' | 'replyTo'
  >
  readonly CalendarItem: Pick<
    WritableProperties['CalendarItem'],
    'body' | 'requiredAttendees' | 'optionalAttendees' | 'resources'
  >
  readonly Contact: Pick<WritableProperties['Contact'], 'body'>
  readonly Task: Pick<WritableProperties['Task'], 'body'>
  readonly Item: Pick<WritableProperties['Item'], 'body'>
}

/** Changes to one item: what is not named stays as it is. */
export type ItemChange = {
  readonly [Type in ItemType]: {
    /** `NeverOverwrite` notices changes since the version whose change key this is. */
    readonly id: ItemIdInput
    readonly type: Type
    /** An empty list takes the property away. */
    readonly set?: WritableProperties[Type]
    readonly append?: AppendableProperties[Type]
    /** Names such as `location`, or paths such as `calendar:Location`. */
    readonly delete?: readonly (Exclude<keyof WritableProperties[Type], 'other'> | PropertyPath)[]
  }
}[ItemType]

export const CONFLICT_RESOLUTIONS = ['NeverOverwrite', 'AutoResolve', 'AlwaysOverwrite'] as const
/**
 * What happens when somebody else changed the item since it was read: `NeverOverwrite` refuses, so that nothing is
 * lost; `AutoResolve` leaves it to Exchange, which in most cases writes over what is there (MS-OXWSCORE);
 * `AlwaysOverwrite` writes.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem
 */
export type ConflictResolution = (typeof CONFLICT_RESOLUTIONS)[number]

/**
 * Checks what does not need to know the properties.
 * @throws InvalidInputError for a change of nothing, or one that can never be noticed as a conflict.
 */
export function checkItemChange(change: ItemChange, resolution: ConflictResolution): void {
  const { changeKey } = parseItemId(change.id)
  // "ChangeKey is required if overriding automatic conflict resolution" (ErrorChangeKeyRequired).
  if (resolution === 'NeverOverwrite' && changeKey === undefined) {
    throw new InvalidInputError('NeverOverwrite needs the change key of the version that was read.', {
      hint: 'Get the item first and pass its id on whole, or choose AutoResolve or AlwaysOverwrite.',
    })
  }
  for (const path of change.delete ?? []) {
    if (typeof path !== 'string' || path.includes(':')) checkPropertyPath(path)
  }
}
