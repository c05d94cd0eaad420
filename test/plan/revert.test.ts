import { expect, test } from 'vitest'
import type { DelegateGrant, DelegatesStep, MailboxStep } from '../../src/model/mailbox-step.ts'
import { LEVEL_RIGHTS } from '../../src/model/permission-level.ts'
import { revertMailbox } from '../../src/plan/revert.ts'

const ann = { smtpAddress: 'ann@contoso.com' }
const ben = { smtpAddress: 'ben@contoso.com' }

const revert = (...steps: MailboxStep[]) =>
  revertMailbox({
    mailbox: 'owner@contoso.com',
    attempts: [
      {
        steps,
        outcomes: steps.map((step) => step.changes.map(() => true as const)),
        already: steps.map(() => undefined),
      },
    ],
  })
const removal = (...delegates: readonly (readonly [typeof ann, DelegateGrant])[]): DelegatesStep => ({
  type: 'delegates',
  action: 'remove',
  changes: delegates.map(([user, before]) => ({ user, before })),
})
const taken = (before: DelegateGrant['levels'], after: DelegateGrant['levels']): DelegatesStep => ({
  type: 'delegates',
  action: 'update',
  changes: [
    {
      user: ann,
      before: { levels: before, viewPrivateItems: true, receiveCopiesOfMeetingMessages: true },
      after: { levels: after, viewPrivateItems: false, receiveCopiesOfMeetingMessages: false },
    },
  ],
})
const OWNER_BUT_NO_CONTACT = { ...LEVEL_RIGHTS.Owner, folderContact: false }
const LEFT_OUT = [{ kind: 'unknown', user: ann.smtpAddress, text: expect.stringContaining('are left out') }]

test('copies of a delegate with more than Editor are put back with Editor, and the rest by the folder', () => {
  const before = { levels: { calendar: OWNER_BUT_NO_CONTACT }, receiveCopiesOfMeetingMessages: true }
  const { steps, notes } = revert(removal([ann, before]))
  expect(steps).toMatchObject([
    {
      action: 'add',
      changes: [{ after: { levels: { calendar: 'Editor' }, receiveCopiesOfMeetingMessages: true } }],
    },
    { folder: 'calendar', changes: [{ user: ann, before: 'Editor', after: OWNER_BUT_NO_CONTACT }] },
  ])
  expect(notes).toEqual([])
})

test('copies without Editor, which Exchange takes from nobody, do not keep delegates from being put back', () => {
  const { steps, notes } = revert(
    removal(
      [
        ann,
        { levels: { calendar: 'Reviewer' }, viewPrivateItems: true, receiveCopiesOfMeetingMessages: true },
      ],
      [ben, { levels: { inbox: 'Author' } }],
    ),
  )
  expect(steps).toEqual([
    {
      type: 'delegates',
      action: 'add',
      changes: [
        {
          user: ann,
          after: { levels: expect.objectContaining({ calendar: 'Reviewer' }), viewPrivateItems: true },
        },
        { user: ben, after: { levels: expect.objectContaining({ inbox: 'Author' }) } },
      ],
    },
  ])
  expect(notes).toMatchObject(LEFT_OUT)
})

test('where it is not known that copies can be given again, they come last and by themselves', () => {
  const { steps } = revert(taken({}, {}))
  expect(steps).toEqual([
    {
      type: 'delegates',
      action: 'update',
      changes: [
        {
          user: ann,
          before: { levels: {}, viewPrivateItems: false, receiveCopiesOfMeetingMessages: false },
          after: { levels: {}, viewPrivateItems: true },
        },
      ],
    },
    {
      type: 'delegates',
      action: 'update',
      changes: [
        {
          user: ann,
          before: { levels: {}, receiveCopiesOfMeetingMessages: false },
          after: { levels: {}, receiveCopiesOfMeetingMessages: true },
        },
      ],
    },
  ])
})

test('copies that were taken with more than Editor come back after it', () => {
  expect(revert(taken({ calendar: 'Owner' }, { calendar: 'Reviewer' })).steps).toMatchObject([
    { action: 'update', changes: [{ after: { viewPrivateItems: true } }] },
    { folder: 'calendar', changes: [{ before: 'Reviewer', after: 'Owner' }] },
    { action: 'update', changes: [{ after: { receiveCopiesOfMeetingMessages: true } }] },
  ])
})

test('copies that were taken with Editor, or with less, take no write of their own', () => {
  const [together, ...rest] = revert(taken({ calendar: 'Editor' }, { calendar: 'None' })).steps
  expect(together).toMatchObject({
    changes: [{ after: { levels: { calendar: 'Editor' }, receiveCopiesOfMeetingMessages: true } }],
  })
  expect(rest).toEqual([])
  const { steps, notes } = revert(taken({ calendar: 'Author' }, { calendar: 'None' }))
  expect(steps).toHaveLength(1)
  expect(steps[0]?.changes[0]?.after).toEqual({ levels: { calendar: 'Author' }, viewPrivateItems: true })
  expect(notes).toMatchObject(LEFT_OUT)
})
