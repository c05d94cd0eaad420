import { expect, test } from 'vitest'
import { isSameValue } from '../../src/ews/same-value.ts'

test.each<[string, unknown, unknown]>([
  ['a text', 'Lunch', 'Lunch'],
  ['a text with other line ends', 'a\nb', 'a\r\nb\r\n'],
  ['a number', 15, 15],
  ['yes and no', false, false],
  ['a moment', '2026-12-24T10:00:00+01:00', new Date('2026-12-24T09:00:00Z')],
  ['a Date', new Date('2026-12-24T09:00:00Z'), new Date('2026-12-24T09:00:00Z')],
  ['a Date in a property that is read as text', new Date('2026-12-24T09:00:00Z'), '2026-12-24T09:00:00Z'],
  ['a list', ['Red', 'Blue'], ['Red', 'Blue']],
  [
    'an address, whose name the server adds',
    'MeganB@contoso.com',
    { name: 'Megan', address: 'meganb@contoso.com' },
  ],
  ['an address with a name', 'M <m@contoso.com>', { name: 'Megan Bowen', address: 'm@contoso.com' }],
  ['a plain body', 'Noon?', { type: 'Text', content: 'Noon?\r\n' }],
  ['a body', { type: 'HTML', content: '<p>' }, { type: 'HTML', content: '<p>', isTruncated: false }],
  ['entries of a dictionary', { Home: { city: 'Ulm' } }, { Home: { city: 'Ulm', street: 'x' }, Other: {} }],
])('%s is there', (_what, written, found) => {
  expect(isSameValue(written, found)).toBe(true)
})

test.each<[string, unknown, unknown]>([
  ['nothing', 'Lunch', undefined],
  ['another text', 'Lunch', 'lunch'],
  ['another number', 15, 30],
  ['a time without a zone', '2026-12-24T10:00:00', new Date('2026-12-24T10:00:00Z')],
  ['another order', ['Red', 'Blue'], ['Blue', 'Red']],
  ['a longer list', ['Red'], ['Red', 'Blue']],
  ['another address', 'a@contoso.com', { address: 'b@contoso.com' }],
  ['a plain body that was made HTML', 'Noon?', { type: 'HTML', content: 'Noon?' }],
  ['another entry', { Home: { city: 'Ulm' } }, { Home: { city: 'Bonn' } }],
])('%s is not', (_what, written, found) => {
  expect(isSameValue(written, found)).toBe(false)
})
