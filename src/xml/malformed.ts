import { XmlError } from '../errors.ts'

export function malformed(reason: string, cause?: unknown): XmlError {
  return new XmlError('ERR_INVALID_RESPONSE', `The XML is not well formed: ${reason}.`, { cause })
}
