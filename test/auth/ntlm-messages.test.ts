import { describe, expect, test } from 'vitest'
import {
  buildAuthenticate,
  buildNegotiate,
  computeNtlmV2,
  hashChannelBinding,
  parseChallenge,
} from '../../src/auth/ntlm-messages.ts'
import { hex, readAuthenticate } from '../helpers/ntlm-server.ts'

/** MS-NLMP 4.2.1 and 4.2.4: the values of the specification's NTLMv2 example. */
const SERVER_CHALLENGE = hex('0123456789abcdef')
const CLIENT_CHALLENGE = hex('aaaaaaaaaaaaaaaa')
const TARGET_INFO = hex('02000c0044006f006d00610069006e0001000c00530065007200760065007200 00000000')
const CHALLENGE_MESSAGE = hex(`
  4e544c4d53535000 02000000 0c000c00 38000000 33828ae2 0123456789abcdef 0000000000000000
  24002400 44000000 06007017 0000000f 530065007200760065007200
  02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`)

describe('MS-NLMP 4.2.4', () => {
  const answer = computeNtlmV2({
    user: 'User',
    password: 'Password',
    domain: 'Domain',
    serverChallenge: SERVER_CHALLENGE,
    clientChallenge: CLIENT_CHALLENGE,
    timestamp: Buffer.alloc(8),
    targetInfo: TARGET_INFO,
  })

  test('4.2.4.2.1 the LMv2 response', () => {
    expect(answer.lm.toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa')
  })
  test('4.2.4.2.2 the proof of the NTLMv2 response', () => {
    expect(answer.nt.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c')
  })
  test('4.2.4.1.3 the blob behind the proof', () => {
    expect(answer.nt.subarray(16).toString('hex')).toBe(
      hex(
        '0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000 02000c0044006f006d00610069006e0001000c00530065007200760065007200 00000000 00000000',
      ).toString('hex'),
    )
  })
  test('4.2.4.1.2 the session base key', () => {
    expect(answer.sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3')
  })
  test('4.2.4.3 the challenge is read, and answered with the same responses', () => {
    const challenge = parseChallenge(CHALLENGE_MESSAGE)
    expect(challenge.serverChallenge).toEqual(SERVER_CHALLENGE)
    expect(challenge.targetInfo.get(2)?.toString('utf16le')).toBe('Domain')
    const message = readAuthenticate(
      buildAuthenticate({
        challenge,
        user: 'User',
        password: 'Password',
        domain: 'Domain',
        workstation: 'COMPUTER',
        clientChallenge: CLIENT_CHALLENGE,
        now: Date.UTC(1601, 0, 1),
      }),
    )
    expect(message).toMatchObject({ user: 'User', domain: 'Domain', workstation: 'COMPUTER' })
    expect(message.nt).toEqual(answer.nt)
    expect(message.lm).toEqual(answer.lm)
    expect(message.mic.equals(Buffer.alloc(16))).toBe(true)
  })
})

/** The sample of Microsoft's description of Extended Protection for Authentication. */
test('the channel binding of a certificate is the hash Windows makes of it', async () => {
  const { createHash } = await import('node:crypto')
  const struct = (data: Buffer) => {
    const head = Buffer.alloc(20)
    head.writeUInt32LE(data.length, 16)
    return createHash('md5').update(head).update(data).digest('hex')
  }
  const hash = hex('e3ca49271e5089cc48ce82109f1324f41dbeddc29a777410c738f7868c4ff405')
  const known = struct(Buffer.concat([Buffer.from('tls-server-end-point:'), hash]))
  expect(known).toBe('6ea19df066da4622051f9c4f92c6df74')
  const certificate = Buffer.from('any certificate')
  const ours = hashChannelBinding(certificate, 'sha256').toString('hex')
  const its = createHash('sha256').update(certificate).digest()
  expect(ours).toBe(struct(Buffer.concat([Buffer.from('tls-server-end-point:'), its])))
})

test('the first message offers Unicode and NTLMv2, and names neither user nor machine', () => {
  const message = buildNegotiate()
  expect(message.toString('latin1', 0, 8)).toBe('NTLMSSP\0')
  expect(message.readUInt32LE(8)).toBe(1)
  const flags = message.readUInt32LE(12)
  expect(flags & 0x1).toBeTruthy()
  expect(flags & 0x0008_0000).toBeTruthy()
  // The weak LAN Manager key (0x80), OEM names (0x2) and key exchange with RC4 (0x40000000) are not offered.
  expect(flags & 0x4000_0082).toBe(0)
  expect([message.readUInt16LE(16), message.readUInt16LE(24)]).toEqual([0, 0])
})

test('a plain user name belongs to the domain of the server, a principal name to none', () => {
  const challenge = parseChallenge(CHALLENGE_MESSAGE)
  const domainOf = (user: string) =>
    readAuthenticate(
      buildAuthenticate({
        challenge,
        user,
        password: 'x',
        workstation: '',
        clientChallenge: CLIENT_CHALLENGE,
        now: 0,
      }),
    ).domain
  expect(domainOf('AllanD')).toBe('Domain')
  expect(domainOf('AllanD@contoso.com')).toBe('')
})

test.each([
  ['empty', ''],
  ['of another type', buildNegotiate().toString('hex')],
  ['without Unicode', CHALLENGE_MESSAGE.toString('hex').replace('33828ae2', '32828ae2')],
  ['whose attributes lie outside', CHALLENGE_MESSAGE.toString('hex').replace('2400240044', '24002400ff')],
  ['whose attributes are cut off', CHALLENGE_MESSAGE.toString('hex').replace('02000c0044', '0200ff0044')],
])('a challenge %s is refused with a sentence', (_what, text) => {
  expect(() => parseChallenge(Buffer.from(text, 'hex'))).toThrow(/NTLM sign-in/)
})
