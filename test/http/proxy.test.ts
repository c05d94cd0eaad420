import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { bypassesProxy, describeProxy, parseProxy, proxyFromEnvironment } from '../../src/http/proxy.ts'

describe('parseProxy', () => {
  test.each([
    ['http://proxy.contoso.com:8080', { protocol: 'http', host: 'proxy.contoso.com', port: 8080 }],
    ['https://proxy.contoso.com', { protocol: 'https', port: 443 }],
    ['proxy.contoso.com:3128', { protocol: 'http', port: 3128 }],
    ['socks5://proxy.contoso.com', { protocol: 'socks5', port: 1080, remoteNames: false }],
    ['socks5h://proxy.contoso.com:9050', { protocol: 'socks5', port: 9050, remoteNames: true }],
    ['socks://proxy.contoso.com', { protocol: 'socks5', remoteNames: true }],
    ['socks4://10.0.0.1', { protocol: 'socks4', remoteNames: false }],
    ['socks4a://10.0.0.1', { protocol: 'socks4', remoteNames: true }],
    ['http://[2001:db8::1]:8080', { host: '2001:db8::1', port: 8080 }],
    ['http://adele:p%40ss%3A@proxy:8080', { user: 'adele', password: 'p@ss:' }],
  ])('%s', (text, expected) => {
    expect(parseProxy(text)).toMatchObject(expected)
  })

  test.each(['', 'ftp://proxy:21', 'http4://proxy', 'http://', 'socks6://proxy', 'http://a:hunter2@'])(
    '“%s” is refused, and no password is shown',
    (text) => {
      expect(() => parseProxy(text)).toThrow(InvalidInputError)
      expect(() => parseProxy(text)).not.toThrow(/hunter2/)
    },
  )

  test('is described without its password', () => {
    expect(describeProxy(parseProxy('http://adele:hunter2@[2001:db8::1]:8080'))).toBe(
      'http://[2001:db8::1]:8080',
    )
  })
})

describe('proxyFromEnvironment', () => {
  const url = 'https://mail.contoso.com/EWS/Exchange.asmx'
  test.each([
    ['none', {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['small letters go first', { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' }, 'http://q:2'],
    ['HTTP_PROXY is for http:', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['ALL_PROXY', { ALL_PROXY: 'socks5h://p:1' }, 'socks5h://p:1'],
    ['an empty one is none', { HTTPS_PROXY: ' ', ALL_PROXY: 'http://p:1' }, 'http://p:1'],
    ['NO_PROXY', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'localhost,.contoso.com' }, undefined],
  ])('%s', (_, env, expected) => {
    expect(proxyFromEnvironment(url, env)).toBe(expected)
  })
})

describe('bypassesProxy', () => {
  test.each([
    ['https://mail.contoso.com/', '*', true],
    ['https://mail.contoso.com/', 'contoso.com', true],
    ['https://mail.contoso.com/', '.contoso.com', true],
    ['https://mail.contoso.com/', '*.contoso.com', true],
    ['https://MAIL.contoso.com/', 'Mail.Contoso.COM', true],
    ['https://mail.contoso.com./', 'contoso.com', true],
    ['https://notcontoso.com/', 'contoso.com', false],
    ['https://mail.contoso.com/', 'mail.contoso.com:443', true],
    ['https://mail.contoso.com:444/', 'mail.contoso.com:443', false],
    ['https://10.1.2.3/', '10.0.0.0/8', true],
    ['https://11.1.2.3/', '10.0.0.0/8 192.168.0.0/16', false],
    ['https://10.1.2.3/', '10.1.2.3', true],
    ['https://10.1.2.3/', '2.3', false],
    ['https://[2001:db8::7]/', '2001:db8::/32', true],
    ['https://[2001:db8::7]/', '[2001:db8::7]', true],
    ['https://10.1.2.3/', '10.0.0.0/99', false],
    ['https://localhost:8443/', '', true],
    ['http://127.0.0.1/', '', true],
    ['http://[::1]:8080/', '', true],
    ['https://mail.contoso.com/', '', false],
    ['https://mail.contoso.com/', ',, ,', false],
  ])('%s with “%s”: %s', (url, list, expected) => {
    expect(bypassesProxy(url, list)).toBe(expected)
  })
})
