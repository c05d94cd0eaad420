import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { DEFAULT_APP, DEFAULT_PASSWORD } from '../../src/simulator/default-tenant.ts'
import './observe-requests.ts'
import { captureErrors, captureFilesOfProcesses } from './capture-output.ts'
import { expectNoLeaks, secretScan } from './secret-scan.ts'
import { registerLiterals } from './source-literals.ts'

// Nothing secret may come out of any test, whatever it is about. See secret-scan.ts.
secretScan.register(DEFAULT_PASSWORD, 'password of the embedded Exchange')
secretScan.register(DEFAULT_APP.secret, 'client secret of the embedded Exchange')

beforeAll(() => {
  const { testPath } = expect.getState()
  if (testPath !== undefined) registerLiterals(testPath)
})

// Hooks of a set-up file come last, after those of the test file.
afterEach(() => {
  captureErrors()
  captureFilesOfProcesses()
  expectNoLeaks()
})
afterAll(() => {
  captureErrors()
  captureFilesOfProcesses()
  expectNoLeaks()
})
