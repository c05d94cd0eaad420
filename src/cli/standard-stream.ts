import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'

/** Standard output or standard error, as commands write to it. */
export interface StandardStream {
  readonly stream: Writable & { readonly isTTY: boolean; readonly columns: number }
  /**
   * Waits until everything is written.
   * @returns why something was not, other than that its reader went away, which is no failure (`| head`).
   */
  readonly flushed: () => Promise<NodeJS.ErrnoException | undefined>
}

/**
 * A stream that commands can write to whatever becomes of it: once a write has failed, what follows is dropped. A
 * reader that goes away must not end a write to a mailbox half-way.
 * @param closed called when the reader has gone.
 */
export function standardStream(target: WriteStream, closed: () => void): StandardStream {
  let failure: NodeJS.ErrnoException | undefined
  const failed = (error: NodeJS.ErrnoException) => {
    if (failure) return
    failure = error
    if (isClosed(error)) closed()
  }
  target.on('error', failed)
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (failure) done()
      else {
        target.write(chunk, (error) => {
          if (error) failed(error)
          done()
        })
      }
    },
  })
  Object.defineProperties(stream, {
    isTTY: { get: () => target.isTTY === true },
    columns: { get: () => target.columns },
  })
  return {
    stream: stream as StandardStream['stream'],
    flushed: () =>
      new Promise((resolve) =>
        stream.write('', () => resolve(failure && !isClosed(failure) ? failure : undefined)),
      ),
  }
}

function isClosed({ code }: NodeJS.ErrnoException): boolean {
  // Windows has other words for it.
  return code === 'EPIPE' || code === 'EOF' || code === 'ERR_STREAM_DESTROYED'
}
