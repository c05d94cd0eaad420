import type { Recipient } from '../store/directory.ts'
import type { Exchange } from '../store/exchange.ts'

/** What Autodiscover has to say about an address, before any of the three forms puts it into its words. */
export type Target =
  | { readonly kind: 'mailbox'; readonly recipient: Recipient }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'unknown' }

/** Where an address is to be found. Redirects go before mailboxes: a mailbox that moved may have left one behind. */
export function findTarget(exchange: Exchange, address: string): Target {
  const key = address.trim().toLowerCase()
  const domain = key.slice(key.lastIndexOf('@'))
  const redirects = exchange.directory.autodiscoverRedirects
  const redirect =
    redirects.find((entry) => entry.address.toLowerCase() === key) ??
    redirects.find((entry) => entry.address.toLowerCase() === domain)
  if (redirect) {
    return redirect.to.includes('://')
      ? { kind: 'url', url: redirect.to }
      : { kind: 'address', address: redirect.to }
  }
  const recipient = key.includes('@') ? exchange.directory.find(key) : undefined
  return recipient && exchange.directory.hasMailbox(recipient)
    ? { kind: 'mailbox', recipient }
    : { kind: 'unknown' }
}
