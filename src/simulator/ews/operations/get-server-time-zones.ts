import { findChild, findChildren } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { WEEK_DAYS } from '../../store/recurrence.ts'
import { ianaZone, rulesOf, WINDOWS_ZONES, type YearlyChange } from '../../store/time-zones.ts'
import { isTrue } from '../item-properties.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { type Content, element, elementWith, type XmlNode } from '../writer.ts'

/** The time zones by Microsoft's names, with the rules of the present year. An unknown name is left out. */
export const getServerTimeZones: EwsOperation = {
  name: 'GetServerTimeZones',
  requestType: 'GetServerTimeZonesType',
  since: 'Exchange2010',
  handle(context, request) {
    const ids = findChild(request, 'Ids', NAMESPACES.messages)
    const wanted =
      ids && new Set(findChildren(ids, 'Id', NAMESPACES.types).map(({ text }) => text.trim().toLowerCase()))
    // Full data is what Exchange gives when the attribute is left out.
    const full = isTrue(request.attributes.ReturnFullTimeZoneData ?? 'true')
    const year = context.exchange.now().getUTCFullYear()
    const names = WINDOWS_ZONES.filter((name) => !wanted || wanted.has(name.toLowerCase()))
    return itemizedResponse('GetServerTimeZones', [
      message('m:GetServerTimeZonesResponseMessage', () =>
        element(
          'm:TimeZoneDefinitions',
          names.map((name) => writeZone(name, year, full)),
        ),
      ),
    ])
  },
}

function writeZone(name: string, year: number, full: boolean): XmlNode {
  const rules = rulesOf(ianaZone(name) ?? 'UTC', year)
  const attributes = { Id: name, Name: `(UTC${sign(rules.standardOffset)}) ${name}` }
  if (!full) return elementWith('t:TimeZoneDefinition', attributes)
  const standard = `trule:Microsoft/Registry/${name}/${year}-Standard`
  const daylight = `trule:Microsoft/Registry/${name}/${year}-Daylight`
  const period = (id: string, label: string, offset: number) =>
    elementWith('t:Period', { Bias: bias(offset), Name: label, Id: id })
  return elementWith(
    't:TimeZoneDefinition',
    attributes,
    element(
      't:Periods',
      period(standard, 'Standard', rules.standardOffset),
      rules.daylightOffset === undefined ? undefined : period(daylight, 'Daylight', rules.daylightOffset),
    ),
    element(
      't:TransitionsGroups',
      elementWith(
        't:TransitionsGroup',
        { Id: '0' },
        rules.changes.length === 0
          ? element('t:Transition', elementWith('t:To', { Kind: 'Period' }, standard))
          : rules.changes.map((change) =>
              writeChange(change, change.offset === rules.standardOffset ? standard : daylight),
            ),
      ),
    ),
    elementWith('t:Transitions', {}, element('t:Transition', elementWith('t:To', { Kind: 'Group' }, '0'))),
  )
}

function writeChange(change: YearlyChange, period: string): Content {
  return element(
    't:RecurringDayTransition',
    elementWith('t:To', { Kind: 'Period' }, period),
    element('t:TimeOffset', duration(change.minutes)),
    element('t:Month', change.month),
    element('t:DayOfWeek', WEEK_DAYS[change.weekDay]),
    element('t:Occurrence', change.occurrence),
  )
}

/** What is added to local time to get UTC, which is the other way round. */
function bias(offset: number): string {
  return duration(-offset)
}

function duration(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const text = `${hours ? `${hours}H` : ''}${rest ? `${rest}M` : ''}` || '0S'
  return `${minutes < 0 ? '-' : ''}PT${text}`
}

function sign(offset: number): string {
  if (offset === 0) return ''
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}
