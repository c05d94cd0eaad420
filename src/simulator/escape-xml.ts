/** What most texts are made of: printable ASCII without markup, which is written as it is. */
const PLAIN = /^[ !#-%'-;=?-~]*$/
// Surrogates that are not a pair match one by one, because of the u.
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no place for them.
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu

/**
 * For the inside of an element. What XML cannot hold becomes a replacement character, since names come from people;
 * a carriage return is written as a reference, because readers turn it into a line feed.
 */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text
  return text
    .replace(NOT_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}

/** For an attribute in double quotes, where readers turn every white space into a blank. */
export function escapeAttribute(text: string): string {
  if (PLAIN.test(text)) return text
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}
