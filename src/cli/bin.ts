#!/usr/bin/env node
import { version } from './version.ts'

const argv = process.argv.slice(2)

// Asked by scripts in loops: answered before anything else is loaded.
if (argv.length === 1 && argv[0] === '--version') {
  process.stdout.write(`${version()}\n`)
} else {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // Whoever asks twice does not want to wait for a tidy end.
      if (stop.signal.aborted) process.exit(130)
      stop.abort()
    })
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader (`| head`) has seen enough, which is no failure.
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
  }
  const { main } = await import('./main.ts')
  const code = await main(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
  })
  process.exitCode = code
  // Pipes are written asynchronously: end only when both are empty. Idle keep-alive connections are not waited for.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
