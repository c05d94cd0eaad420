const LINE_ENDING_TAGS = new Set([
  'br',
  'p',
  '/p',
  '/div',
  '/tr',
  '/li',
  '/h1',
  '/h2',
  '/h3',
  '/h4',
  '/h5',
  '/h6',
])
const SILENT_TAGS = new Set(['script', 'style', 'head', 'title'])
const ENTITIES: Readonly<Record<string, string>> = {
  nbsp: ' ',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
}

/**
 * The text a reader sees: good enough for a preview and for `outlook.body-content-type="text"`, not a rendering.
 * One pass whatever the input is: bodies come from outside.
 */
export function plainText(body: { readonly contentType: 'text' | 'html'; readonly content: string }): string {
  if (body.contentType !== 'html') return body.content
  const html = body.content
  const lower = html.toLowerCase()
  const withoutEnd = new Set<string>()
  let text = ''
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    const close = open === -1 ? -1 : html.indexOf('>', open)
    if (close === -1) {
      text += html.slice(at)
      break
    }
    text += html.slice(at, open)
    at = close + 1
    const tag = /^\/?[a-z0-9]*/.exec(lower.slice(open + 1, open + 20))?.[0] ?? ''
    if (LINE_ENDING_TAGS.has(tag)) text += '\n'
    if (SILENT_TAGS.has(tag) && !withoutEnd.has(tag)) {
      const end = lower.indexOf(`</${tag}`, at)
      if (end === -1) withoutEnd.add(tag)
      else at = end
    }
  }
  return text
    .replace(/&(?:#(\d{1,7})|([a-z]{2,5}));/gi, decodeEntity)
    .split('\n')
    .map((line) => line.replace(/[ \t\r]{1,1000}/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n')
}

function decodeEntity(entity: string, digits: string | undefined, name: string | undefined): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? entity
  const code = Number(digits)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity
}
