import childProcess, { type ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join, resolve } from 'node:path'
import { format, inspect } from 'node:util'
import { EwsDelegatesError } from '../../src/errors.ts'
import { RequestLog } from '../../src/simulator/request-log.ts'
import { secretScan } from './secret-scan.ts'

/**
 * Everything that leaves the program in a test file's process comes by here: what is printed, by child processes
 * too, what src/ writes into files, the errors it makes, and the request logs of the embedded Exchange. What a
 * command line prints is handed in by `runCli`.
 */

const textOf = (data: unknown): string =>
  typeof data === 'string'
    ? data
    : data instanceof Uint8Array
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
      : ''

/** Puts a listener in front of a method; what the method does stays the same. */
function listen<Owner extends object>(
  owner: Owner,
  method: keyof Owner,
  hear: (args: unknown[]) => void,
): void {
  const real = owner[method] as (...args: unknown[]) => unknown
  const heard = function (this: unknown, ...args: unknown[]) {
    hear(args)
    return real.apply(this, args)
  }
  // `new.target`, `fs.writeFile[util.promisify.custom]` and the like stay.
  Object.defineProperty(owner, method, {
    configurable: true,
    writable: true,
    enumerable: true,
    value: Object.assign(heard, real),
  })
}

for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'table'] as const)
  listen(console, method, (args) => secretScan.capture(`console.${method}`, format(...args)))
listen(console, 'dir', ([value]) => secretScan.capture('console.dir', inspect(value)))
listen(process.stdout, 'write', ([data]) => secretScan.capture('standard output', textOf(data)))
listen(process.stderr, 'write', ([data]) => secretScan.capture('standard error', textOf(data)))

let hasStarted = false

// Processes that a test starts: the command, and whatever runs it.
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess }
  hasStarted = true
  // Its streams are there when it has been started.
  process.nextTick(() => {
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = child[name]
      if (stream) listen(stream, 'push', ([data]) => secretScan.capture(`${name} of a process`, textOf(data)))
    }
  })
})
const { spawnSync } = childProcess
childProcess.spawnSync = ((...args: Parameters<typeof spawnSync>) => {
  hasStarted = true
  const result = spawnSync(...args)
  secretScan.capture('stdout of a process', textOf(result.stdout))
  secretScan.capture('stderr of a process', textOf(result.stderr))
  return result
}) as typeof spawnSync
for (const method of ['execFileSync', 'execSync'] as const) {
  const real = childProcess[method] as (...args: unknown[]) => unknown
  const heard = (...args: unknown[]) => {
    hasStarted = true
    try {
      const stdout = real(...args)
      secretScan.capture('stdout of a process', textOf(stdout))
      return stdout
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: unknown; stderr?: unknown }
      secretScan.capture('stdout of a process', textOf(stdout))
      secretScan.capture('stderr of a process', textOf(stderr))
      throw error
    }
  }
  Object.assign(childProcess, { [method]: heard })
}

// Files that they write: journals and traces of the built command, in the temporary folders of the test. What this
// process writes there is the test's own, or is heard below.
const folders = new Set<string>()
const own = new Set<string>()
const looked = new Map<string, string>()
const { mkdtempSync } = fs
fs.mkdtempSync = ((...args: Parameters<typeof mkdtempSync>) => {
  const made = mkdtempSync(...args)
  folders.add(String(made))
  return made
}) as typeof mkdtempSync
const { mkdtemp } = fs.promises
fs.promises.mkdtemp = (async (...args: Parameters<typeof mkdtemp>) => {
  const made = await mkdtemp(...args)
  folders.add(String(made))
  return made
}) as typeof mkdtemp
const MOST_BYTES = 4 * 1024 * 1024

/** Hands in what processes have written, if any was started since the last time. */
export function captureFilesOfProcesses(): void {
  if (!hasStarted) return
  hasStarted = false
  for (const folder of folders) {
    if (!fs.existsSync(folder)) continue
    for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name)
      // Bundles of the program hold the embedded Exchange with its passwords.
      if (!entry.isFile() || own.has(path) || /\.[cm]?js(?:\.map)?$/.test(path)) continue
      const { size, mtimeMs } = fs.statSync(path)
      const state = `${size} ${mtimeMs}`
      if (size > MOST_BYTES || looked.get(path) === state) continue
      looked.set(path, state)
      secretScan.capture(`file ${path} of a process`, fs.readFileSync(path, 'utf8'))
    }
  }
}

// Files that the program writes. A test may write its own secrets: certificates, tenants with passwords.
for (const method of ['writeFileSync', 'appendFileSync', 'writeSync'] as const)
  listen(fs, method, (args) => captureFile(fileOf(args[0]), args[1]))
for (const method of ['writeFile', 'appendFile'] as const)
  listen(fs.promises, method, (args) => captureFile(fileOf(args[0]), args[1]))
const { open } = fs.promises
fs.promises.open = async (...args) => {
  const handle = await open(...args)
  for (const method of ['write', 'writeFile', 'appendFile'] as const)
    listen(handle, method, ([data]) => captureFile(fileOf(args[0]), data))
  listen(handle, 'writev', ([data]) =>
    captureFile(fileOf(args[0]), Buffer.concat(data as readonly Uint8Array[])),
  )
  return handle
}
syncBuiltinESMExports()

function fileOf(path: unknown): string {
  return `file ${typeof path === 'string' || path instanceof URL ? String(path) : 'that was opened'}`
}

function captureFile(where: string, data: unknown): void {
  own.add(resolve(where.replace(/^file (?:file:\/\/)?/, '')))
  const [caller = ''] = (new Error().stack ?? '')
    .split('\n')
    .slice(1)
    .filter((frame) => !/\/test\/secrets\/capture-output|node:|node_modules/.test(frame))
  if (/\/src\//.test(caller)) secretScan.capture(where, textOf(data))
}

// Every error of the library, whether or not a test looks at it: it could be printed.
let errors: EwsDelegatesError[] = []
Object.defineProperty(EwsDelegatesError.prototype, 'name', {
  configurable: true,
  set(this: EwsDelegatesError, value: string) {
    Object.defineProperty(this, 'name', { value, configurable: true, enumerable: true, writable: true })
    errors.push(this)
  },
})

/** Hands in the errors that were made since the last time; late, as some get another text on their way up. */
export function captureErrors(): void {
  const made = errors
  errors = []
  const seen = new Set<string>()
  for (const error of made) {
    const text = inspect(error, { depth: 8, maxStringLength: null, maxArrayLength: null, showHidden: false })
    const whole = `${text}\n${JSON.stringify(error)}`
    if (seen.has(whole)) continue
    seen.add(whole)
    secretScan.capture(`error ${error.code}`, whole)
  }
}

const { add } = RequestLog.prototype
RequestLog.prototype.add = function (entry) {
  add.call(this, entry)
  const kept = this.entries().at(-1)
  if (!kept) return
  const { path, requestHeaders, requestBody, responseBody, error } = kept
  secretScan.capture(
    `request log, ${path}`,
    [path, JSON.stringify(requestHeaders), requestBody, responseBody, error ? inspect(error) : ''].join('\n'),
  )
}
