import nock from 'nock'
import { afterEach, beforeAll } from 'vitest'

// No test reaches a network. The embedded Exchange listens on loopback, so that alone stays open.
beforeAll(() => {
  nock.disableNetConnect()
  nock.enableNetConnect((host) => /^(127\.0\.0\.1|localhost|\[::1\]|::1)(:\d+)?$/.test(host))
})

afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  if (pending.length > 0) throw new Error(`Expected requests never came: ${pending.join(', ')}`)
})
