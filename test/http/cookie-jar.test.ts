import { describe, expect, test } from 'vitest'
import { CookieJar } from '../../src/http/cookie-jar.ts'

const now = Date.parse('2026-11-21T09:00:00Z')
const jarOf = (...lines: string[]) => {
  const jar = new CookieJar('https://mail.contoso.com/EWS/Exchange.asmx')
  jar.store(lines, now)
  return jar
}

describe('CookieJar', () => {
  test('what Exchange sets for affinity is sent back', () => {
    const jar = jarOf(
      'exchangecookie=3f9c; expires=Sun, 21-Nov-2027 09:00:00 GMT; path=/; HttpOnly',
      'X-BackEndOverrideCookie=EX01~1943310282; path=/EWS; secure; HttpOnly',
      'BIGipServerews=1677787402.47873.0000; path=/',
    )
    expect(jar.header(now)).toBe(
      'exchangecookie=3f9c; X-BackEndOverrideCookie=EX01~1943310282; BIGipServerews=1677787402.47873.0000',
    )
  })

  test('a new value takes the place of the old one, and a past date takes the cookie away', () => {
    const jar = jarOf('a=1', 'b=2', 'a=3')
    expect(jar.header(now)).toBe('b=2; a=3')
    jar.store(
      ['b=; expires=Thu, 01 Jan 1970 00:00:00 GMT', 'a=4; Max-Age=0; expires=Fri, 01 Jan 2100 00:00:00 GMT'],
      now,
    )
    expect(jar.header(now)).toBeUndefined()
  })

  test('a cookie ends with its Max-Age', () => {
    const jar = jarOf('a=1; Max-Age=60')
    expect(jar.header(now + 59_000)).toBe('a=1')
    expect(jar.header(now + 60_000)).toBeUndefined()
  })

  test('paths are kept apart, whatever their case', () => {
    expect(jarOf('a=1; path=/ews', 'b=2; path=/owa', 'c=3; path=/EWS/Exchange.asmx').header(now)).toBe(
      'a=1; c=3',
    )
    expect(jarOf('a=1; path=/EW').header(now)).toBeUndefined()
  })

  test('a secure cookie does not travel in the clear', () => {
    const jar = new CookieJar('http://127.0.0.1/EWS/Exchange.asmx')
    jar.store(['a=1; secure', 'b=2'], now)
    expect(jar.header(now)).toBe('b=2')
  })

  test('what no header can carry is left out', () => {
    expect(
      jarOf('a=1\r\nx-evil: yes', '=1', 'novalue', 'ü=1', `big=${'x'.repeat(5000)}`).header(now),
    ).toBeUndefined()
  })

  test('a server that sets cookies without end fills no memory', () => {
    const jar = jarOf(...Array.from({ length: 500 }, (_, index) => `c${index}=x`))
    expect(jar.header(now)?.split('; ')).toHaveLength(20)
  })

  test('an emptied jar gives nothing', () => {
    const jar = jarOf('a=1')
    jar.clear()
    expect(jar.header(now)).toBeUndefined()
  })
})
