import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Directory, Recipient } from '../store/directory.ts'
import {
  type AuthenticateMessage,
  AV,
  FLAGS,
  messageType,
  readAuthenticate,
  readNegotiate,
  writeChallenge,
} from './messages.ts'

/** A handshake in the middle: what was asked, and what was answered. */
export interface NtlmHandshake {
  readonly negotiate: Buffer
  readonly challenge: Buffer
  readonly nonce: Buffer
}

export type NtlmStep =
  /** The next thing to say to the client. */
  { readonly challenge: Buffer; readonly handshake: NtlmHandshake } | { readonly user: Recipient } | 'refused'

const COMPUTER = 'EXCH01'
/** Set in AV_FLAGS when the AUTHENTICATE message carries a MIC. */
const MIC_PRESENT = 0x2

/**
 * The server's side of NTLMv2 (MS-NLMP 3.2.5): NTLM version 1, LAN Manager and anonymous sign-in are refused. A MIC
 * and channel bindings are checked when the client sends them (Extended Protection "Allow").
 */
export function createNtlm(directory: Directory, now: () => Date) {
  const netBiosDomain = (directory.domain.split('.')[0] ?? '').slice(0, 15).toUpperCase()

  function challenge(negotiate: Buffer): NtlmStep {
    const requested = readNegotiate(negotiate)
    if (requested === undefined) return 'refused'
    const nonce = randomBytes(8)
    const message = writeChallenge({
      requested,
      nonce,
      domain: netBiosDomain,
      dnsDomain: directory.domain,
      computer: COMPUTER,
      now: now(),
    })
    return { challenge: message, handshake: { negotiate, challenge: message, nonce } }
  }

  function check(message: Buffer, handshake: NtlmHandshake, certificate: Buffer | undefined): NtlmStep {
    const given = readAuthenticate(message)
    if (!given || given.user === '') return 'refused'
    const user = findUser(given)
    // An unknown account costs the same work as a wrong password.
    const hash = (user && directory.ntHash(user)) ?? Buffer.alloc(16)
    const key = hmac(hash, Buffer.from(given.user.toUpperCase() + given.domain, 'utf16le'))
    const expected = hmac(key, handshake.nonce, given.blob)
    if (!timingSafeEqual(expected, given.proof) || !user) return 'refused'
    if (!micIsRight(message, given, handshake, hmac(key, expected))) return 'refused'
    return bindingIsRight(given, certificate) ? { user } : 'refused'
  }

  function findUser({ user, domain }: AuthenticateMessage): Recipient | undefined {
    const known = ['', netBiosDomain, directory.domain.toUpperCase()].includes(domain.toUpperCase())
    const found = known
      ? directory.find(user.includes('@') ? user : `${user}@${directory.domain}`)
      : undefined
    return found && directory.hasMailbox(found) ? found : undefined
  }

  return {
    /**
     * Takes the client's next message.
     * @param handshake of this connection, when one is in the middle.
     * @param certificate of the server, as DER, when the connection is TLS.
     */
    step(message: Buffer, handshake: NtlmHandshake | undefined, certificate: Buffer | undefined): NtlmStep {
      switch (messageType(message)) {
        case 1:
          return challenge(message)
        case 3:
          return handshake ? check(message, handshake, certificate) : 'refused'
        default:
          return 'refused'
      }
    },
  }
}

/** MS-NLMP 3.1.5.1.2: HMAC-MD5 over the three messages, the MIC's own place left empty. */
function micIsRight(
  message: Buffer,
  given: AuthenticateMessage,
  handshake: NtlmHandshake,
  sessionBaseKey: Buffer,
): boolean {
  const flags = given.pairs.get(AV.flags)
  if (!flags || flags.length < 4 || (flags.readUInt32LE(0) & MIC_PRESENT) === 0) return true
  const exchanged = (given.flags & FLAGS.keyExchange) !== 0
  if (given.mic.length !== 16 || (exchanged && given.encryptedSessionKey.length !== 16)) return false
  const key = exchanged ? rc4(sessionBaseKey, given.encryptedSessionKey) : sessionBaseKey
  const unsigned = Buffer.from(message)
  unsigned.fill(0, 72, 88)
  return timingSafeEqual(hmac(key, handshake.negotiate, handshake.challenge, unsigned), given.mic)
}

/** RFC 5929 `tls-server-end-point` in the structure of MS-NLMP 2.2.2.1; all zeros mean there is none. */
function bindingIsRight(given: AuthenticateMessage, certificate: Buffer | undefined): boolean {
  const binding = given.pairs.get(AV.channelBindings)
  if (!certificate || !binding || binding.every((byte) => byte === 0)) return true
  const data = Buffer.concat([
    Buffer.from('tls-server-end-point:'),
    // The simulator's certificates are signed with SHA-256.
    createHash('sha256').update(certificate).digest(),
  ])
  // Initiator and acceptor address types and lengths, which are unused, and the length of the application data.
  const head = Buffer.alloc(20)
  head.writeUInt32LE(data.length, 16)
  return createHash('md5').update(head).update(data).digest().equals(binding)
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const mac = createHmac('md5', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** OpenSSL 3 has RC4 no more; NTLM wraps its session key in it. */
function rc4(key: Buffer, data: Buffer): Buffer {
  const box = Uint8Array.from({ length: 256 }, (_, i) => i)
  const at = (i: number) => box[i & 255] as number
  const swap = (i: number, j: number) => {
    ;[box[i], box[j]] = [at(j), at(i)]
  }
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] as number)) & 255
    swap(i, j)
  }
  let [i, j] = [0, 0]
  return Buffer.from(
    data.map((byte) => {
      i = (i + 1) & 255
      j = (j + at(i)) & 255
      swap(i, j)
      return byte ^ at(at(i) + at(j))
    }),
  )
}
