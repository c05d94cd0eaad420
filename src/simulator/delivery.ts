import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpResponse } from './http-message.ts'

/** How an answer reaches its client, or does not. */
export type Delivery =
  | { readonly how: 'whole' }
  /** This many bytes of the body, and then the end of the connection. */
  | { readonly how: 'cut'; readonly bytes: number }
  /** In small pieces, for so long in all. */
  | { readonly how: 'slow'; readonly milliseconds: number }
  /** The connection ends. */
  | { readonly how: 'never' }

const PIECES = 10

/** Sends an answer. Resolves when there is no more to do for it. */
export async function deliver(
  response: ServerResponse,
  method: string | undefined,
  answer: HttpResponse,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  if (delivery.how === 'never') {
    response.destroy()
    return
  }
  const { body } = answer
  const bodiless = answer.status === 204 || answer.status === 304
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.challenges ? { 'www-authenticate': [...answer.challenges] } : {}),
    ...(bodiless ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  })
  if (method === 'HEAD' || bodiless) {
    response.end()
    return
  }
  if (delivery.how === 'whole') {
    // A text goes out in one piece with its head, which bytes do not.
    response.end(body)
    return
  }
  const bytes = Buffer.from(body)
  if (delivery.how === 'cut') {
    response.flushHeaders()
    const { socket } = response
    // end() and not destroy(): what was sent has to arrive, and nothing after it.
    response.write(bytes.subarray(0, delivery.bytes), () => socket?.end())
    return
  }
  const size = Math.max(1, Math.ceil(bytes.length / PIECES))
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    await pause(delivery.milliseconds / PIECES, signal)
    response.write(bytes.subarray(at, at + size))
  }
  response.end()
}

/** Waits, but not beyond the end of the simulator. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {})
}
