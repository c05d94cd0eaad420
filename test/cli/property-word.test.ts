import { describe, expect, it } from 'vitest'
import { mapiWord, readMapiWord, readPropertyWord } from '../../src/cli/property-word.ts'

describe('a MAPI property is named', () => {
  it.each([
    [
      'PublicStrings/Project',
      { propertySet: 'PublicStrings', propertyName: 'Project', propertyType: 'String' },
    ],
    [
      'publicstrings/Project Code:integer',
      { propertySet: 'PublicStrings', propertyName: 'Project Code', propertyType: 'Integer' },
    ],
    ['Common/0x8506:Boolean', { propertySet: 'Common', propertyId: 0x8506, propertyType: 'Boolean' }],
    ['Common/34054:boolean', { propertySet: 'Common', propertyId: 34054, propertyType: 'Boolean' }],
    [
      'c11ff724-aa03-4555-9952-8fa248a11c3e/Origin',
      {
        propertySet: 'c11ff724-aa03-4555-9952-8fa248a11c3e',
        propertyName: 'Origin',
        propertyType: 'String',
      },
    ],
    ['0x0E07:Integer', { propertyTag: '0x0E07', propertyType: 'Integer' }],
    [
      'InternetHeaders/X-Origin',
      { propertySet: 'InternetHeaders', propertyName: 'X-Origin', propertyType: 'String' },
    ],
    [
      'PublicStrings/urn:schemas:project:String',
      { propertySet: 'PublicStrings', propertyName: 'urn:schemas:project', propertyType: 'String' },
    ],
  ])('%s', (word, path) => {
    expect(readMapiWord(word)).toEqual(path)
    expect(readPropertyWord(` ${word} `)).toEqual(path)
  })

  it.each([
    ['0x0E07', 'does not say what the property holds'],
    ['Common/34054', 'does not say what the property holds'],
    ['0x0E07:Number', '"Number" is not a type of MAPI property'],
    ['0x10E07:Integer', 'is not a property tag'],
    ['Projects/Name', '"Projects" is not a property set'],
    ['PublicStrings/', 'does not name a property'],
  ])('%s is refused', (word, sentence) => {
    expect(() => readPropertyWord(word)).toThrow(sentence)
  })
})

it.each(['item:Subject', 'subject', 'emailAddresses.EmailAddress1', '12'])('%s is none', (word) => {
  expect(readMapiWord(word)).toBeUndefined()
})

it.each(['PublicStrings/Project:String', 'Common/34054:Boolean', '0x0E07:Integer'])(
  '%s is told by the word that names it',
  (word) => {
    expect(mapiWord(readMapiWord(word) as NonNullable<ReturnType<typeof readMapiWord>>)).toBe(word)
  },
)
