/**
 * The three messages of NTLM as the server sees them (MS-NLMP 2.2.1): it reads NEGOTIATE and AUTHENTICATE and writes
 * CHALLENGE. What only LAN Manager needs is left out.
 */

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')

/** Negotiate flags, MS-NLMP 2.2.2.5. */
export const FLAGS = {
  unicode: 0x0000_0001,
  oem: 0x0000_0002,
  requestTarget: 0x0000_0004,
  sign: 0x0000_0010,
  seal: 0x0000_0020,
  ntlm: 0x0000_0200,
  alwaysSign: 0x0000_8000,
  targetTypeDomain: 0x0001_0000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  version: 0x0200_0000,
  key128: 0x2000_0000,
  keyExchange: 0x4000_0000,
  key56: 0x8000_0000,
} as const

/** What a client may ask for and gets. */
const GRANTED =
  FLAGS.sign |
  FLAGS.seal |
  FLAGS.alwaysSign |
  FLAGS.extendedSessionSecurity |
  FLAGS.version |
  FLAGS.key128 |
  FLAGS.keyExchange |
  FLAGS.key56
/** What every challenge says. */
const ALWAYS = FLAGS.requestTarget | FLAGS.ntlm | FLAGS.targetTypeDomain | FLAGS.targetInfo

/** Ids of attribute-value pairs, MS-NLMP 2.2.2.1. */
export const AV = {
  end: 0,
  computerName: 1,
  domainName: 2,
  dnsComputerName: 3,
  dnsDomainName: 4,
  dnsTreeName: 5,
  flags: 6,
  timestamp: 7,
  targetName: 9,
  channelBindings: 10,
} as const

export interface AuthenticateMessage {
  readonly flags: number
  readonly domain: string
  readonly user: string
  /** NTProofStr, 16 bytes, and what it is the proof of. */
  readonly proof: Buffer
  readonly blob: Buffer
  /** The pairs inside the blob. */
  readonly pairs: ReadonlyMap<number, Buffer>
  readonly encryptedSessionKey: Buffer
  readonly mic: Buffer
}

/** Which message this is: 1 or 3; undefined when it is none that a client sends. */
export function messageType(message: Buffer): 1 | 3 | undefined {
  if (message.length < 12 || !message.subarray(0, 8).equals(SIGNATURE)) return undefined
  const type = message.readUInt32LE(8)
  return type === 1 || type === 3 ? type : undefined
}

/** The negotiate flags; undefined when the message is too short or names no way to write text. */
export function readNegotiate(message: Buffer): number | undefined {
  if (message.length < 16) return undefined
  const flags = message.readUInt32LE(12)
  return (flags & (FLAGS.unicode | FLAGS.oem)) === 0 ? undefined : flags
}

export function writeChallenge(options: {
  readonly requested: number
  /** Eight bytes. */
  readonly nonce: Buffer
  readonly domain: string
  readonly dnsDomain: string
  readonly computer: string
  readonly now: Date
}): Buffer {
  const { requested, nonce, domain, dnsDomain, computer, now } = options
  // Unicode when the client knows it; some know the OEM character set alone, though not in the pairs.
  const characters = (requested & FLAGS.unicode) === 0 ? FLAGS.oem : FLAGS.unicode
  const target = characters === FLAGS.oem ? Buffer.from(domain, 'latin1') : text(domain)
  const info = Buffer.concat([
    pair(AV.domainName, text(domain)),
    pair(AV.computerName, text(computer)),
    pair(AV.dnsDomainName, text(dnsDomain)),
    pair(AV.dnsComputerName, text(`${computer.toLowerCase()}.${dnsDomain}`)),
    pair(AV.dnsTreeName, text(dnsDomain)),
    // Its presence makes a client protect the three messages with a MIC.
    pair(AV.timestamp, fileTime(now)),
    pair(AV.end, Buffer.alloc(0)),
  ])
  const head = Buffer.alloc(56)
  SIGNATURE.copy(head)
  head.writeUInt32LE(2, 8)
  head.writeUInt16LE(target.length, 12)
  head.writeUInt16LE(target.length, 14)
  head.writeUInt32LE(head.length, 16)
  head.writeUInt32LE(((requested & GRANTED) | ALWAYS | characters) >>> 0, 20)
  nonce.copy(head, 24)
  head.writeUInt16LE(info.length, 40)
  head.writeUInt16LE(info.length, 42)
  head.writeUInt32LE(head.length + target.length, 44)
  // Windows Server 2022, and revision 15 of NTLMSSP.
  head.set([10, 0, 0x7c, 0x4f, 0, 0, 0, 15], 48)
  return Buffer.concat([head, target, info])
}

/** Undefined for a message that is cut off, points outside itself, or carries no NTLMv2 response. */
export function readAuthenticate(message: Buffer): AuthenticateMessage | undefined {
  // Before Windows Server 2003 the message ended its fixed part here, without version and MIC.
  if (message.length < 64) return undefined
  const field = (at: number): Buffer | undefined => {
    const [length, offset] = [message.readUInt16LE(at), message.readUInt32LE(at + 4)]
    return offset + length <= message.length ? message.subarray(offset, offset + length) : undefined
  }
  const [response, domain, user, key] = [field(20), field(28), field(36), field(52)]
  // 24 bytes are a response of NTLM version 1, which no server should take any more.
  if (!response || response.length < 16 + 28 || !domain || !user || !key) return undefined
  const blob = response.subarray(16)
  if (blob[0] !== 1 || blob[1] !== 1) return undefined
  const pairs = readPairs(blob.subarray(28))
  if (!pairs) return undefined
  const flags = message.readUInt32LE(60)
  const characters = (flags & FLAGS.unicode) === 0 ? 'latin1' : 'utf16le'
  return {
    flags,
    domain: domain.toString(characters),
    user: user.toString(characters),
    proof: response.subarray(0, 16),
    blob,
    pairs,
    encryptedSessionKey: key,
    mic: message.subarray(72, 88),
  }
}

function readPairs(bytes: Buffer): Map<number, Buffer> | undefined {
  const pairs = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const [id, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)]
    if (id === AV.end) return pairs
    if (at + 4 + length > bytes.length) return undefined
    pairs.set(id, bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return undefined
}

function pair(id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(id, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, value])
}

function text(value: string): Buffer {
  return Buffer.from(value, 'utf16le')
}

/** Tenths of a microsecond since 1601. */
function fileTime(date: Date): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(date.getTime()) * 10_000n + 116_444_736_000_000_000n)
  return bytes
}
