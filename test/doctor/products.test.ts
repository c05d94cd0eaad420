import { expect, test } from 'vitest'
import { productOf } from '../../src/doctor/products.ts'

test.each([
  [[15, 20, 8813, 21], 'Exchange Online', true],
  [[15, 2, 2562, 17], 'Exchange Server Subscription Edition', true],
  [[15, 2, 1748, 10], 'Exchange Server 2019', false],
  [[15, 1, 2507, 27], 'Exchange Server 2016', false],
  [[14, 3, 123, 0], 'Exchange Server 2010 SP3', false],
] as const)('%j is %s', ([major, minor, majorBuild, minorBuild], name, supported) => {
  expect(productOf({ major, minor, majorBuild, minorBuild })).toEqual({
    name,
    build: `${major}.${minor}.${majorBuild}.${minorBuild}`,
    supported,
  })
})

test('what is not known is not guessed', () => {
  expect(productOf(undefined)).toBeUndefined()
  expect(productOf({ version: 'V2_23' })).toBeUndefined()
  expect(productOf({ major: 16, minor: 0 })).toBeUndefined()
})
