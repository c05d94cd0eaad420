import { Problems } from './problem.ts'

/** A part of a file that is parsed by itself. */
export interface YamlPiece {
  /** `document`: a whole document, or its head. `item`: one or more entries of its `mailboxes`. */
  readonly kind: 'document' | 'item'
  readonly text: string
  /** The line of the file on which the text begins. */
  readonly line: number
}

// Below this, files are parsed whole, with everything YAML has. A tree takes some fifty times its text.
const WHOLE = 1024 * 1024

/**
 * Cuts a file into pieces, so that memory does not grow with the number of mailboxes. Documents end at `---`, which
 * YAML allows at the beginning of a line for nothing else. In a large document the entries of `mailboxes` are cut
 * where a dash stands at the list's indentation, which inside an entry YAML allows for nothing else either.
 */
export async function* yamlPieces(
  chunks: AsyncIterable<string>,
  name: string,
  problems: Problems,
): AsyncGenerator<YamlPiece, void, undefined> {
  let begin = ''
  const iterator = chunks[Symbol.asyncIterator]()
  let ended = false
  while (begin.length <= WHOLE) {
    const next = await iterator.next()
    if (next.done) {
      ended = true
      break
    }
    begin += next.value
  }
  begin = begin.replace(/^\uFEFF/, '')
  const lines = linesOf(begin, ended ? undefined : iterator)
  if (ended) yield* documents(lines)
  else yield* largeDocuments(lines, name, problems)
}

async function* linesOf(
  begin: string,
  more: AsyncIterator<string> | undefined,
): AsyncGenerator<string, void, undefined> {
  let rest = ''
  let text = begin
  for (;;) {
    // Only what is new is searched, so that a line of many chunks is not searched as often.
    const lines = text.split('\n')
    lines[0] = rest + lines[0]
    rest = lines.pop() ?? ''
    yield* lines
    const next = await more?.next()
    if (!next || next.done) break
    text = next.value
  }
  yield rest
}

/**
 * The head of a document and each entry of its `mailboxes`, for a document that does not parse as a whole: most of it
 * is right, and what is wrong in the rest is told as well.
 */
export async function* yamlEntries(
  piece: YamlPiece,
  name: string,
): AsyncGenerator<YamlPiece, void, undefined> {
  async function* lines() {
    yield* piece.text.split('\n')
  }
  // That mailboxes stand last is only asked of files that cannot be parsed whole.
  for await (const part of largeDocuments(lines(), name, new Problems()))
    yield { ...part, line: part.line + piece.line - 1 }
}

const isMarker = (line: string) => /^(?:---|\.\.\.)(?:\s|$)/.test(line)

async function* documents(lines: AsyncIterable<string>): AsyncGenerator<YamlPiece, void, undefined> {
  let text: string[] = []
  let begin = 1
  let number = 0
  for await (const line of lines) {
    number++
    if (!isMarker(line)) {
      text.push(line)
      continue
    }
    if (hasContent(text)) yield { kind: 'document', text: text.join('\n'), line: begin }
    // What stands behind the marker belongs to the next document.
    text = [line.replace(/^(?:---|\.\.\.)/, '   ')]
    begin = number
  }
  if (hasContent(text)) yield { kind: 'document', text: text.join('\n'), line: begin }
}

async function* largeDocuments(
  lines: AsyncIterable<string>,
  name: string,
  problems: Problems,
): AsyncGenerator<YamlPiece, void, undefined> {
  let head: string[] = []
  let headBegin = 1
  let item: string[] = []
  let itemBegin = 0
  let indent: string | undefined
  let inList = false
  let headGiven = false
  let number = 0
  const flushItem = function* (): Generator<YamlPiece> {
    if (hasContent(item)) yield { kind: 'item', text: item.join('\n'), line: itemBegin }
    item = []
  }
  const flushHead = function* (): Generator<YamlPiece> {
    if (!headGiven && hasContent(head)) yield { kind: 'document', text: head.join('\n'), line: headBegin }
    headGiven = true
    head = []
  }
  for await (const raw of lines) {
    number++
    const line = raw.replace(/\r$/, '')
    if (isMarker(line)) {
      yield* flushItem()
      yield* flushHead()
      inList = false
      headGiven = false
      headBegin = number
      head = [line.replace(/^(?:---|\.\.\.)/, '   ')]
      continue
    }
    if (inList) {
      const dash = /^(\s*)-(?:\s|$)/.exec(line)
      if (dash && (indent === undefined || dash[1] === indent)) {
        indent ??= dash[1] ?? ''
        yield* flushItem()
        item = [line]
        itemBegin = number
        continue
      }
      if (line.trim() === '' || line.trimStart().startsWith('#') || /^\s/.test(line)) {
        if (item.length > 0) item.push(line)
        else if (line.trim() !== '' && !line.trimStart().startsWith('#')) {
          // No list of the usual form: the parser says what is wrong with it.
          item = [line]
          itemBegin = number
        }
        continue
      }
      yield* flushItem()
      inList = false
      // They would be read too late to hold for the list.
      problems.add(
        `${name}:${number}:1`,
        'In a file this large, mailboxes stand last: put this field before them.',
      )
      return
    }
    if (/^mailboxes:\s*(?:#.*)?$/.test(line)) {
      yield* flushHead()
      inList = true
      indent = undefined
      continue
    }
    head.push(line)
  }
  yield* flushItem()
  yield* flushHead()
}

function hasContent(lines: readonly string[]): boolean {
  // A directive such as %YAML belongs to the document behind the next marker, and says nothing that is needed.
  return lines.some(
    (line) => line.trim() !== '' && !line.trimStart().startsWith('#') && !line.startsWith('%'),
  )
}
