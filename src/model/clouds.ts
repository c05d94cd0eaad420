import { InvalidInputError } from '../errors.ts'

/** Where one of Microsoft's clouds answers. Tokens of one are worth nothing in another. */
export interface Cloud {
  /** Graph's root, without a version. */
  readonly graph: string
  /** Exchange's host: EWS answers at `/EWS/Exchange.asmx` below it. */
  readonly exchange: string
  /** Where tokens come from. */
  readonly authority: string
}

/**
 * The national clouds. GCC is served by the world-wide one.
 * @see https://learn.microsoft.com/graph/deployments
 */
export const CLOUDS = {
  global: {
    graph: 'https://graph.microsoft.com',
    exchange: 'https://outlook.office365.com',
    authority: 'https://login.microsoftonline.com',
  },
  /** US Government L4 (GCC High). */
  usgov: {
    graph: 'https://graph.microsoft.us',
    exchange: 'https://outlook.office365.us',
    authority: 'https://login.microsoftonline.us',
  },
  /** US Government L5 (DoD). */
  dod: {
    graph: 'https://dod-graph.microsoft.us',
    exchange: 'https://outlook-dod.office365.us',
    authority: 'https://login.microsoftonline.us',
  },
  /** China, operated by 21Vianet. */
  china: {
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    exchange: 'https://partner.outlook.cn',
    authority: 'https://login.chinacloudapi.cn',
  },
} as const satisfies Record<string, Cloud>

export type CloudName = keyof typeof CLOUDS

/** What people call the clouds besides. */
const ALSO: Readonly<Record<string, CloudName>> = {
  worldwide: 'global',
  public: 'global',
  gcc: 'global',
  l4: 'usgov',
  gcchigh: 'usgov',
  usgovernment: 'usgov',
  l5: 'dod',
  usgovdod: 'dod',
  '21vianet': 'china',
}

/**
 * Reads the name of a cloud, in any case and under its common names (`GCC High`, `L5`, `21Vianet`).
 * @throws InvalidInputError for a name nobody knows.
 */
export function parseCloud(text: string): CloudName {
  const key = text.toLowerCase().replace(/[\s_-]/g, '')
  if (Object.hasOwn(CLOUDS, key)) return key as CloudName
  const name = Object.hasOwn(ALSO, key) ? ALSO[key] : undefined
  if (name) return name
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 40))} is not the name of a cloud.`, {
    hint: `The clouds are ${Object.keys(CLOUDS).join(', ')}.`,
  })
}

/** Whether the address is Exchange Online's, in any cloud. */
export function isExchangeOnline(url: URL): boolean {
  return (
    Object.values(CLOUDS).some(({ exchange }) => new URL(exchange).host === url.host) ||
    // Mailboxes of one tenant are spread over hosts such as outlook.office.com and eur01.outlook.office365.com.
    /(?:^|\.)outlook(?:-dod)?\.office(?:365)?\.(?:com|us|cn)$/.test(url.hostname)
  )
}
