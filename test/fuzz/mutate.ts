/** Ways in which an answer can be wrong: by accident under way, by another server's habits, or on purpose. */
const NASTY = [
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
  '&b;&b;&b;',
  '&#0;',
  '&#xD800;',
  '&#99999999999;',
  '&unknown;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml version="1.0"?>',
  '<?php echo 1 ?>',
  '</s:Envelope>',
  '<t:DelegateUser/>',
  '<m:ResponseCode>ErrorServerBusy</m:ResponseCode>',
  ' ResponseClass="Warning"',
  ' xmlns:t="urn:other"',
  ' xmlns=""',
  ' __proto__="x"',
  '<t:__proto__>x</t:__proto__>',
  '<t:constructor/>',
  '"',
  "'",
  '\0',
  '\u0008',
  '\ufeff',
  '\ud800',
  '\u202e',
  '\r\n',
  '\u001b[2J',
  '999999999999999999999999',
  '-1',
  'NaN',
  'true',
  '2026-99-99T99:99:99Z',
  '<a>'.repeat(100),
  '-eyJabcdefgh'.repeat(500),
  'x'.repeat(5_000),
] as const

type Mutation = (text: string, random: () => number, others: readonly string[]) => string

const between = (random: () => number, limit: number) => Math.floor(random() * limit)

function cut(text: string, random: () => number): [start: string, middle: string, end: string] {
  const from = between(random, text.length + 1)
  const to = Math.min(text.length, from + 1 + between(random, random() < 0.5 ? 8 : 400))
  return [text.slice(0, from), text.slice(from, to), text.slice(to)]
}

/** Those after which a document often still is one, so that what reads it is reached. */
const TAME: readonly Mutation[] = [
  // A name, a value is another.
  (text, random) => replaceOne(text, random, /<\/?(?:\w+:)?\w+/g, (found) => found.replace(/\w+$/, 'Other')),
  (text, random) => replaceOne(text, random, /<(?:\w+:)?\w+/g, (found) => found.replace(/<\w+:/, '<')),
  (text, random) => replaceOne(text, random, />[^<>]+</g, () => '><'),
  (text, random) => replaceOne(text, random, />[^<>]+</g, () => `>${nasty(random)}<`),
  (text, random) => replaceOne(text, random, /"[^"]*"/g, () => `"${nasty(random)}"`),
  (text, random) => replaceOne(text, random, /\s[\w:]+="[^"]*"/g, () => ''),
  (text, random) =>
    replaceOne(text, random, /Success|Error|NoError/g, () =>
      pick(random, ['Success', 'Error', 'Warning', 'X']),
    ),
  (text, random) =>
    replaceOne(text, random, /xmlns(?::\w+)?="[^"]*"/g, (found) => found.replace(/"$/, '/other"')),
  // A whole element is missing, twice there, or empty.
  (text, random) => replaceElement(text, random, () => ''),
  (text, random) => replaceElement(text, random, (element) => element + element),
  (text, random) => replaceElement(text, random, (element) => element.repeat(50)),
  (text, random) =>
    replaceElement(text, random, (element) => element.replace(/^(<[^\s/>]+)[\s\S]*$/, '$1/>')),
]

/** Those after which it hardly ever is. */
const WILD: readonly Mutation[] = [
  // Something is missing, twice there, or in another place.
  (text, random) => {
    const [start, , end] = cut(text, random)
    return start + end
  },
  (text, random) => {
    const [start, middle, end] = cut(text, random)
    return start + middle + middle + end
  },
  (text, random) => {
    const [start, middle, end] = cut(text, random)
    const rest = start + end
    const at = between(random, rest.length + 1)
    return rest.slice(0, at) + middle + rest.slice(at)
  },
  (text, random) => text.slice(0, between(random, text.length + 1)),
  // A character is another.
  (text, random) => {
    const at = between(random, text.length)
    return text.slice(0, at) + String.fromCharCode(between(random, 0x180)) + text.slice(at + 1)
  },
  // Something that does not belong there.
  (text, random) => insert(text, random, nasty(random)),
  (text, random, others) => {
    const [, middle] = cut(pick(random, others), random)
    return insert(text, random, middle)
  },
  (text, random, others) => {
    const other = pick(random, others)
    return text.slice(0, between(random, text.length)) + other.slice(between(random, other.length))
  },
]

/** One to four mutations of a text, half the time only such as leave it readable. */
export function mutate(text: string, random: () => number, others: readonly string[]): string {
  const kinds = random() < 0.5 ? TAME : [...TAME, ...WILD]
  let mutated = text
  for (let count = 1 + between(random, 4); count > 0; count--)
    mutated = pick(random, kinds)(mutated, random, others)
  return mutated
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[between(random, list.length)] as T
}

function nasty(random: () => number): string {
  return pick(random, NASTY)
}

function insert(text: string, random: () => number, piece: string): string {
  const at = between(random, text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

function replaceOne(
  text: string,
  random: () => number,
  pattern: RegExp,
  replacement: (found: string) => string,
): string {
  const matches = [...text.matchAll(pattern)]
  if (matches.length === 0) return text
  const match = pick(random, matches)
  return text.slice(0, match.index) + replacement(match[0]) + text.slice(match.index + match[0].length)
}

function replaceElement(
  text: string,
  random: () => number,
  replacement: (element: string) => string,
): string {
  const [name, start] = openingTag(text, random)
  const close = name === undefined ? -1 : text.indexOf(`</${name}>`, start)
  if (name === undefined || close < 0) return text
  const end = close + name.length + 3
  return text.slice(0, start) + replacement(text.slice(start, end)) + text.slice(end)
}

function openingTag(text: string, random: () => number): [name: string | undefined, start: number] {
  const matches = [...text.matchAll(/<((?:\w+:)?\w+)[\s>]/g)]
  if (matches.length === 0) return [undefined, 0]
  const match = pick(random, matches)
  return [match[1], match.index]
}
