import { describe, expect, test } from 'vitest'
import { CLOUDS, isExchangeOnline, parseCloud } from '../../src/model/clouds.ts'

describe('CLOUDS', () => {
  test('the roots and authorities are those of Microsoft’s list of national deployments', () => {
    expect(CLOUDS).toEqual({
      global: {
        graph: 'https://graph.microsoft.com',
        exchange: 'https://outlook.office365.com',
        authority: 'https://login.microsoftonline.com',
      },
      usgov: {
        graph: 'https://graph.microsoft.us',
        exchange: 'https://outlook.office365.us',
        authority: 'https://login.microsoftonline.us',
      },
      dod: {
        graph: 'https://dod-graph.microsoft.us',
        exchange: 'https://outlook-dod.office365.us',
        authority: 'https://login.microsoftonline.us',
      },
      china: {
        graph: 'https://microsoftgraph.chinacloudapi.cn',
        exchange: 'https://partner.outlook.cn',
        authority: 'https://login.chinacloudapi.cn',
      },
    })
  })

  test.each([
    ['global', 'global'],
    ['GCC', 'global'],
    ['GCC High', 'usgov'],
    ['L4', 'usgov'],
    ['us-gov-dod', 'dod'],
    ['L5', 'dod'],
    ['21Vianet', 'china'],
  ])('%s is %s', (text, name) => expect(parseCloud(text)).toBe(name))

  test.each(['', 'germany', 'constructor', '__proto__'])('%j is refused', (text) => {
    expect(() => parseCloud(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }))
  })
})

test.each([
  ['https://outlook.office365.com/EWS/Exchange.asmx', true],
  ['https://outlook.office.com/', true],
  ['https://outlook-dod.office365.us/EWS/Exchange.asmx', true],
  ['https://partner.outlook.cn/EWS/Exchange.asmx', true],
  ['https://mail.contoso.com/EWS/Exchange.asmx', false],
  ['https://outlook.office365.com.evil.example/EWS/Exchange.asmx', false],
  ['https://notoutlook.office365.com/', false],
])('%s is Exchange Online: %s', (url, answer) => expect(isExchangeOnline(new URL(url))).toBe(answer))
