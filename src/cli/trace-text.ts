import type { Trace } from '../http/transport.ts'
import { printableLines } from './printable.ts'

/** A request or an answer for people: each line behind a mark that says which way it went. */
export function traceText({ direction, text }: Parameters<Trace>[0]): string {
  const mark = direction === 'request' ? '>' : '<'
  const lines = printableLines(text).split('\n')
  return `${lines.map((line) => `${mark} ${line}`.trimEnd()).join('\n')}\n`
}
