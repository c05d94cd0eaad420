import { type Clock, systemClock } from './clock.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'

/** One request and what came back. It holds secrets; whoever writes it down takes them out, see `harEntry`. */
export interface Exchange {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly milliseconds: number
  readonly request: HttpRequest
  /** Absent where there was none. */
  readonly response?: HttpResponse
  /** Why there was none. */
  readonly error?: unknown
}

/**
 * The same transport, with every exchange told to a listener when it is over; each attempt of a call is one. Works
 * under any client that takes a transport.
 */
export function recorded(
  transport: Transport,
  listener: (exchange: Exchange) => void,
  clock: Pick<Clock, 'now'> = systemClock,
): Transport {
  return async (request) => {
    const startedAt = clock.now()
    const over = (end: { response: HttpResponse } | { error: unknown }) =>
      listener({ startedAt, milliseconds: Math.max(0, clock.now() - startedAt), request, ...end })
    try {
      const response = await transport(request)
      over({ response })
      return response
    } catch (error) {
      over({ error })
      throw error
    }
  }
}
