import { expect, it } from 'vitest'
import { addresses } from '../../src/cli/mail-input.ts'

it.each([
  ['a@contoso.com,b@contoso.com', ['a@contoso.com', 'b@contoso.com']],
  ['a@contoso.com; b@contoso.com;', ['a@contoso.com', 'b@contoso.com']],
  ['a@contoso.com,foo', ['a@contoso.com', 'foo']],
  ['"Vance, Adele" <adele@contoso.com>', ['"Vance, Adele" <adele@contoso.com>']],
  ['"Vance, Adele" <adele@contoso.com>, foo', ['"Vance, Adele" <adele@contoso.com>', 'foo']],
  ['Vance, Adele <adele@contoso.com>', ['Vance, Adele <adele@contoso.com>']],
  [
    'Adele <adele@contoso.com>, Allan <allan@contoso.com>',
    ['Adele <adele@contoso.com>', 'Allan <allan@contoso.com>'],
  ],
  ['Vance, Adele', ['Vance, Adele']],
])('%s are %j', (text, expected) => {
  expect(addresses([text])).toEqual(expected)
})
