import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

// Somebody else's MD4, so that a mistake in ours shows.
const { createNTLMHash } = createRequire(import.meta.url)('@ewsjs/ntlm-client/lib/hash') as {
  createNTLMHash(password: string): Buffer
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex')
}

export interface Authenticate {
  readonly lm: Buffer
  readonly nt: Buffer
  readonly domain: string
  readonly user: string
  readonly workstation: string
  readonly mic: Buffer
  readonly attributes: ReadonlyMap<number, Buffer>
  readonly raw: Buffer
}

/** Reads an AUTHENTICATE_MESSAGE as a server does. */
export function readAuthenticate(raw: Buffer): Authenticate {
  const field = (at: number) =>
    raw.subarray(raw.readUInt32LE(at + 4), raw.readUInt32LE(at + 4) + raw.readUInt16LE(at))
  const nt = field(20)
  const attributes = new Map<number, Buffer>()
  for (let at = 16 + 28; at + 4 <= nt.length; ) {
    const id = nt.readUInt16LE(at)
    if (id === 0) break
    attributes.set(id, nt.subarray(at + 4, at + 4 + nt.readUInt16LE(at + 2)))
    at += 4 + nt.readUInt16LE(at + 2)
  }
  return {
    lm: field(12),
    nt,
    domain: field(28).toString('utf16le'),
    user: field(36).toString('utf16le'),
    workstation: field(44).toString('utf16le'),
    mic: raw.subarray(72, 88),
    attributes,
    raw,
  }
}

export interface NtlmServerOptions {
  readonly users: Readonly<Record<string, string>>
  readonly domain?: string
  /** What the server tells the time with; without it, no integrity code is asked for. */
  readonly timestamp?: boolean
  readonly scheme?: 'NTLM' | 'Negotiate'
  /** The channel binding that has to be there. */
  readonly channelBinding?: () => Buffer
  /** Forgets who is there after each request, as IIS does with authPersistSingleRequest. */
  readonly forget?: boolean
}

/** Lets those through to `handler` whose connection has signed in. Counts the handshakes. */
export function ntlmServer(
  options: NtlmServerOptions,
  handler: (request: IncomingMessage, response: ServerResponse, user: string, body: string) => void,
): { listener: RequestListener; seen: Authenticate[]; requests: string[]; sockets: Set<Socket> } {
  const { domain = 'CONTOSO', scheme = 'NTLM' } = options
  const challenges = new WeakMap<Socket, { challenge: Buffer; type1: Buffer; type2: Buffer }>()
  const signedIn = new WeakMap<Socket, string>()
  const seen: Authenticate[] = []
  const requests: string[] = []
  const sockets = new Set<Socket>()

  const listener: RequestListener = (request, response) => {
    const { socket } = request
    sockets.add(socket)
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const token = /^(?:NTLM|Negotiate) (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
      const message = token === undefined ? undefined : Buffer.from(token, 'base64')
      requests.push(message ? `type ${message.readUInt32LE(8)}` : 'plain')
      if (message?.readUInt32LE(8) === 1) {
        const type2 = challengeMessage(domain, options.timestamp ?? true)
        challenges.set(socket, { challenge: type2.subarray(24, 32), type1: message, type2 })
        response.writeHead(401, { 'www-authenticate': `${scheme} ${type2.toString('base64')}` }).end()
        return
      }
      if (message?.readUInt32LE(8) === 3) {
        const pending = challenges.get(socket)
        const answer = readAuthenticate(message)
        seen.push(answer)
        if (pending && accepts(answer, pending, options)) signedIn.set(socket, answer.user)
      }
      const user = signedIn.get(socket)
      if (user === undefined) {
        response.writeHead(401, { 'www-authenticate': scheme }).end('no')
        return
      }
      if (options.forget) signedIn.delete(socket)
      handler(request, response, user, body)
    })
  }
  return { listener, seen, requests, sockets }
}

function challengeMessage(domain: string, timestamp: boolean): Buffer {
  const pair = (id: number, value: Buffer) => {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(id, 0)
    head.writeUInt16LE(value.length, 2)
    return Buffer.concat([head, value])
  }
  const now = Buffer.alloc(8)
  now.writeBigUInt64LE((BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n)
  const info = Buffer.concat([
    pair(2, Buffer.from(domain, 'utf16le')),
    pair(1, Buffer.from('EX01', 'utf16le')),
    ...(timestamp ? [pair(7, now)] : []),
    Buffer.alloc(4),
  ])
  const name = Buffer.from(domain, 'utf16le')
  const head = Buffer.alloc(56)
  head.write('NTLMSSP\0', 'latin1')
  head.writeUInt32LE(2, 8)
  head.writeUInt16LE(name.length, 12)
  head.writeUInt16LE(name.length, 14)
  head.writeUInt32LE(56, 16)
  head.writeUInt32LE(0xe28a8235, 20)
  randomBytes(8).copy(head, 24)
  head.writeUInt16LE(info.length, 40)
  head.writeUInt16LE(info.length, 42)
  head.writeUInt32LE(56 + name.length, 44)
  return Buffer.concat([head, name, info])
}

function accepts(
  answer: Authenticate,
  { challenge, type1, type2 }: { challenge: Buffer; type1: Buffer; type2: Buffer },
  options: NtlmServerOptions,
): boolean {
  const password = Object.entries(options.users).find(
    ([name]) => name.toLowerCase() === answer.user.toLowerCase(),
  )?.[1]
  if (password === undefined) return false
  const hmac = (key: Buffer, ...parts: Buffer[]) => {
    const mac = createHmac('md5', key)
    for (const part of parts) mac.update(part)
    return mac.digest()
  }
  const key = hmac(
    createNTLMHash(password),
    Buffer.from(answer.user.toUpperCase() + answer.domain, 'utf16le'),
  )
  const proof = answer.nt.subarray(0, 16)
  if (!hmac(key, challenge, answer.nt.subarray(16)).equals(proof)) return false
  if (options.timestamp ?? true) {
    const without = Buffer.from(answer.raw)
    without.fill(0, 72, 88)
    if (!hmac(hmac(key, proof), type1, type2, without).equals(answer.mic)) return false
    if (!((answer.attributes.get(6)?.readUInt32LE(0) ?? 0) & 2)) return false
  }
  const wanted = options.channelBinding?.()
  return wanted === undefined || wanted.equals(answer.attributes.get(10) ?? Buffer.alloc(0))
}
