// Checks the package as a user gets it: packs it, lints its shape, installs it into an empty project, imports both
// entry points with types, and runs the command.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const workDir = mkdtempSync(join(tmpdir(), 'ews-delegates-package-'))
const bin = (name) => join(root, 'node_modules', '.bin', name)

try {
  const [{ filename, files }] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', workDir))
  const tarball = join(workDir, filename)

  const unwanted = files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^(dist\/|README\.md$|CHANGELOG\.md$|LICENSE$|package\.json$)/.test(path) ||
        path.startsWith('dist/cli/'),
    )
  if (unwanted.length > 0) throw new Error(`the package ships ${unwanted.join(', ')}`)

  run(bin('publint'), ['--strict', tarball], root)
  // CommonJS cannot `require` an ES module on Node 20.19 before it is unflagged everywhere; it is ESM on purpose.
  run(bin('attw'), [tarball, '--profile', 'esm-only'], root)

  writeFileSync(
    join(workDir, 'package.json'),
    '{"name":"consumer","version":"1.0.0","private":true,"type":"module"}',
  )
  npm(
    workDir,
    'install',
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    tarball,
    // The types name Node's own, as those of every package for Node do.
    `@types/node@${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies['@types/node']}`,
  )
  writeFileSync(
    join(workDir, 'consumer.ts'),
    [
      `import { basic, EwsClient, explicitFolder, type Folder } from 'ews-delegates'`,
      `import { DEFAULT_PASSWORD, startSimulator } from 'ews-delegates/simulator'`,
      `const exchange = await startSimulator()`,
      `const ews = new EwsClient({ url: exchange.ews, auth: basic({ user: 'AllanD@contoso.com', password: DEFAULT_PASSWORD }) })`,
      `const calendar: Folder = await ews.getFolder(explicitFolder('calendar', 'AllanD@contoso.com'))`,
      `if (calendar.kind !== 'calendar') throw new Error('not a calendar')`,
      `await exchange.close()`,
      '',
    ].join('\n'),
  )
  run(
    bin('tsc'),
    ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', 'consumer.ts'],
    workDir,
  )
  run(process.execPath, ['consumer.js'], workDir)

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const printed = execFileSync(join(workDir, 'node_modules', '.bin', 'ews-delegates'), ['--version'], {
    encoding: 'utf8',
  }).trim()
  if (printed !== version) throw new Error(`--version prints ${printed} instead of ${version}`)
  run(join(workDir, 'node_modules', '.bin', 'ews-delegates'), ['demo'], workDir)
  console.log(`The package is sound: ${files.length} files.`)
} catch (error) {
  console.error(error.stderr?.toString() || error.stdout?.toString() || error.message)
  process.exitCode = 1
} finally {
  rmSync(workDir, { recursive: true, force: true })
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
