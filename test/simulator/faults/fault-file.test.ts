import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../../src/errors.ts'
import { checkFaults, parseFaults, readFaultFile } from '../../../src/simulator/faults/fault-file.ts'
import { startSimulator } from '../../../src/simulator/server.ts'

test('a fault file has a seed and faults of every kind', () => {
  const plan = parseFaults(`
seed: 42
faults:
  - kind: latency
    milliseconds: 200
    jitter: 50
  - { kind: busy, operation: AddDelegate, backOff: 2000, share: 30%, count: 3 }
  - { kind: busy, face: graph, retryAfter: 5, status: 503 }
  - { kind: busy, operation: [GetFolder, FindFolder], inMessages: true }
  - { kind: exceededConnections, above: 27 }
  - { kind: exceededConnections, face: graph, above: 4, limit: 4, retryAfter: 1 }
  - { kind: status, status: 503, mailbox: AdeleV@contoso.com, skip: 2 }
  - { kind: status, status: 500, body: html, when: after }
  - { kind: redirect, to: https://evil.example/, status: 307 }
  - { kind: truncate, keep: 0.25, ending: clean }
  - { kind: drop, when: after, method: post }
  - { kind: slow, milliseconds: 1000 }
  - { kind: garbage, what: bytes, face: [ews, autodiscover] }
  - { kind: gzip }
`)
  expect(plan.seed).toBe(42)
  expect(plan.faults).toHaveLength(14)
  expect(plan.faults[1]).toEqual({
    kind: 'busy',
    operation: 'AddDelegate',
    backOff: 2000,
    share: 0.3,
    count: 3,
  })
  expect(plan.faults[3]).toEqual({ kind: 'busy', operation: ['GetFolder', 'FindFolder'], inMessages: true })
  expect(plan.faults[10]).toEqual({ kind: 'drop', when: 'after', method: 'POST' })
})

test('a list of faults, or one fault, does as well', () => {
  expect(parseFaults('- kind: drop\n- kind: gzip\n')).toEqual({
    faults: [{ kind: 'drop' }, { kind: 'gzip' }],
  })
  expect(parseFaults('kind: drop')).toEqual({ faults: [{ kind: 'drop' }] })
  expect(parseFaults('{"kind":"drop","count":1}')).toEqual({ faults: [{ kind: 'drop', count: 1 }] })
  expect(checkFaults([])).toEqual({ faults: [] })
})

function problems(text: string): string[] {
  try {
    parseFaults(text, 'faults.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError)
    return (error as Error).message.split('\n')
  }
  throw new Error('It was accepted.')
}

describe('a mistake is named with its line and column', () => {
  test.each([
    ['nothing', '', 'faults.yaml:1:1 There are no faults.'],
    [
      'an operation that is none',
      '- { kind: drop, operation: [AddDelegate, AddDelgate] }',
      'faults.yaml:1:42 The embedded Exchange has no operation "AddDelgate"; the nearest is "AddDelegate".',
    ],
    [
      'an operation of EWS that is none, in small letters',
      '- { kind: drop, face: ews, operation: delegates }',
      'faults.yaml:1:28 The embedded Exchange has no operation "delegates".',
    ],
    ['no kind', '- operation: GetFolder', 'faults.yaml:1:3 This fault has no kind.'],
    [
      'an unknown kind',
      '- kind: bussy',
      'faults.yaml:1:9 The kind is one of latency, busy, exceededConnections, status, redirect, truncate, drop, slow, garbage, gzip, not "bussy".',
    ],
    [
      'a field that is another kind’s',
      '- kind: drop\n  backOff: 3',
      'faults.yaml:2:3 A drop fault has no "backOff".',
    ],
    [
      'a slip',
      '- kind: drop\n  opperation: GetFolder',
      'faults.yaml:2:3 A drop fault has no "opperation"; the nearest is "operation".',
    ],
    [
      'a share beyond one',
      '- kind: drop\n  share: 30',
      'faults.yaml:2:10 The share is a number from 0 to 1, or a percentage such as 30%, not the number 30.',
    ],
    [
      'a share of 130%',
      '- kind: drop\n  share: 130%',
      'faults.yaml:2:10 The share is a number from 0 to 1, or a percentage such as 30%, not the text "130%".',
    ],
    [
      'a count of nothing',
      '- kind: drop\n  count: 0',
      'faults.yaml:2:10 The count is a whole number from 1 to 1000000000, not the number 0.',
    ],
    [
      'a mailbox that is none',
      '- kind: drop\n  mailbox: [a@contoso.com, b]',
      'faults.yaml:2:28 The mailbox "b" is not an e-mail address.',
    ],
    [
      'a wait without its length',
      '- kind: latency',
      'faults.yaml:1:3 This latency fault has no milliseconds.',
    ],
    [
      'a status that is none',
      '- kind: status\n  status: 200',
      'faults.yaml:2:11 The status is a whole number from 400 to 599, not the number 200.',
    ],
    [
      'a redirect that is none',
      '- kind: redirect\n  status: 304',
      'faults.yaml:2:11 A redirect has the status 301, 302, 303, 307 or 308, not 304.',
    ],
    [
      'a truncated answer without a request',
      '- kind: truncate\n  when: before',
      'faults.yaml:2:3 A truncate fault spoils a real answer, so its request is always carried out; leave when out.',
    ],
    ['an unknown part', 'fault: []', 'faults.yaml:1:1 A fault file has no "fault"; the nearest is "faults".'],
    ['a word', 'rubbish', 'faults.yaml:1:1 A fault is a map with'],
  ])('%s', (_name, text, expected) => {
    expect(problems(text).join('\n')).toContain(expected)
  })

  test('all of them at once', () => {
    expect(problems('- kind: bussy\n- kind: drop\n  share: 2\n- kind: latency')).toHaveLength(3)
  })
})

test('faults in code are checked in the same way', () => {
  expect(() => checkFaults([{ kind: 'drop' }, { kind: 'drop', share: 2 }])).toThrow('[1].share The share is')
  expect(() => checkFaults({ faults: [{ kind: 'nothing' } as never] })).toThrow(
    'faults[0].kind The kind is one of',
  )
})

test('a redirect goes where it says, and cannot break the header it stands in', () => {
  expect(parseFaults('kind: redirect\nto: https://x.example/a%2Fb?c=%25').faults).toEqual([
    { kind: 'redirect', to: 'https://x.example/a%2Fb?c=%25' },
  ])
  expect(problems('kind: redirect\nto: "https://x.example/a\\r\\nSet-Cookie: b"')[0]).toContain(
    'is no address to redirect to.',
  )
})

test('the simulator reads a fault file, and starts with none that has mistakes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'))
  try {
    const file = join(folder, 'faults.yaml')
    await writeFile(file, 'seed: night\nfaults:\n  - kind: drop\n')
    expect((await readFaultFile(file)).seed).toBe('night')
    await using simulator = await startSimulator({ faults: file })
    expect([simulator.faults.seed, simulator.faults.list().length]).toEqual(['night', 1])
    await using seeded = await startSimulator({ faults: file, seed: 7 })
    expect(seeded.faults.seed).toBe(7)
    await writeFile(file, 'faults: 3\n')
    await expect(startSimulator({ faults: file })).rejects.toThrow(`${file}:1:9 faults is a list`)
    await expect(startSimulator({ faults: join(folder, 'none.yaml') })).rejects.toThrow(
      'there is no such file',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('operations have any case of letters, and other faces their own', () => {
  const plan = parseFaults(`
- { kind: drop, operation: [addDELEGATE, GetUserSettings, sendMail, json] }
- { kind: drop, face: [graph, ews], operation: messages }
- { kind: drop, face: token, operation: client_credentials }
`)
  expect(plan.faults).toHaveLength(3)
})
