import type { Socket } from 'node:net'
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { ConnectionSettings } from '../http/connect-transport.ts'
import { parseProxy } from '../http/proxy.ts'
import { tlsOptions } from '../http/tls-settings.ts'
import { openTunnel } from '../http/tunnel.ts'
import { withinLimits } from '../http/within-limits.ts'
import { isoDay } from './exchange-online.ts'
import type { Finding } from './step.ts'

const DAY = 24 * 60 * 60 * 1000
const SOON_DAYS = 30

/**
 * Connects, looks at the certificate and hangs up; nothing is sent.
 *
 * @throws ConnectionError `ERR_ABORTED` when it is stopped; what goes wrong otherwise is the finding.
 */
export async function checkTls(
  url: URL,
  settings: ConnectionSettings,
  now: Date,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Finding> {
  let socket: TLSSocket
  try {
    socket = await withinLimits(url.host, { timeoutMs, signal }, handshake(url, settings, timeoutMs, signal))
  } catch (error) {
    if (signal?.aborted) throw error
    const { message } = error as Error
    return {
      status: 'failed',
      finding: `There is no TLS with ${url.host}: ${message.replace(/\.$/, '')}.`,
      reason:
        'The port may be wrong, a firewall or proxy may stand between, or the server speaks an old version only.',
      next: ['Check host and port, and whether this network reaches the server.'],
    }
  }
  try {
    return judge(socket, url, settings, now)
  } finally {
    socket.destroy()
  }
}

async function handshake(
  url: URL,
  settings: ConnectionSettings,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const way: Socket | undefined =
    settings.proxy === undefined
      ? undefined
      : await openTunnel(parseProxy(settings.proxy), url, { tls: settings, timeoutMs })
  const options: ConnectionOptions = {
    ...tlsOptions(settings),
    host,
    port: Number(url.port || 443),
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(way ? { socket: way } : {}),
    // The chain is judged below, with more to say than yes or no.
    rejectUnauthorized: false,
  }
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => resolve(socket))
    // Nobody waits any more, whatever it becomes.
    const stop = () => socket.destroy()
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
    socket.once('close', () => signal?.removeEventListener('abort', stop))
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    socket.once('error', reject)
  })
}

function judge(socket: TLSSocket, url: URL, settings: ConnectionSettings, now: Date): Finding {
  const certificate = socket.getPeerCertificate(true)
  const until = new Date(certificate.valid_to)
  const days = Math.floor((until.getTime() - now.getTime()) / DAY)
  const chain = chainOf(certificate)
  const protocol = socket.getProtocol() ?? 'TLS'
  const facts = {
    protocol,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: certificate.subjectaltname ?? null,
    validFrom: isoDay(new Date(certificate.valid_from)),
    validUntil: isoDay(until),
    daysLeft: days,
    chain,
    trusted: socket.authorized,
    problem: socket.authorized ? null : String(socket.authorizationError),
  }
  const about = `${protocol}, certificate of ${facts.subject} from ${facts.issuer}, valid until ${facts.validUntil}`
  if (!socket.authorized && settings.insecure) {
    return {
      status: 'warning',
      finding: `${about}; it is not trusted, and taken all the same (${facts.problem}).`,
      reason: 'Certificates are not checked, so anybody on the way can read the password.',
      next: ['Trust the authority by --ca instead of --insecure.'],
      facts,
    }
  }
  if (!socket.authorized) {
    return {
      status: 'failed',
      finding: `${about}; it is not trusted.`,
      ...explain(socket, url, until),
      facts,
    }
  }
  if (days < SOON_DAYS) {
    return {
      status: 'warning',
      finding: `${about}: ${days} days from now.`,
      reason: 'From then on nobody can sign in.',
      next: ['Renew the certificate of the server, and assign it to IIS (Enable-ExchangeCertificate).'],
      facts,
    }
  }
  return { status: 'ok', finding: `${about}.`, facts }
}

function explain(socket: TLSSocket, url: URL, until: Date): { reason: string; next: string[] } {
  const { authorizationError } = socket
  const code = String((authorizationError as NodeJS.ErrnoException)?.code ?? authorizationError)
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        reason: `It has expired on ${isoDay(until)}.`,
        next: ['Renew the certificate of the server, and check the clock of this machine.'],
      }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return {
        reason: `It is for other names than ${url.hostname}.`,
        next: ['Use one of its names as the address (Get-WebServicesVirtualDirectory | Format-List *Url).'],
      }
    default:
      return {
        reason: `Nobody that this machine trusts vouches for it (${code}): an authority of your own, a certificate Exchange made itself, a missing intermediate, or somebody in between.`,
        next: ['Get the authority’s certificate by a way you trust, then give it: --ca authority.pem'],
      }
  }
}

function chainOf(certificate: DetailedPeerCertificate): string[] {
  const names: string[] = []
  let current: DetailedPeerCertificate | undefined = certificate
  while (current && names.length < 10) {
    names.push(nameOf(current.subject))
    // A root is its own issuer.
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate
  }
  return names
}

function nameOf(name: { CN?: string | string[]; O?: string | string[] } | undefined): string {
  return [name?.CN ?? name?.O ?? 'somebody without a name'].flat().join(', ')
}
