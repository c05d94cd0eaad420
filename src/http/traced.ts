import { formatRequest, formatResponse, secretsOf } from './redact.ts'
import type { Trace, Transport } from './transport.ts'

/** The same transport, with every request and answer shown, secrets taken out; without a trace, the transport itself. */
export function traced(transport: Transport, trace: Trace | undefined): Transport {
  if (!trace) return transport
  return async (request) => {
    trace({ direction: 'request', text: formatRequest(request) })
    const response = await transport(request)
    trace({ direction: 'response', text: formatResponse(response, secretsOf(request)) })
    return response
  }
}
