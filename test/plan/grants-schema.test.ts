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
