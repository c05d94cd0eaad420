import { ntHash } from '../../src/simulator/store/nt-hash.ts'

/** How a secret may look where it comes out: as it is, escaped, encoded, or as what stands for it in NTLM. */
export interface Form {
  readonly name: string
  readonly text: string
}

/** Shorter texts stand in other words by chance, above all once they are encoded. */
export const SHORTEST = 6

/** Every form of a secret that is looked for. */
export function formsOf(secret: string): Form[] {
  const [utf8, utf16] = [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'utf16le')]
  const json = insideJson(secret)
  const candidates: Form[] = [
    { name: 'as it is', text: secret },
    { name: 'in JSON', text: json },
    { name: 'in JSON within JSON', text: insideJson(json) },
    // JSON that keeps to ASCII, as some serialisers write it.
    { name: 'in ASCII JSON', text: json.replace(/[^\x20-\x7e]/g, unicodeEscape) },
    { name: 'in XML', text: insideXml(secret) },
    {
      name: 'in an XML attribute',
      text: insideXml(secret).replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    },
    { name: 'in HTML', text: insideXml(secret).replaceAll('"', '&quot;').replaceAll("'", '&#39;') },
    ...urlForms(secret),
    ...base64Forms('', utf8),
    ...base64Forms(' of UTF-16', utf16),
    { name: 'in hexadecimal', text: utf8.toString('hex') },
    { name: 'in hexadecimal of UTF-16', text: utf16.toString('hex') },
    // As good as the password wherever NTLM is spoken.
    { name: 'as NT hash', text: ntHash(secret).toString('hex') },
    ...base64Forms(' as NT hash', ntHash(secret)),
  ]
  const known = new Map<string, Form>()
  for (const { name, text } of candidates) {
    for (const variant of /hexadecimal|NT hash$/.test(name) ? [text, text.toUpperCase()] : [text])
      if (variant.length >= SHORTEST && !known.has(variant)) known.set(variant, { name, text: variant })
  }
  return [...known.values()]
}

function insideJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function insideXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function urlForms(secret: string): Form[] {
  // A lone half of a surrogate pair cannot be written in an address.
  const whole = Buffer.from(secret).toString()
  const form = new URLSearchParams({ '': whole }).toString().slice(1)
  const component = encodeURIComponent(whole)
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
  return [
    { name: 'in an address', text: component },
    { name: 'in an address', text: lower(component) },
    { name: 'in a form', text: form },
    { name: 'in a form', text: lower(form) },
  ]
}

/**
 * Whatever stands before a secret, three bytes of it become four letters: so there are three forms, each without the
 * letters at its ends that hold bits of the neighbours. That finds the password within `Basic dXNlcjpwYXNz`.
 */
function base64Forms(suffix: string, bytes: Buffer): Form[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const from = Math.ceil((before * 8) / 6)
    const core = encoded.slice(from, Math.floor(((before + bytes.length) * 8) / 6))
    return [
      { name: `in base64${suffix}`, text: core },
      { name: `in base64url${suffix}`, text: core.replaceAll('+', '-').replaceAll('/', '_') },
    ]
  })
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
