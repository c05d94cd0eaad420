import { expect, test } from 'vitest'
import { kerberos } from '../../src/auth/kerberos.ts'

test('each request has a ticket of its own for the service at the host', async () => {
  const asked: unknown[] = []
  const auth = kerberos({
    host: 'mail.contoso.com',
    load: async () => ({
      GSS_MECH_OID_SPNEGO: 6,
      initializeClient: async (...given: unknown[]) => {
        asked.push(given)
        return { step: async () => `ticket-${asked.length}` }
      },
    }),
  })
  expect(await auth.authorization()).toBe('Negotiate ticket-1')
  expect(await auth.authorization()).toBe('Negotiate ticket-2')
  const name = process.platform === 'win32' ? 'HTTP/mail.contoso.com' : 'HTTP@mail.contoso.com'
  expect(asked[0]).toEqual([name, { mechOID: 6 }])
})

test('no ticket is a sign-in that failed', async () => {
  const auth = kerberos({
    host: 'mail.contoso.com',
    load: async () => ({
      GSS_MECH_OID_SPNEGO: 6,
      initializeClient: () => Promise.reject(new Error('No Kerberos credentials available')),
    }),
  })
  await expect(auth.authorization()).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_AUTHENTICATION', hint: expect.stringContaining('kinit') }),
  )
})

test('without the package, a sentence says how to get it and what else there is', async () => {
  await expect(kerberos({ host: 'mail.contoso.com' }).authorization()).rejects.toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_INPUT',
      hint: expect.stringMatching(/npm install kerberos.*NTLM/),
    }),
  )
})
