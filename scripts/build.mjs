// Builds dist/: the library by the TypeScript compiler, file by file; the command line as a bundle, because loading
// yargs from its many files takes longer than the rest of the start-up together.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)
rmSync('dist', { recursive: true, force: true })

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

const compiled = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  {
    stdio: ['ignore', 2, 2],
  },
)
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

const { metafile } = await build({
  entryPoints: { 'ews-delegates': 'src/cli/bin.ts' },
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  metafile: true,
  define: { __VERSION__: JSON.stringify(version) },
  // CommonJS packages inside the bundle call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  plugins: [
    {
      // yargs measures every cell of its help with string-width, which sets up a segmenter and a 12 kB expression
      // for emoji: a quarter of the start-up. The command's own measure serves.
      name: 'display-width',
      setup(bundle) {
        bundle.onResolve({ filter: /^string-width$/ }, () => ({
          path: 'string-width',
          namespace: 'display-width',
        }))
        bundle.onLoad({ filter: /./, namespace: 'display-width' }, () => ({
          contents: "export { displayWidth as default } from './src/cli/display-width.ts'",
          resolveDir: root,
        }))
      },
    },
  ],
})
chmodSync('dist/bin/ews-delegates.js', 0o755)
writeFileSync('dist/bin/THIRD-PARTY-LICENSES.txt', licenses(metafile))

/** The licences of what the bundle holds ask for their text to go along. */
function licenses({ inputs }) {
  const packages = new Set()
  for (const input of Object.keys(inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
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
