const ZERO = /\p{M}|[\u200b-\u200c]|\u200d|[\ufe0e-\ufe0f]/u
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const STYLE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

/**
 * Columns that a text takes on a terminal: none for combining marks and colours, two for East Asian wide characters
 * and emoji.
 *
 * The build also gives it to yargs in place of `string-width`, whose tables take longer to load than all of yargs.
 */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text.replace(STYLE, '')) {
    if (!ZERO.test(character)) width += character > '\u10ff' && WIDE.test(character) ? 2 : 1
  }
  return width
}
