import { readFileSync } from 'node:fs'

declare const __VERSION__: string | undefined

/** The build puts the number in; run from the sources, it is read from the package. */
export function version(): string {
  if (typeof __VERSION__ === 'string') return __VERSION__
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
