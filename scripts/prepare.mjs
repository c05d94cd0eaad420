// Makes the checkout ready for what was asked: `npm start` and `npm test` are the first and only command in a fresh
// clone. Quick when there is nothing to do.
//
//   node scripts/prepare.mjs            install what package-lock.json names, when that is not what is there
//   node scripts/prepare.mjs --build    and build, when a source changed since the last build
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const installed = fingerprint(['package-lock.json'])
const installedStamp = join(root, 'node_modules', '.ews-delegates-installed')
if (!isStamped(installedStamp, installed)) {
  console.error('Installing dependencies…')
  // No package here needs its install script; not running any is one thing less to trust.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  mkdirSync(dirname(installedStamp), { recursive: true })
  writeFileSync(installedStamp, installed)
}

if (process.argv.includes('--build')) {
  const sources = [
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    ...filesBelow('src'),
  ]
  // A stamp over a half-removed dist would promise what is not there.
  const outputs = ['index.js', 'simulator/index.js', 'bin/ews-delegates.js'].map((file) =>
    join(root, 'dist', file),
  )
  const built = fingerprint([...sources, 'package-lock.json'])
  if (!outputs.every(existsSync) || !isStamped(join(root, 'dist', '.built'), built)) {
    console.error('Building…')
    run(process.execPath, ['scripts/build.mjs', built])
  }
}

function isStamped(stamp, expected) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === expected
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

function fingerprint(files) {
  const hash = createHash('sha256').update(process.version)
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

function run(command, args) {
  // What these commands print is talk, not the result of the command the user typed.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (error) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}
