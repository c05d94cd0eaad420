// Builds dist/: the library by the TypeScript compiler, file by file; the command line as a bundle, because loading
// yargs from its many files takes longer than the rest of the start-up together.
//
//   node scripts/build.mjs [STAMP]      STAMP is kept with it, for prepare.mjs to know what it was built from
//
// It is built aside and then put in the place of the old one: a build that fails, or one next to another, leaves a
// whole dist/.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { removeLeftovers, swapFolder } from './swap-folder.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)
const [stamp] = process.argv.slice(2)
const ASIDE = '.build-'
removeLeftovers(ASIDE, 'dist')
const aside = mkdtempSync(ASIDE)
process.on('exit', () => rmSync(aside, { recursive: true, force: true }))

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

const compiled = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', aside],
  {
    stdio: ['ignore', 2, 2],
  },
)
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

/** Every module of the bundle, and those that main.ts needs to be loaded at all, less what bin.ts needs before it. */
const modules = { all: [], startUp: new Set() }

const bundle = await rolldown({
  input: { 'ews-delegates': 'src/cli/bin.ts' },
  platform: 'node',
  preserveEntrySignatures: false,
  transform: { target: 'node20.19', define: { __VERSION__: JSON.stringify(version) } },
  onLog(level, log, print) {
    // Something imported here at once and there later is fine: it is loaded when the first of them is.
    if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') print(level, log)
  },
  plugins: [
    {
      // yargs measures every cell of its help with string-width, which sets up a segmenter and a 12 kB expression
      // for emoji: a quarter of the start-up. The command's own measure serves.
      name: 'display-width',
      resolveId: (id) => (id === 'string-width' ? join(root, 'src/cli/display-width.ts?default') : undefined),
      load: (id) =>
        id.endsWith('display-width.ts?default')
          ? `export { displayWidth as default } from ${JSON.stringify(id.replace('?default', ''))}`
          : undefined,
    },
    {
      name: 'start-up',
      buildEnd() {
        modules.all = [...this.getModuleIds()]
        const needs = (id, into = new Set()) => {
          if (into.has(id)) return into
          into.add(id)
          for (const needed of this.getModuleInfo(id)?.importedIds ?? []) needs(needed, into)
          return into
        }
        const find = (name) => modules.all.find((id) => id.replaceAll('\\', '/').endsWith(name))
        const before = needs(find('src/cli/bin.ts'))
        modules.startUp = new Set([...needs(find('src/cli/main.ts'))].filter((id) => !before.has(id)))
      },
    },
  ],
})
await bundle.write({
  dir: join(aside, 'bin'),
  format: 'esm',
  minify: true,
  // What start-up needs is one file: left alone, the splitting makes some thirty of it, and each takes half a
  // millisecond to load.
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ name: 'command-line', test: (id) => modules.startUp.has(id) }],
  },
})
await bundle.close()
chmodSync(join(aside, 'bin/ews-delegates.js'), 0o755)
writeFileSync(join(aside, 'bin/THIRD-PARTY-LICENSES.txt'), licenses(modules.all))
if (stamp !== undefined) writeFileSync(join(aside, '.built'), stamp)
chmodSync(aside, 0o755)
swapFolder(aside, 'dist')

/** The licences of what the bundle holds ask for their text to go along. */
function licenses(ids) {
  const packages = new Set()
  for (const id of ids) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/').replace('\0', ''))
    if (found) packages.add(found[1])
  }
  const texts = [...packages].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = existsSync(folder) && readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name))
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${about.license}`
    return `${about.name} ${about.version}\n\n${text}\n`
  })
  return `The ews-delegates command holds parts of the following packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
