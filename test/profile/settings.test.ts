import { describe, expect, test } from 'vitest'
import { cacheDirectory, configDirectory } from '../../src/profile/directories.ts'
import { describeSource, resolveSettings, SETTING_NAMES } from '../../src/profile/settings.ts'

describe('resolveSettings', () => {
  const profile = {
    name: 'work',
    settings: { url: 'https://profile/', user: 'profile', tenant: 'contoso.com' },
  } as const

  test('flags go before the environment, and the environment before the profile', () => {
    const resolved = resolveSettings({
      flags: { url: 'https://flag/', trace: true, unknown: 'x' },
      env: { EWS_URL: 'https://environment/', EWS_USER: 'environment', EWS_PASSWORD: 'geheim' },
      profile,
    })
    expect(resolved).toEqual({
      url: { value: 'https://flag/', source: { kind: 'flag', name: '--url' } },
      user: { value: 'environment', source: { kind: 'environment', variable: 'EWS_USER' } },
      tenant: { value: 'contoso.com', source: { kind: 'profile', profile: 'work' } },
    })
    expect(Object.values(resolved).map(({ source }) => describeSource(source))).toEqual([
      '--url',
      'EWS_USER',
      'profile work',
    ])
  })

  test('a variable set to nothing is not set', () => {
    expect(resolveSettings({ flags: {}, env: { EWS_URL: ' ' }, profile }).url?.value).toBe('https://profile/')
  })

  test('no setting is a secret', () => {
    expect(SETTING_NAMES.filter((name) => /password|secret|token$/.test(name))).toEqual([])
  })
})

describe('directories', () => {
  test.each([
    ['linux', { HOME: '/home/a' }, '/home/a/.config/ews-delegates', '/home/a/.cache/ews-delegates'],
    [
      'linux',
      { HOME: '/home/a', XDG_CONFIG_HOME: '/etc/a', XDG_CACHE_HOME: 'relative' },
      '/etc/a/ews-delegates',
      '/home/a/.cache/ews-delegates',
    ],
    ['darwin', { HOME: '/Users/a' }, '/Users/a/.config/ews-delegates', '/Users/a/.cache/ews-delegates'],
    [
      'win32',
      { USERPROFILE: '/c/a', APPDATA: '/c/a/Roaming', LOCALAPPDATA: '/c/a/Local' },
      '/c/a/Roaming/ews-delegates',
      '/c/a/Local/ews-delegates',
    ],
  ] as const)('on %s with %j they are where they belong', (platform, env, config, cache) => {
    expect(configDirectory(env, platform)).toBe(config)
    expect(cacheDirectory(env, platform)).toBe(cache)
  })

  test('a user without a home is told what to set', () => {
    expect(() => configDirectory({}, 'linux')).toThrow(
      expect.objectContaining({ hint: 'Set HOME or XDG_CONFIG_HOME.' }),
    )
  })
})
