import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  DISTINGUISHED_FOLDERS,
  describeFolder,
  explicitFolder,
  folderById,
  ownFolder,
  parseDistinguishedFolder,
} from '../../src/model/folder-target.ts'
import { schemaDirectory } from '../helpers/schema.ts'

test('explicit access names folder and owner, implicit access an id', () => {
  expect(explicitFolder('calendar', 'allan@contoso.com')).toEqual({
    distinguishedFolder: 'calendar',
    mailbox: 'allan@contoso.com',
  })
  expect(folderById('AAMk', 'CQ')).toEqual({ id: 'AAMk', changeKey: 'CQ' })
  expect(ownFolder('inbox')).toEqual({ distinguishedFolder: 'inbox' })
})

test('an unknown name, a malformed owner and an empty id are refused', () => {
  expect(() => parseDistinguishedFolder('Kalender')).toThrow('not a well-known folder')
  expect(() => explicitFolder('calendar', 'allan')).toThrow('not an e-mail address')
  expect(() => folderById(' ')).toThrow('empty')
})

test('a folder is described by name and owner, or by the start of its id', () => {
  expect(describeFolder(explicitFolder('inbox', 'a@b.c'))).toBe('the inbox of a@b.c')
  expect(describeFolder(ownFolder('inbox'))).toBe('your own inbox')
  expect(describeFolder(folderById('AAMkAGY3MjQxxxxxxxxx'))).toBe('the folder with id AAMkAGY3MjQxxxxx…')
})

describe.skipIf(!schemaDirectory)('Microsoft’s schema (EWS_SCHEMA_DIR)', () => {
  test('every name the schema has is known, and the few more are Exchange Online’s', () => {
    const xsd = readFileSync(join(schemaDirectory as string, 'types.xsd'), 'utf8')
    const type = xsd.slice(xsd.indexOf('name="DistinguishedFolderIdNameType"'))
    const names = [
      ...type.slice(0, type.indexOf('</xs:simpleType>')).matchAll(/enumeration value="([^"]+)"/g),
    ].map((match) => match[1] as string)
    expect(names.length).toBeGreaterThan(60)
    const known: readonly string[] = DISTINGUISHED_FOLDERS
    expect(names.filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !names.includes(name))).toEqual([
      'allcategorizeditems',
      'yammerdata',
      'kaizaladata',
      'messageingestion',
    ])
  })
})
