/**
 * Whether a value that was written is the one that is read, as far as that can be told: the server may spell it in
 * another way, and then the answer is no. What the server adds, such as a recipient's name, does not count.
 */
export function isSameValue(written: unknown, found: unknown): boolean {
  if (found === undefined || found === null) return false
  if (found instanceof Date) return isSameMoment(written, found)
  if (written instanceof Date) return typeof found === 'string' && isSameMoment(found, written)
  if (Array.isArray(written)) {
    return (
      Array.isArray(found) &&
      found.length === written.length &&
      written.every((one, position) => isSameValue(one, found[position]))
    )
  }
  if (typeof written === 'object' && written !== null) {
    return (
      typeof found === 'object' &&
      Object.entries(written).every(
        ([key, one]) => one === undefined || isSameValue(one, (found as Record<string, unknown>)[key]),
      )
    )
  }
  if (typeof found === 'object') return isShort(String(written), found as Readonly<Record<string, unknown>>)
  return lines(String(written)) === lines(String(found))
}

/** A text that stands for an object: a plain body, an address. */
function isShort(written: string, found: Readonly<Record<string, unknown>>): boolean {
  if (found.type === 'Text') return lines(written) === lines(String(found.content))
  if (typeof found.address !== 'string') return false
  const address = /<([^<>]+)>\s*$/.exec(written)?.[1] ?? written
  return address.trim().toLowerCase() === found.address.toLowerCase()
}

/** A time without a zone is in one that is not known here. */
function isSameMoment(written: unknown, found: Date): boolean {
  if (written instanceof Date) return written.getTime() === found.getTime()
  return /(?:Z|[+-]\d\d:?\d\d)$/i.test(String(written)) && Date.parse(String(written)) === found.getTime()
}

/** Servers end lines as they like, and may add an end to the last one. */
function lines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/\n$/, '')
}
