import type { EwsClient } from '../ews/client.ts'
import { explicitFolder } from '../model/folder-target.ts'
import type { ItemId } from '../model/item-id.ts'

/** What the story lends its chapters. */
export interface DemoStage {
  /** Tells one step and what came of it. */
  readonly step: (title: string, call: string, run: () => Promise<string>) => Promise<void>
  /** Ends the story where something is not as it must be. */
  readonly require: (condition: boolean, otherwise: string) => asserts condition
}

/**
 * The chapter on work in another mailbox: explicit access finds an item in the owner's calendar, and everything after
 * that is done by its id, without naming the owner again. The delegate needs Editor on the calendar.
 */
export async function tellItems(
  stage: DemoStage,
  delegate: { readonly name: string; readonly ews: EwsClient },
  owner: { readonly name: string; readonly address: string },
): Promise<void> {
  const { step } = stage
  const require: DemoStage['require'] = stage.require
  const { items } = delegate.ews
  const calendar = explicitFolder('calendar', owner.address)
  const call = (text: string) => `EWS, as ${delegate.name}:  ${text}`
  const byId = (id: ItemId | undefined) => `id: ${id?.id.slice(0, 24)}…`
  let lunch: ItemId | undefined

  await step(
    `Explicit access: ${delegate.name} writes into ${owner.name}’s calendar`,
    call(`CreateItem  { calendar of ${owner.address}: "Lunch" }`),
    async () => {
      const [created] = await items.create(
        [
          {
            type: 'CalendarItem',
            subject: 'Lunch',
            start: '2026-12-24T12:00:00Z',
            end: '2026-12-24T13:00:00Z',
            location: 'The new cafeteria',
          },
        ],
        { folder: calendar, sendMeetingInvitations: 'SendToNone' },
      )
      require(created?.ok === true, 'CreateItem was refused.')
      const found = items.find(calendar, {
        calendarView: { start: '2026-12-24T00:00:00Z', end: '2026-12-25T00:00:00Z' },
      })
      for await (const item of found) if (item.subject === 'Lunch') lunch = item.id
      require(lunch !== undefined, 'FindItem does not show the appointment.')
      return `FindItem shows it there; its ${byId(lunch)}`
    },
  )

  await step(
    'Implicit access: the id says whose item it is, in every call from now on',
    call(`GetItem, UpdateItem, CopyItem, DeleteItem  { ${byId(lunch)} }`),
    async () => {
      require(lunch !== undefined, 'There is no id.')
      const before = await items.get(lunch)
      require(before.subject === 'Lunch', `GetItem shows ${before.subject}.`)
      const [updated] = await items.update(
        [{ id: before.id, type: 'CalendarItem', set: { subject: 'Lunch, at one' } }],
        { sendMeetingInvitationsOrCancellations: 'SendToNone' },
      )
      require(updated?.ok === true, 'UpdateItem was refused.')
      const after = await items.get(updated.updated)
      require(after.subject === 'Lunch, at one', `GetItem shows ${after.subject} after the update.`)
      const folder = await delegate.ews.getFolder(calendar)
      const [copied] = await items.copy([after.id], folder.id)
      require(copied?.ok === true && copied.newId !== undefined, 'CopyItem was refused.')
      const deleted = await items.delete([after.id, copied.newId], {
        deleteType: 'HardDelete',
        sendMeetingCancellations: 'SendToNone',
      })
      require(deleted.every(({ ok }) => ok), 'DeleteItem was refused.')
      return `read “${before.subject}”, changed to “${after.subject}”, copied, and both deleted`
    },
  )
}
