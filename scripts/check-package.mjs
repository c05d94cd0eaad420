// Checks the package as a user gets it: packs it, lints its shape, installs it into an empty project, imports its entry
// points with types, and runs the command.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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
        !/^(dist\/|docs\/grants\.schema\.json$|README\.md$|CHANGELOG\.md$|LICENSE$|package\.json$)/.test(
          path,
        ) || path.startsWith('dist/cli/'),
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
  check('consumer')

  // For programs that use ews-javascript-api: without it, it says what is missing.
  const missing = spawnSync(process.execPath, ['-e', `import('ews-delegates/ews-javascript-api')`], {
    cwd: workDir,
    encoding: 'utf8',
  })
  if (missing.status === 0 || !missing.stderr.includes('Install it: npm install ews-javascript-api')) {
    throw new Error(`without ews-javascript-api its entry point says: ${missing.stderr}`)
  }
  // A link to the one that is here is quicker than 70 packages.
  symlinkSync(
    join(root, 'node_modules', 'ews-javascript-api'),
    join(workDir, 'node_modules', 'ews-javascript-api'),
    'junction',
  )
  // Its own types hold errors: they are not asked for, so that ours stand without skipLibCheck.
  writeFileSync(
    join(workDir, 'adopter.ts'),
    [
      `import { createRequire } from 'node:module'`,
      `import { fromExchangeService, toDelegateUser } from 'ews-delegates/ews-javascript-api'`,
      `import type { EwsClient } from 'ews-delegates'`,
      `const { DelegateUser, ExchangeService, Uri, WebCredentials } = createRequire(import.meta.url)('ews-javascript-api')`,
      `const service = new ExchangeService()`,
      `service.Url = new Uri('https://mail.contoso.com/EWS/Exchange.asmx')`,
      `service.Credentials = new WebCredentials('allan@contoso.com', 'secret')`,
      `const client: EwsClient = fromExchangeService(service)`,
      `const user = toDelegateUser({ user: 'adele@contoso.com', permissions: { inbox: 'Author' } })`,
      `const address: string = user.UserId.PrimarySmtpAddress`,
      `if (!client || address !== 'adele@contoso.com' || !(user instanceof DelegateUser)) throw new Error('not adopted')`,
      '',
    ].join('\n'),
  )
  check('adopter')
  // Most programs that use ews-javascript-api are CommonJS; Node 20.19 and later require modules of this kind too.
  run(
    process.execPath,
    [
      '--input-type=commonjs',
      '-e',
      `if (!require('ews-delegates/ews-javascript-api').fromExchangeService) throw new Error('not there')`,
    ],
    workDir,
  )

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

/** Compiles a program with its types, and runs it. */
function check(name) {
  run(
    bin('tsc'),
    ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', `${name}.ts`],
    workDir,
  )
  run(process.execPath, [`${name}.js`], workDir)
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
