import { createRequire } from 'node:module'
import { InvalidInputError } from '../errors.ts'

/**
 * The package as the automation has it: the same copy, so that what is made here is what it calls its own.
 *
 * By `require`, which it is written for: with `await import()` no CommonJS program could load this module.
 */
export const ews = load(() => createRequire(import.meta.url)('ews-javascript-api'))

/** @throws InvalidInputError when it is not installed; what else goes wrong while it loads is thrown as it is. */
export function load(requirePackage: () => unknown): typeof import('ews-javascript-api') {
  try {
    return requirePackage() as typeof import('ews-javascript-api')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'MODULE_NOT_FOUND' || !message.includes("'ews-javascript-api'")) throw cause
    throw new InvalidInputError(
      'ews-delegates/ews-javascript-api needs the package ews-javascript-api, which is not installed.',
      { cause, hint: 'Install it: npm install ews-javascript-api' },
    )
  }
}

/**
 * The name of an enumeration's value. The package itself puts keys (`"3"`) where it declares numbers, when it works
 * a permission level out from the rights.
 */
export function nameIn(enumeration: object, value: unknown): string | undefined {
  const name: unknown = (enumeration as Record<string, unknown>)[String(value)]
  return typeof name === 'string' ? name : undefined
}

/** @throws InvalidInputError for a value whose name is not in the list. */
export function oneOf<Name extends string>(
  enumeration: object,
  value: unknown,
  names: readonly Name[],
  what: string,
): Name {
  const name = nameIn(enumeration, value)
  const known = names.find((candidate) => candidate === name)
  if (known !== undefined) return known
  throw new InvalidInputError(`${what} cannot be ${JSON.stringify(name ?? String(value)).slice(0, 60)}.`, {
    hint: `It is one of ${names.join(', ')}.`,
  })
}
