#!/usr/bin/env node
import { setMaxListeners } from 'node:events'
import { standardStream } from './standard-stream.ts'
import { nothingUnderway } from './underway.ts'
import { version } from './version.ts'

const argv = process.argv.slice(2)
const underway = nothingUnderway()
process.on('exit', () => {
  for (const end of underway.atEnd) end()
})
const stdout = standardStream(process.stdout, () => {
  if (underway.expendable) process.exit(0)
})
// Remarks and errors that nobody reads change nothing.
const stderr = standardStream(process.stderr, () => {})

// Asked by scripts in loops: answered before anything else is loaded.
if (argv.length === 1 && argv[0] === '--version') {
  stdout.stream.write(`${version()}\n`)
  await end(0)
} else {
  const stop = new AbortController()
  // Every call in flight and in line listens; Node would take more than ten for a leak and say so.
  setMaxListeners(0, stop.signal)
  const loaded = import('./main.ts')
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) void stopAtOnce()
      else {
        stop.abort()
        sayWhatIsAwaited()
      }
    })
  }
  const { main } = await loaded
  await end(
    await main(argv, {
      stdin: process.stdin,
      stdout: stdout.stream,
      stderr: stderr.stream,
      env: process.env,
      cwd: process.cwd(),
      signal: stop.signal,
      underway,
    }),
  )
}

/** A call that only looks ends at once, and nothing need be said. */
function sayWhatIsAwaited(): void {
  if (!underway.changes || underway.format === 'json') return
  setTimeout(() => {
    if (underway.awaited === 0) return
    stderr.stream.write('Waiting for the answer to what was sent; Ctrl-C again ends at once.\n')
  }, 200).unref()
}

/** Whoever asks twice does not want to wait, and is told what is not known now. */
async function stopAtOnce(): Promise<void> {
  const { stopped } = await import('./main.ts')
  // Straight to the descriptor: what is still in the streams may never be read.
  const progress = process.stderr.isTTY ? '\r\u001b[K' : ''
  process.stderr.write(progress + stopped(underway), () => process.exit(130))
  setTimeout(() => process.exit(130), 1_000)
}

/** Ends when everything is written; idle keep-alive connections are not waited for. */
async function end(code: number): Promise<void> {
  process.exitCode = code
  const lost = await stdout.flushed()
  if (lost) {
    const { lostOutput } = await import('./main.ts')
    const { text, exitCode } = lostOutput(lost, underway)
    stderr.stream.write(text)
    process.exitCode = code || exitCode
  }
  await stderr.flushed()
  process.exit()
}
