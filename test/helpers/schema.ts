import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validateXML } from 'xmllint-wasm'

/** Where Microsoft's XSDs lie; they are not ours to ship, so tests that need them skip without it. */
export const schemaDirectory: string | undefined = process.env.EWS_SCHEMA_DIR

export interface NamedXml {
  readonly name: string
  readonly xml: string
}

/**
 * Validates whole SOAP envelopes against Microsoft's schemas. One call for many files: nearly all of the time is
 * the start-up of the validator.
 * @returns one line per violation; empty when everything is valid.
 */
export async function validateEnvelopes(envelopes: readonly NamedXml[]): Promise<string[]> {
  if (!schemaDirectory) throw new Error('EWS_SCHEMA_DIR is not set')
  if (envelopes.length === 0) throw new Error('nothing to validate')
  const schema = (fileName: string) => ({
    fileName,
    contents: readFileSync(join(schemaDirectory as string, fileName), 'utf8'),
  })
  const result = await validateXML({
    xml: envelopes.map(({ name, xml }) => ({ fileName: name, contents: xml })),
    schema: [schema('soap11.xsd')],
    preload: [schema('messages.xsd'), schema('types.xsd'), schema('xml.xsd')],
    initialMemoryPages: 1024,
    maxMemoryPages: 16384,
  })
  if (result.valid) return []
  return result.errors.map((error) => error.rawMessage)
}
