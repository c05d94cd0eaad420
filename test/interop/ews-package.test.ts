import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { load } from '../../src/interop/ews-package.ts'

test('without the package it says what to install', () => {
  const require = createRequire('/')
  expect(() => load(() => require('ews-javascript-api'))).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringContaining('ews-javascript-api, which is not installed'),
      hint: 'Install it: npm install ews-javascript-api',
    }),
  )
})

test('what else goes wrong in it is shown as it is', () => {
  const missing = Object.assign(new Error("Cannot find module 'moment'"), { code: 'MODULE_NOT_FOUND' })
  const failing = () => {
    throw missing
  }
  expect(() => load(failing)).toThrow(missing)
})
