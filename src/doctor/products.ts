import type { ServerVersion } from '../ews/versions.ts'

/** Versions by their first two numbers, and whether Microsoft still looks after them. */
const PRODUCTS: Readonly<Record<string, { readonly name: string; readonly support: 'current' | 'ended' }>> = {
  '15.20': { name: 'Exchange Online', support: 'current' },
  // Both have 15.2; from build 2562 on it is the Subscription Edition.
  '15.2': { name: 'Exchange Server 2019', support: 'ended' },
  '15.1': { name: 'Exchange Server 2016', support: 'ended' },
  '15.0': { name: 'Exchange Server 2013', support: 'ended' },
  '14.3': { name: 'Exchange Server 2010 SP3', support: 'ended' },
  '14.2': { name: 'Exchange Server 2010 SP2', support: 'ended' },
  '14.1': { name: 'Exchange Server 2010 SP1', support: 'ended' },
  '14.0': { name: 'Exchange Server 2010', support: 'ended' },
  '8.3': { name: 'Exchange Server 2007 SP3', support: 'ended' },
  '8.2': { name: 'Exchange Server 2007 SP2', support: 'ended' },
  '8.1': { name: 'Exchange Server 2007 SP1', support: 'ended' },
}
const FIRST_SUBSCRIPTION_EDITION_BUILD = 2562

export interface Product {
  readonly name: string
  readonly build: string
  readonly supported: boolean
}

/** Which Exchange says this of itself; undefined when it says nothing or something unheard of. */
export function productOf(version: ServerVersion | undefined): Product | undefined {
  if (version?.major === undefined) return undefined
  const { major, minor = 0, majorBuild = 0, minorBuild = 0 } = version
  const build = [major, minor, majorBuild, minorBuild].join('.')
  if (major === 15 && minor === 2 && majorBuild >= FIRST_SUBSCRIPTION_EDITION_BUILD) {
    return { name: 'Exchange Server Subscription Edition', build, supported: true }
  }
  const known = PRODUCTS[`${major}.${minor}`]
  return known ? { name: known.name, build, supported: known.support === 'current' } : undefined
}
