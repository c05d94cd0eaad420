import { expect, test } from 'vitest'
import { requireSafeUrl } from '../../src/http/safe-url.ts'
import { checkSetting } from '../../src/profile/settings.ts'

test.each([
  'https://bob:hunter2pw@mail .com/EWS/Exchange.asmx',
  'https://bob:hunter2pw@mail:port/',
  'https://bob:hunter2pw%40mail .com/',
  '//bob:hunter2pw@mail.contoso.com/EWS/Exchange.asmx',
])('an address that cannot be read is quoted without its password: %s', (text) => {
  for (const check of [() => requireSafeUrl(text, false), () => checkSetting('url', text)]) {
    expect(check).toThrow(/redacted.*is not an address/)
    expect(check).not.toThrow(/hunter2/)
  }
})
