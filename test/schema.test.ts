import { describe, expect, test } from 'vitest'
import { listFixtures, readFixture } from './helpers/fixtures.ts'
import { schemaDirectory, validateEnvelopes } from './helpers/schema.ts'

describe.skipIf(!schemaDirectory)('Microsoft’s schemas (EWS_SCHEMA_DIR)', () => {
  test('every fixture that is not an oddity or a SOAP 1.2 fault validates', async () => {
    const paths = listFixtures().filter(
      (path) => !path.startsWith('oddities/') && path !== 'faults/soap12.xml' && path !== 'faults/bare.xml',
    )
    expect(paths.length).toBeGreaterThan(20)
    expect(
      await validateEnvelopes(
        paths.map((path) => ({ name: path.replaceAll('/', '-'), xml: readFixture(path) })),
      ),
    ).toEqual([])
  }, 60_000)

  test('the validator notices an element out of order', async () => {
    const xml = readFixture('add-delegate/request.xml')
    const swapped = xml.replace(/(<m:Mailbox>.*<\/m:Mailbox>)([\s\S]*<\/m:DelegateUsers>)/, '$2$1')
    expect(swapped).not.toBe(xml)
    expect(await validateEnvelopes([{ name: 'swapped.xml', xml: swapped }])).not.toEqual([])
  }, 60_000)
})
