/** What an autodiscover service said, in whichever of its three forms. */
export type AutodiscoverAnswer =
  | {
      readonly kind: 'settings'
      readonly ewsUrl: string
      /** The address is the one for inside the network, as no other is given. */
      readonly internal?: boolean
      /** Newest schema of EWS there, when the service says so. */
      readonly schema?: string | undefined
    }
  /** Ask again for this address, which is where the mailbox is known now (hybrid). */
  | { readonly kind: 'redirect-address'; readonly address: string }
  | { readonly kind: 'redirect-url'; readonly url: string }
  /** Understood and refused, in the service's own words. */
  | { readonly kind: 'error'; readonly code: string; readonly message: string }

/** A request of one of the three forms, to one host. */
export interface AutodiscoverRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Text as it stands in XML. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
