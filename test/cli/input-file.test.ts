import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readInputText } from '../../src/cli/input-file.ts'
import type { Io } from '../../src/cli/io.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'input-file-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

const WHAT = { what: 'the list of mailboxes', maxBytes: 1000 }
const LIST = 'jörg@münchen.example\r\nadele@contoso.com\r\n'

const utf16le = Buffer.from(`\uFEFF${LIST}`, 'utf16le')
test.each([
  ['UTF-8', Buffer.from(LIST)],
  ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${LIST}`)],
  // “Unicode” of Notepad, and what Out-File and > of Windows PowerShell write.
  ['UTF-16', utf16le],
  ['UTF-16 with the other byte first', Buffer.from(utf16le).swap16()],
])('a text in %s is read, without the mark, from a file and from standard input', async (_, bytes) => {
  writeFileSync(join(cwd, 'list.txt'), bytes)
  const io = { cwd, stdin: Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]) } as unknown as Io
  expect(await readInputText(io, 'list.txt', WHAT)).toBe(LIST)
  expect(await readInputText(io, '-', WHAT)).toBe(LIST)
})

test.each([
  ['of another encoding', 'UTF-8', Buffer.from('J\xfcrgen@contoso.com', 'latin1')],
  ['that is UTF-16 without a mark', 'UTF-8', Buffer.from('j\xf6rg@contoso.com', 'utf16le')],
  ['that is half UTF-16', 'UTF-16', Buffer.concat([utf16le, Buffer.from([0x41])])],
])('a text %s is refused', async (_, name, bytes) => {
  writeFileSync(join(cwd, 'list.txt'), bytes)
  await expect(readInputText({ cwd } as unknown as Io, 'list.txt', WHAT)).rejects.toThrow(
    `The list of mailboxes "list.txt" is not ${name}.`,
  )
})
