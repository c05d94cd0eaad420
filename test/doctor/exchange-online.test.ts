import { expect, test } from 'vitest'
import { blockedCommands, checkCalendar } from '../../src/doctor/exchange-online.ts'

const APP = '99999999-aaaa-bbbb-cccc-dddddddddddd'

test('before October 2026 the calendar announces, afterwards it says what is needed, at the end it is over', () => {
  expect(checkCalendar(new Date('2026-09-01'), APP)).toMatchObject({
    status: 'warning',
    finding: expect.stringContaining('will be off by default from 2026-10-01'),
  })
  expect(checkCalendar(new Date('2026-11-20T12:00:00Z'), APP)).toMatchObject({
    status: 'warning',
    finding: 'EWS in Exchange Online is off by default since 2026-10-01 and ends on 2027-04-01, in 132 days.',
    facts: { offByDefault: '2026-10-01', ends: '2027-04-01', daysLeft: 132, appId: APP },
  })
  expect(checkCalendar(new Date('2027-04-01T00:00:00Z'), APP)).toMatchObject({ status: 'failed' })
})

test('the commands name the application, and keep the ids that are there already', () => {
  const { next = [] } = checkCalendar(new Date('2026-11-20'), APP)
  expect(next.join('\n')).toContain(
    `Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs "${APP},<the ids that are there already>"`,
  )
  expect(next.join('\n')).toContain('Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy')
})

test('all gates of a bare refusal are named', () => {
  const commands = blockedCommands('adele@contoso.com', APP).join('\n')
  for (const word of [
    'EwsAllowedAppIDs',
    'Get-CASMailbox adele@contoso.com',
    'Test-ApplicationAccessPolicy',
  ]) {
    expect(commands).toContain(word)
  }
})
