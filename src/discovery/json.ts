import { ConnectionError } from '../errors.ts'
import type { AutodiscoverAnswer, AutodiscoverRequest } from './answer.ts'

/** Autodiscover V2: one GET without credentials, answered by Exchange Online and by newer Exchange Servers. */
export function buildJsonRequest(root: string, address: string): AutodiscoverRequest {
  const query = new URLSearchParams({ Email: address, Protocol: 'EWS' })
  return {
    url: `${root}/autodiscover/autodiscover.json?${query}`,
    method: 'GET',
    headers: { accept: 'application/json' },
  }
}

/** @throws ConnectionError for what is not an answer of it. */
export function parseJsonAnswer(body: string): AutodiscoverAnswer {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new ConnectionError('ERR_INVALID_RESPONSE', 'The answer is not JSON.')
  }
  const fields = lowerCased(value)
  const [protocol, url, code] = [fields.protocol, fields.url, fields.errorcode]
  // Asked for EWS, servers answer with "EWS", "Ews" or "ews".
  if (typeof protocol === 'string' && protocol.toLowerCase() === 'ews' && typeof url === 'string') {
    return { kind: 'settings', ewsUrl: url }
  }
  if (typeof code === 'string') {
    return {
      kind: 'error',
      code,
      message: typeof fields.errormessage === 'string' ? fields.errormessage : code,
    }
  }
  throw new ConnectionError('ERR_INVALID_RESPONSE', 'The answer names no EWS address.')
}

function lowerCased(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each]))
    : {}
}
