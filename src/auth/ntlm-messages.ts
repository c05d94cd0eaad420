import { createHash, createHmac } from 'node:crypto'
import { ConnectionError } from '../errors.ts'
import { md4 } from './md4.ts'

/**
 * The three messages of NTLM (MS-NLMP 2.2.1), NTLMv2 only: a server that asks for less is not given it. Signing,
 * sealing and key exchange are not offered, as HTTP uses none of them.
 */

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')

/** MS-NLMP 2.2.2.5. */
const FLAG = {
  unicode: 0x0000_0001,
  requestTarget: 0x0000_0004,
  ntlm: 0x0000_0200,
  alwaysSign: 0x0000_8000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  bits128: 0x2000_0000,
  bits56: 0x8000_0000,
} as const
const OFFERED =
  (FLAG.unicode |
    FLAG.requestTarget |
    FLAG.ntlm |
    FLAG.alwaysSign |
    FLAG.extendedSessionSecurity |
    FLAG.targetInfo |
    FLAG.bits128 |
    FLAG.bits56) >>>
  0

/** MS-NLMP 2.2.2.1. */
const AV = { end: 0, netbiosDomain: 2, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const
/** In {@link AV.flags}: a message integrity code is there. */
const HAS_MIC = 0x2

export interface NtlmChallenge {
  readonly flags: number
  /** Eight bytes. */
  readonly serverChallenge: Buffer
  /** Attributes of the server by their number, in its order. */
  readonly targetInfo: ReadonlyMap<number, Buffer>
  /** The message itself, which the integrity code covers. */
  readonly raw: Buffer
}

/** NEGOTIATE_MESSAGE (type 1). Names nobody. */
export function buildNegotiate(): Buffer {
  const message = Buffer.alloc(32)
  SIGNATURE.copy(message)
  message.writeUInt32LE(1, 8)
  message.writeUInt32LE(OFFERED, 12)
  // The fields of domain and workstation stay empty, and point behind the message as Windows does.
  message.writeUInt32LE(32, 20)
  message.writeUInt32LE(32, 28)
  return message
}

/**
 * Reads a CHALLENGE_MESSAGE (type 2).
 * @throws ConnectionError `ERR_INVALID_RESPONSE`
 */
export function parseChallenge(raw: Buffer): NtlmChallenge {
  if (raw.length < 32 || !raw.subarray(0, 8).equals(SIGNATURE) || raw.readUInt32LE(8) !== 2) {
    throw notNtlm('is not an NTLM challenge')
  }
  const flags = raw.readUInt32LE(20)
  if (!(flags & FLAG.unicode)) throw notNtlm('does not take Unicode names')
  const targetInfo = new Map<number, Buffer>()
  if (flags & FLAG.targetInfo && raw.length >= 48) {
    const pairs = field(raw, 40)
    for (let at = 0; at + 4 <= pairs.length; ) {
      const id = pairs.readUInt16LE(at)
      const end = at + 4 + pairs.readUInt16LE(at + 2)
      if (id === AV.end) break
      if (end > pairs.length) throw notNtlm('is cut off')
      targetInfo.set(id, pairs.subarray(at + 4, end))
      at = end
    }
  }
  return { flags, serverChallenge: raw.subarray(24, 32), targetInfo, raw }
}

export interface AuthenticateInput {
  readonly challenge: NtlmChallenge
  readonly user: string
  readonly password: string
  /** Empty with a user principal name. Default: the server's own domain. */
  readonly domain?: string | undefined
  readonly workstation: string
  /** Eight random bytes. */
  readonly clientChallenge: Buffer
  /** Milliseconds since 1970; the server's own clock goes before it. */
  readonly now: number
  /** The certificate of the TLS connection (DER) and its signature algorithm, for Extended Protection. */
  readonly channelBinding?: Buffer | undefined
  /** `HTTP/mail.contoso.com` */
  readonly servicePrincipal?: string | undefined
}

/** AUTHENTICATE_MESSAGE (type 3) with LMv2, NTLMv2 and, where the server's clock is known, an integrity code. */
export function buildAuthenticate(input: AuthenticateInput): Buffer {
  const { challenge, user } = input
  const domain =
    input.domain ??
    (user.includes('@') ? '' : (challenge.targetInfo.get(AV.netbiosDomain)?.toString('utf16le') ?? ''))
  const timestamp = challenge.targetInfo.get(AV.timestamp)
  const answer = computeNtlmV2({
    user,
    password: input.password,
    domain,
    serverChallenge: challenge.serverChallenge,
    clientChallenge: input.clientChallenge,
    timestamp: timestamp?.length === 8 ? timestamp : fileTime(input.now),
    targetInfo: clientTargetInfo(input, timestamp !== undefined),
  })
  const fields = [
    // 3.1.5.1.2: with the server's time there, an LM answer is not to be given.
    timestamp ? Buffer.alloc(24) : answer.lm,
    answer.nt,
    Buffer.from(domain, 'utf16le'),
    Buffer.from(user, 'utf16le'),
    Buffer.from(input.workstation, 'utf16le'),
    Buffer.alloc(0),
  ]
  const header = Buffer.alloc(88)
  SIGNATURE.copy(header)
  header.writeUInt32LE(3, 8)
  let offset = header.length
  for (const [index, value] of fields.entries()) {
    header.writeUInt16LE(value.length, 12 + index * 8)
    header.writeUInt16LE(value.length, 14 + index * 8)
    header.writeUInt32LE(offset, 16 + index * 8)
    offset += value.length
  }
  header.writeUInt32LE((challenge.flags & OFFERED) >>> 0, 60)
  const message = Buffer.concat([header, ...fields])
  if (timestamp) {
    // Computed while its own sixteen bytes are zero. Without key exchange the exported key is the session's base key.
    hmac(answer.sessionBaseKey, buildNegotiate(), challenge.raw, message).copy(message, 72)
  }
  return message
}

export interface NtlmV2Input {
  readonly user: string
  readonly password: string
  readonly domain: string
  readonly serverChallenge: Buffer
  readonly clientChallenge: Buffer
  /** A FILETIME. */
  readonly timestamp: Buffer
  /** Attributes as they are sent, with their end. */
  readonly targetInfo: Buffer
}

/** MS-NLMP 3.3.2. */
export function computeNtlmV2(input: NtlmV2Input): { lm: Buffer; nt: Buffer; sessionBaseKey: Buffer } {
  const key = hmac(
    md4(Buffer.from(input.password, 'utf16le')),
    Buffer.from(upperCase(input.user) + input.domain, 'utf16le'),
  )
  const blob = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    input.timestamp,
    input.clientChallenge,
    Buffer.alloc(4),
    input.targetInfo,
    Buffer.alloc(4),
  ])
  const proof = hmac(key, input.serverChallenge, blob)
  return {
    lm: Buffer.concat([hmac(key, input.serverChallenge, input.clientChallenge), input.clientChallenge]),
    nt: Buffer.concat([proof, blob]),
    sessionBaseKey: hmac(key, proof),
  }
}

/**
 * The hash that ties a sign-in to its TLS connection (MS-NLMP 2.2.2.1, RFC 5929 `tls-server-end-point`): MD5 over a
 * `gss_channel_bindings_struct` that holds nothing but the certificate's hash. Exchange Server 2019 CU14 and later
 * turn the check of it on.
 *
 * @param certificate DER.
 * @param hash the hash of the certificate's signature; RFC 5929 puts SHA-256 in the place of MD5 and SHA-1.
 */
export function hashChannelBinding(certificate: Buffer, hash: 'sha256' | 'sha384' | 'sha512'): Buffer {
  const data = Buffer.concat([
    Buffer.from('tls-server-end-point:', 'latin1'),
    createHash(hash).update(certificate).digest(),
  ])
  const struct = Buffer.alloc(20)
  struct.writeUInt32LE(data.length, 16)
  return createHash('md5').update(struct).update(data).digest()
}

function clientTargetInfo(input: AuthenticateInput, withMic: boolean): Buffer {
  const pairs = new Map(input.challenge.targetInfo)
  if (withMic) {
    const flags = Buffer.alloc(4)
    const given = pairs.get(AV.flags)
    flags.writeUInt32LE(((given?.length === 4 ? given.readUInt32LE(0) : 0) | HAS_MIC) >>> 0)
    pairs.set(AV.flags, flags)
  }
  if (input.channelBinding) pairs.set(AV.channelBindings, input.channelBinding)
  if (input.servicePrincipal !== undefined) {
    pairs.set(AV.targetName, Buffer.from(input.servicePrincipal, 'utf16le'))
  }
  const parts = [...pairs].flatMap(([id, value]) => {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(id, 0)
    head.writeUInt16LE(value.length, 2)
    return [head, value]
  })
  return Buffer.concat([...parts, Buffer.alloc(4)])
}

function field(message: Buffer, at: number): Buffer {
  const [length, offset] = [message.readUInt16LE(at), message.readUInt32LE(at + 4)]
  if (offset + length > message.length) throw notNtlm('is cut off')
  return message.subarray(offset, offset + length)
}

/** Windows maps letter by letter: `ß` stays, where JavaScript makes `SS` of it. */
function upperCase(text: string): string {
  return [...text]
    .map((letter) => {
      const upper = letter.toUpperCase()
      return upper.length === letter.length ? upper : letter
    })
    .join('')
}

/** Hundreds of nanoseconds since 1601. */
function fileTime(milliseconds: number): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE((BigInt(Math.floor(milliseconds)) + 11_644_473_600_000n) * 10_000n)
  return time
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const mac = createHmac('md5', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

function notNtlm(reason: string): ConnectionError {
  return new ConnectionError('ERR_INVALID_RESPONSE', `What the server sent for the NTLM sign-in ${reason}.`)
}
