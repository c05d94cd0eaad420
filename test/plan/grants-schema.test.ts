import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readGrants } from '../../src/plan/grants.ts'
import { GRANTS_SCHEMA, GRANTS_SCHEMA_FILE } from '../../src/plan/grants-schema.ts'
import type { GrantsFileError } from '../../src/plan/problem.ts'

const path = join(import.meta.dirname, '..', '..', 'docs', GRANTS_SCHEMA_FILE)

test('the published schema is the one in the code (UPDATE=1 writes it)', async () => {
  const text = `${JSON.stringify(GRANTS_SCHEMA, null, 2)}\n`
  if (process.env.UPDATE) await writeFile(path, text)
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(JSON.parse(text))
})

test('the schema says of a permission what the reader says: a level or rights, unless it is to be gone', async () => {
  const { anyOf, not } = GRANTS_SCHEMA.$defs.permission
  const allowed = (fields: Record<string, unknown>) => {
    const has = (names: readonly string[]) => names.every((name) => name in fields)
    return (
      anyOf.some(
        (one) =>
          has(one.required) && (!('properties' in one) || fields.absent === one.properties.absent.const),
      ) && !has(not.required)
    )
  }
  const level = { level: 'Editor' }
  const rights = { rights: { createItems: true } }
  for (const fields of [
    level,
    rights,
    { ...level, ...rights },
    {},
    { absent: true },
    { absent: false },
    { absent: true, ...level },
    { expires: '2027-01-01' },
    { expires: '2027-01-01', ...rights },
  ]) {
    const permissions = [{ user: 'b@contoso.com', ...fields }]
    const content = JSON.stringify({
      mailboxes: [{ mailbox: 'a@contoso.com', folders: [{ folder: 'inbox', permissions }] }],
    })
    const reads = await readGrants([{ name: 'g.json', content }]).then(
      () => true,
      () => false,
    )
    expect([fields, reads]).toEqual([fields, allowed(fields)])
  }
})

test('the reader knows every field of the schema and no other', async () => {
  const definitions = GRANTS_SCHEMA.$defs
  const shapes: Record<string, [object, (fields: object) => object]> = {
    mailbox: [definitions.mailbox, (fields) => ({ mailboxes: [fields] })],
    delegate: [
      definitions.delegate,
      (fields) => ({ mailboxes: [{ mailbox: 'a@contoso.com', delegates: [fields] }] }),
    ],
    role: [definitions.role, (fields) => ({ roles: { r: fields } })],
    folder: [
      definitions.folder,
      (fields) => ({ mailboxes: [{ mailbox: 'a@contoso.com', folders: [fields] }] }),
    ],
    permission: [
      definitions.permission,
      (fields) => ({
        mailboxes: [{ mailbox: 'a@contoso.com', folders: [{ folder: 'inbox', permissions: [fields] }] }],
      }),
    ],
  }
  for (const [name, [shape, wrap]] of Object.entries(shapes)) {
    const properties = Object.keys((shape as { properties: object }).properties)
    const content = JSON.stringify(
      wrap(Object.fromEntries([...properties, 'zzz'].map((field) => [field, null]))),
    )
    const error = await readGrants([{ name: 'g.json', content }]).catch((reason: unknown) => reason)
    const unknown = (error as GrantsFileError).problems.filter(({ message }) =>
      message.includes('is not a field'),
    )
    expect(
      unknown.map(({ message }) => message.split(' ')[0]),
      name,
    ).toEqual(['"zzz"'])
  }
})
