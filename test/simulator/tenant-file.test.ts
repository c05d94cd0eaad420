import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../src/errors.ts'
import { DEFAULT_PASSWORD, DEFAULT_TENANT } from '../../src/simulator/default-tenant.ts'
import { completeTenant, parseTenant, readTenantFile } from '../../src/simulator/tenant-file.ts'

const COMPLETE = `
domain: fabrikam.com
password: "p@ss word"
mailboxes:
  - address: Anna@fabrikam.com
    name: Anna Berg
    aliases: [a.berg@fabrikam.com]
    password: "1234"
    messageCopyForSentAsEnabled: true
    messageCopyForSendOnBehalfEnabled: true
    hiddenFromAddressLists: true
  - { address: ben@fabrikam.com }
  - { address: help@fabrikam.com, name: Help Desk, kind: shared }
groups:
  - { address: all@fabrikam.com, name: Everybody, kind: distribution, members: [a.berg@fabrikam.com, ops@fabrikam.com] }
  - { address: ops@fabrikam.com, kind: security, members: [BEN@fabrikam.com] }
sendRights:
  - { mailbox: help@fabrikam.com, user: ops@fabrikam.com, right: FullAccess }
  - { group: all@fabrikam.com, user: ben@fabrikam.com, right: sendas }
administrators: [ben@fabrikam.com]
apps:
  - { id: my-app, secret: "s3cret", roles: [Mail.Send] }
`

/** Every line of the message of the error. */
function problems(text: string): string[] {
  try {
    parseTenant(text, 'tenant.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError)
    return (error as Error).message.split('\n')
  }
  throw new Error('The tenant was accepted.')
}

const minimal = (more: string) => `domain: contoso.com\nmailboxes:\n  - address: a@contoso.com\n${more}`

describe('a tenant file', () => {
  test('is read with everything the format has', () => {
    const tenant = parseTenant(COMPLETE)
    expect(tenant).toEqual({
      domain: 'fabrikam.com',
      password: 'p@ss word',
      mailboxes: [
        {
          address: 'Anna@fabrikam.com',
          name: 'Anna Berg',
          kind: 'user',
          aliases: ['a.berg@fabrikam.com'],
          password: '1234',
          hiddenFromAddressLists: true,
          messageCopyForSentAsEnabled: true,
          messageCopyForSendOnBehalfEnabled: true,
        },
        expect.objectContaining({ address: 'ben@fabrikam.com', name: 'ben', kind: 'user', aliases: [] }),
        expect.objectContaining({ address: 'help@fabrikam.com', kind: 'shared' }),
      ],
      groups: [
        {
          address: 'all@fabrikam.com',
          name: 'Everybody',
          kind: 'distribution',
          members: ['Anna@fabrikam.com', 'ops@fabrikam.com'],
        },
        { address: 'ops@fabrikam.com', name: 'ops', kind: 'security', members: ['ben@fabrikam.com'] },
      ],
      sendRights: [
        { mailbox: 'help@fabrikam.com', user: 'ops@fabrikam.com', right: 'FullAccess' },
        { group: 'all@fabrikam.com', user: 'ben@fabrikam.com', right: 'SendAs' },
      ],
      administrators: ['ben@fabrikam.com'],
      apps: [{ id: 'my-app', secret: 's3cret', roles: ['Mail.Send'] }],
    })
  })

  test('needs no more than a domain and mailboxes', () => {
    const tenant = parseTenant(minimal(''))
    expect(tenant.password).toBe(DEFAULT_PASSWORD)
    expect(tenant.mailboxes).toHaveLength(1)
    expect(tenant.groups).toEqual([])
  })

  test('may repeat a part with an anchor and an alias', () => {
    const tenant = parseTenant(
      minimal(
        'groups:\n  - { address: g@contoso.com, members: &people [a@contoso.com] }\n  - { address: h@contoso.com, members: *people }\n',
      ),
    )
    expect(tenant.groups.map(({ members }) => members)).toEqual([['a@contoso.com'], ['a@contoso.com']])
  })
})

describe('a mistake is named with file, line and column', () => {
  test.each<[string, string, string]>([
    [
      'unknown key at the top',
      minimal('mailbox: []\n'),
      'tenant.yaml:4:1 A tenant has no "mailbox"; the nearest is "mailboxes".',
    ],
    [
      'unknown key of a mailbox',
      'domain: contoso.com\nmailboxes:\n  - adress: a@contoso.com\n',
      'tenant.yaml:3:5 A mailbox has no "adress"; the nearest is "address".',
    ],
    ['no domain', 'mailboxes:\n  - address: a@contoso.com\n', 'tenant.yaml:1:1 The tenant has no domain.'],
    ['no mailboxes', 'domain: contoso.com\n', 'tenant.yaml:1:1 The tenant has no mailboxes.'],
    [
      'empty list of mailboxes',
      'domain: contoso.com\nmailboxes: []\n',
      'tenant.yaml:2:1 There are no mailboxes.',
    ],
    [
      'not an address',
      'domain: contoso.com\nmailboxes:\n  - address: adele\n',
      'tenant.yaml:3:14 The address "adele" is not an e-mail address.',
    ],
    [
      'an address twice',
      minimal('  - address: A@contoso.com\n'),
      'tenant.yaml:4:14 The address A@contoso.com is already that of a@contoso.com (tenant.yaml:3:14).',
    ],
    [
      'an alias that is somebody’s address',
      minimal('  - address: b@contoso.com\n    aliases: [a@contoso.com]\n'),
      'tenant.yaml:5:15 The address a@contoso.com is already that of a@contoso.com (tenant.yaml:3:14).',
    ],
    [
      'unknown kind',
      minimal('    kind: robot\n'),
      'tenant.yaml:4:11 The kind is one of user, shared, room, equipment, not "robot".',
    ],
    [
      'a password that YAML reads as a number',
      minimal('password: 1234\n'),
      'tenant.yaml:4:11 The password is text, not the number 1234. Put it in quotes.',
    ],
    [
      'text where a flag is meant',
      minimal('    hiddenFromAddressLists: maybe\n'),
      'tenant.yaml:4:29 hiddenFromAddressLists is true or false, not the text "maybe".',
    ],
    [
      'a member nobody knows',
      minimal('groups:\n  - address: g@contoso.com\n    members: [aa@contoso.com]\n'),
      'tenant.yaml:6:15 The member aa@contoso.com is neither a mailbox nor a group of this tenant; the nearest is "a@contoso.com".',
    ],
    [
      'a right nobody knows',
      minimal('sendRights:\n  - { mailbox: a@contoso.com, user: a@contoso.com, right: Send }\n'),
      'tenant.yaml:5:59 The right is one of SendAs, SendOnBehalf, FullAccess, not "Send".',
    ],
    [
      'a right over nothing',
      minimal('sendRights:\n  - { user: a@contoso.com, right: SendAs }\n'),
      'tenant.yaml:5:5 A send right names either a mailbox or a group that it is over.',
    ],
    [
      'a mailbox named as a group',
      minimal('sendRights:\n  - { group: a@contoso.com, user: a@contoso.com, right: SendAs }\n'),
      'tenant.yaml:5:14 a@contoso.com is a mailbox; name it as mailbox, not as group.',
    ],
    [
      'a distribution group that holds a right',
      minimal(
        'groups:\n  - address: g@contoso.com\nsendRights:\n  - { mailbox: a@contoso.com, user: g@contoso.com, right: SendAs }\n',
      ),
      'tenant.yaml:7:37 g@contoso.com is a distribution group; of groups only security groups can hold a right.',
    ],
    ['an app without a secret', minimal('apps:\n  - id: x\n'), 'tenant.yaml:5:5 This app has no secret.'],
    [
      'a list where a map is meant',
      '- a\n- b\n',
      'tenant.yaml:1:1 A tenant is a map with domain, password, mailboxes, groups, sendRights, administrators, apps and autodiscoverRedirects, not a list.',
    ],
    [
      'a domain that is none',
      'domain: "not a domain"\nmailboxes:\n  - address: a@contoso.com\n',
      'tenant.yaml:1:9 The domain "not a domain" is not a domain name such as contoso.com.',
    ],
  ])('%s', (_name, text, expected) => {
    expect(problems(text)).toContain(expected)
  })

  test('broken YAML', () => {
    expect(problems('domain: [unclosed\nmailboxes: x\n')[0]).toMatch(/^tenant\.yaml:\d+:\d+ \S.*\.$/)
    expect(problems('domain: a.com\ndomain: b.com\n')[0]).toMatch(/^tenant\.yaml:2:1 .*unique/)
  })

  test('an empty file', () => {
    expect(problems('')[0]).toBe(
      'tenant.yaml:1:1 The tenant is empty; it needs at least a domain and a list of mailboxes.',
    )
  })

  test('all mistakes are reported at once, up to ten', () => {
    const found = problems('domain: x\ngroups: 3\nmailboxes:\n  - address: b\n  - name: c\n')
    expect(found).toHaveLength(4)
    const many = problems(`domain: a.com\nmailboxes:\n${'  - address: x\n'.repeat(200)}`)
    expect(many).toHaveLength(11)
    expect(many.at(-1)).toBe('… and 190 more in tenant.yaml.')
  })
})

describe('a hostile file', () => {
  test('aliases that unfold to billions are refused quickly', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
        : `a${level}: &a${level} [${Array(10)
            .fill(`*a${level - 1}`)
            .join(', ')}]`,
    )
    const found = problems(levels.join('\n'))
    expect(found.length).toBeGreaterThan(0)
    expect(new Set(found).size).toBe(found.length)
    expect(found.length).toBeLessThanOrEqual(11)
  })

  test('an alias of itself ends', () => {
    expect(problems('domain: &d [*d]\nmailboxes:\n  - address: a@contoso.com\n').length).toBeGreaterThan(0)
  })

  test('nesting without end is refused', () => {
    const found = problems(`domain: ${'['.repeat(100_000)}`)
    expect(found.filter((line) => line.endsWith(' This is nested too deeply.'))).toHaveLength(1)
    expect(found.length).toBeLessThanOrEqual(2)
  })

  test('what is no text is refused in one short line', () => {
    const [only, ...more] = problems(`\u007fELF\u0000${'\u0001x: ['.repeat(10_000)}`)
    expect(more).toEqual([])
    expect(only).toBe('tenant.yaml is not a text file.')
  })

  test('a message that quotes the file is cut', () => {
    for (const text of [
      `    kind: ${'k'.repeat(50_000)}\n`,
      `${'m'.repeat(900)}: 1\n`,
      `%${'x'.repeat(50_000)}`,
    ])
      for (const line of problems(minimal(text))) expect(line.length).toBeLessThanOrEqual(240)
  })

  test('several documents are refused once, in our own words', () => {
    expect(problems(`${minimal('')}${'---\ndomain: b.com\n'.repeat(30)}`)).toEqual([
      'tenant.yaml:4:1 This begins a second document; the file is one.',
    ])
  })
})

describe('a tenant written in code', () => {
  test('is completed like a file', () => {
    const tenant = completeTenant({ domain: 'contoso.com', mailboxes: [{ address: 'a@contoso.com' }] })
    expect(tenant.mailboxes[0]).toMatchObject({ name: 'a', kind: 'user', aliases: [] })
  })

  test('names the path of each mistake', () => {
    expect(() =>
      completeTenant({
        domain: 'contoso.com',
        mailboxes: [{ address: 'a@contoso.com' }, { address: 'b' }],
      }),
    ).toThrow('mailboxes[1].address The address "b" is not an e-mail address.')
  })

  test('a complete tenant is completed to itself', () => {
    expect(completeTenant(DEFAULT_TENANT)).toEqual(DEFAULT_TENANT)
  })
})

describe('reading from a path', () => {
  let folder: string | undefined
  afterEach(async () => {
    if (folder) await rm(folder, { recursive: true })
    folder = undefined
  })

  test.runIf(process.platform !== 'win32')('what is no file is not read', async () => {
    for (const path of ['/dev/zero', '/dev/null', '/tmp'])
      await expect(readTenantFile(path)).rejects.toThrow(/ is (?:not a file|a directory)/)
  })

  test('a large file is refused unread, and so is one that is no text', async () => {
    folder = await mkdtemp(join(tmpdir(), 'ews-delegates-'))
    const path = join(folder, 'large.yaml')
    await writeFile(path, 'x'.repeat(17 * 1024 * 1024))
    await expect(readTenantFile(path)).rejects.toThrow('is larger than 16 MB')
    await writeFile(path, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0x58]))
    await expect(readTenantFile(path)).rejects.toThrow(`${path} is not a text file.`)
  })

  test('a file that is there is read, its mistakes carry its path', async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenant-'))
    const path = join(folder, 'my.yaml')
    await writeFile(path, COMPLETE)
    expect((await readTenantFile(path)).domain).toBe('fabrikam.com')
    await writeFile(path, 'domain: 1\n')
    await expect(readTenantFile(path)).rejects.toThrow(`${path}:1:9 The domain is text`)
  })

  test('a file that is not there, and a folder, are named', async () => {
    await expect(readTenantFile('/nowhere/tenant.yaml')).rejects.toThrow(
      'The tenant file /nowhere/tenant.yaml cannot be read: there is no such file.',
    )
    folder = await mkdtemp(join(tmpdir(), 'tenant-'))
    await expect(readTenantFile(folder)).rejects.toThrow('it is a directory')
  })
})

test('the default tenant is Contoso with the people of the examples', () => {
  const addresses = DEFAULT_TENANT.mailboxes.map(({ address }) => address)
  for (const name of ['AdeleV', 'AllanD', 'PradeepG', 'MeganB', 'PattiF', 'AlexW', 'samanthab', 'danas']) {
    expect(addresses).toContain(`${name}@contoso.com`)
  }
  expect(DEFAULT_TENANT.groups[0]?.address).toBe('sales@contoso.com')
  expect(new Set(DEFAULT_TENANT.mailboxes.map(({ kind }) => kind))).toEqual(
    new Set(['user', 'shared', 'room']),
  )
})
