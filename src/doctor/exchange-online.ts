import type { Finding } from './step.ts'

/**
 * What Microsoft's calendar says about EWS in Exchange Online.
 * @see https://techcommunity.microsoft.com/blog/exchange/exchange-online-ews-your-time-is-almost-up/4492361
 */
export const EWS_CALENDAR = {
  /** From here on tenants that have not decided are switched off, one after the other. */
  offByDefault: new Date('2026-10-01T00:00:00Z'),
  /** The end, without exceptions. */
  ends: new Date('2027-04-01T00:00:00Z'),
} as const

const DAY = 24 * 60 * 60 * 1000

/** @param appId the application that calls, as it has to stand on the allow list. */
export function checkCalendar(now: Date, appId: string | undefined): Finding {
  const { offByDefault, ends } = EWS_CALENDAR
  const daysLeft = Math.ceil((ends.getTime() - now.getTime()) / DAY)
  const facts = {
    offByDefault: isoDay(offByDefault),
    ends: isoDay(ends),
    daysLeft: Math.max(0, daysLeft),
    appId: appId ?? null,
  }
  if (now >= ends) {
    return {
      status: 'failed',
      finding: `EWS in Exchange Online has ended on ${isoDay(ends)}.`,
      reason: 'Microsoft has switched it off for everybody, and there is no way to have it back.',
      next: ['Use Graph and the Exchange Online Admin API, or Exchange PowerShell.'],
      facts,
    }
  }
  const isOff = now >= offByDefault
  return {
    status: 'warning',
    finding: isOff
      ? `EWS in Exchange Online is off by default since ${isoDay(offByDefault)} and ends on ${isoDay(ends)}, in ${daysLeft} days.`
      : `EWS in Exchange Online will be off by default from ${isoDay(offByDefault)} and ends on ${isoDay(ends)}, in ${daysLeft} days.`,
    reason:
      'The organization needs EwsEnabled set to true, and the application’s id in EwsAllowedAppIDs. Exchange Server of your own is not affected.',
    next: allowCommands(appId),
    facts,
  }
}

/** How an administrator lets an application in. Nothing here runs them. */
export function allowCommands(appId: string | undefined): string[] {
  return [
    'Connect-ExchangeOnline',
    'Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy | Format-List EwsEnabled,EwsAllowedAppIDs',
    // A write replaces the list: whoever leaves the others out locks them out.
    `Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs "${appId ?? '<application id>'},<the ids that are there already>"`,
    'The list is replaced as a whole, and takes up to a day to come into effect.',
  ]
}

/** The gates that answer a bare 403, in Exchange's own words. */
export function blockedCommands(mailbox: string | undefined, appId: string | undefined): string[] {
  const name = mailbox ?? '<mailbox>'
  return [
    ...allowCommands(appId),
    `Get-CASMailbox ${name} | Format-List EwsEnabled,EwsApplicationAccessPolicy,EwsAllowList,EwsBlockList`,
    `Test-ApplicationAccessPolicy -Identity ${name} -AppId ${appId ?? '<application id>'}`,
    `Test-ServicePrincipalAuthorization -Identity ${appId ?? '<application id>'} -Resource ${name}`,
  ]
}

export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10)
}
