import { InvalidInputError } from '../errors.ts'

/** What an `ExchangeService` can have that an `EwsClient` does not take over; by the name of the property. */
export const LEFTOVERS = [
  'XHRApi',
  'HttpHeaders',
  'TimeZone',
  'DateTimePrecision',
  'ManagementRoles',
  'PrivilegedUserId',
  'OnSerializeCustomSoapHeaders',
  'SuppressXmlVersionHeader',
] as const
export type Leftover = (typeof LEFTOVERS)[number]

/** Gathers what cannot be taken over, so that all of it is said at once. */
export class Leftovers {
  readonly #agreed: ReadonlySet<Leftover>
  readonly #found: { readonly name: Leftover; readonly what: string; readonly hint: string }[] = []

  /** @throws InvalidInputError for a name that there is none of. */
  constructor(leaveOut: readonly Leftover[]) {
    const unknown = leaveOut.find((name) => !LEFTOVERS.includes(name))
    if (unknown !== undefined) {
      throw new InvalidInputError(`leaveOut does not know ${JSON.stringify(String(unknown).slice(0, 60))}.`, {
        hint: `It knows ${LEFTOVERS.join(', ')}.`,
      })
    }
    this.#agreed = new Set(leaveOut)
  }

  add(name: Leftover, what: string, hint: string): void {
    if (!this.#agreed.has(name)) this.#found.push({ name, what, hint })
  }

  /** @throws InvalidInputError, naming all that was found and not agreed to. */
  require(): void {
    if (this.#found.length === 0) return
    const names = [...new Set(this.#found.map(({ name }) => `'${name}'`))]
    const hints = [...new Set(this.#found.map(({ hint }) => hint))]
    throw new InvalidInputError(
      `The ExchangeService has what an EwsClient does not take over: ${this.#found.map(({ what }) => what).join('; ')}.`,
      { hint: `${hints.join(' ')} Or go without: { leaveOut: [${names.join(', ')}] }.` },
    )
  }
}
