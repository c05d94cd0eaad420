import { InvalidInputError } from '../errors.ts'

/**
 * Values of `RequestServerVersion/@Version` (`t:ExchangeVersionType`), oldest first. The last two are Exchange
 * Online's only.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion
 */
export const EXCHANGE_VERSIONS = [
  'Exchange2007',
  'Exchange2007_SP1',
  'Exchange2009',
  'Exchange2010',
  'Exchange2010_SP1',
  'Exchange2010_SP2',
  'Exchange2012',
  'Exchange2013',
  'Exchange2013_SP1',
  'Exchange2015',
  'Exchange2016',
  'V2015_10_05',
  'V2016_01_06',
  'V2016_04_13',
  'V2016_07_13',
  'V2016_10_10',
  'V2017_01_07',
  'V2017_04_14',
  'V2017_07_11',
  'V2017_10_09',
  'V2018_01_08',
] as const
export type ExchangeVersion = (typeof EXCHANGE_VERSIONS)[number]

/** The newest version that Microsoft documents, and that every supported server takes. */
export const DEFAULT_VERSION: ExchangeVersion = 'Exchange2013_SP1'

/** @throws InvalidInputError for a version the schema does not list. */
export function parseVersion(text: string): ExchangeVersion {
  const version = EXCHANGE_VERSIONS.find((known) => known.toLowerCase() === text.trim().toLowerCase())
  if (version) return version
  throw new InvalidInputError(`${JSON.stringify(text.slice(0, 60))} is not a server version.`, {
    hint: `Use ${DEFAULT_VERSION} unless the server refuses it; the versions are ${EXCHANGE_VERSIONS.join(', ')}.`,
  })
}

export function isAtLeast(version: ExchangeVersion, minimum: ExchangeVersion): boolean {
  return EXCHANGE_VERSIONS.indexOf(version) >= EXCHANGE_VERSIONS.indexOf(minimum)
}

/** What the server says of itself in `ServerVersionInfo`. All of it is optional, and `version` is free text. */
export interface ServerVersion {
  readonly major?: number
  readonly minor?: number
  readonly majorBuild?: number
  readonly minorBuild?: number
  /** E.g. `V2017_07_11` or `V2_23`: not a value that a request may carry. */
  readonly version?: string
}
