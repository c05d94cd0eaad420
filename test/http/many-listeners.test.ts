import { expect, test } from 'vitest'
import { bearer } from '../../src/auth/bearer.ts'
import { EwsSession } from '../../src/ews/session.ts'
import { GraphSession } from '../../src/graph/session.ts'
import { allowManyListeners } from '../../src/http/many-listeners.ts'

const auth = bearer('opaque-token-0123456789')

test.each<[string, (signal: AbortSignal) => unknown]>([
  ['EWS', (signal) => new EwsSession({ url: 'https://mail.contoso.com/EWS/Exchange.asmx', auth, signal })],
  ['Graph', (signal) => new GraphSession({ auth, signal })],
])('all calls of a session may listen to its signal (%s)', async (_, open) => {
  const { signal } = new AbortController()
  const warned: string[] = []
  const listen = ({ name }: Error) => warned.push(name)
  process.on('warning', listen)
  try {
    open(signal)
    for (let call = 0; call < 20; call++) signal.addEventListener('abort', () => call)
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('warning', listen)
  }
  expect(warned).toEqual([])
})

test('a signal that is not Node’s own is left as it is', () => {
  const foreign = {
    aborted: false,
    addEventListener() {},
    removeEventListener() {},
  } as unknown as AbortSignal
  expect(() => allowManyListeners(foreign)).not.toThrow()
  expect(() => allowManyListeners(undefined)).not.toThrow()
})
