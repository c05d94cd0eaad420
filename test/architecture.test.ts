import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '..', 'src')

const LIBRARY = [
  'errors.ts',
  'model',
  'xml',
  'http',
  'auth',
  'ews',
  'graph',
  'proof',
  'discovery',
  'profile',
  'doctor',
  'backends',
  'plan',
]

/** Which folder may import which; see docs/architecture.md. A folder may always import itself. */
const ALLOWED: Record<string, readonly string[]> = {
  'errors.ts': [],
  model: ['errors.ts'],
  xml: ['errors.ts'],
  http: ['errors.ts'],
  auth: ['errors.ts', 'model', 'http'],
  ews: ['errors.ts', 'model', 'xml', 'http', 'auth'],
  graph: ['errors.ts', 'model', 'http', 'auth'],
  proof: ['errors.ts', 'model', 'graph', 'http'],
  discovery: ['errors.ts', 'model', 'xml', 'http', 'auth'],
  profile: ['errors.ts'],
  doctor: ['errors.ts', 'model', 'http', 'auth', 'ews', 'graph', 'discovery'],
  backends: ['errors.ts', 'model', 'ews', 'graph'],
  // Plans know no server: only the interface of a backend.
  plan: ['errors.ts', 'model', 'backends/backend.ts'],
  // An entry point of its own: the library does not know it.
  interop: ['errors.ts', 'model', 'http', 'auth', 'ews'],
  // The embedded Exchange reads and writes its own messages: with the client's builders and rules, one
  // misunderstanding would cancel itself out and every test would stay green.
  simulator: ['errors.ts', 'model', 'xml/namespaces.ts', 'xml/element.ts'],
  // Nothing imports the command line.
  cli: [...LIBRARY, 'simulator', 'index.ts'],
  'index.ts': LIBRARY,
}

/** What of the model the embedded Exchange may use: names, lists and types, none of the rules. */
const RULES_OF_THE_MODEL =
  /\b(?:editPermissions|checkDelegates|checkUsers|checkPermissionEdit|comparePermissions|LEVEL_RIGHTS|levelOf|sameRights|completeRights)\b/

/** Packages that cost start-up time or serve one purpose, and who may import them. */
const PACKAGES: Record<string, (file: string) => boolean> = {
  xmlbuilder2: (file) => file === 'xml/builder.ts',
  'fast-xml-parser': (file) => file === 'xml/shape.ts',
  yargs: (file) => file === 'cli/yargs.ts',
  yaml: (file) => file.startsWith('simulator/') || file.startsWith('plan/'),
  jose: (file) => file.startsWith('simulator/'),
  nodemailer: (file) => file.startsWith('graph/'),
  '@azure/msal-node': (file) => file === 'auth/msal.ts',
  socks: (file) => file.startsWith('http/'),
  'ews-javascript-api': (file) => file.startsWith('interop/'),
}

/** Loaded when their feature is used, and not by importing the library. */
const LAZY = ['@azure/msal-node', 'nodemailer', 'socks', 'yaml']

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'))
const STATEMENT = /^(import|export)\s+(type\s+)?(?:[\w*\s{},]*?\sfrom\s+)?'([^']+)'/gm
const DYNAMIC = /\b(?:import|createRequire\(import\.meta\.url\))\('([^']+)'\)/g
const imports = files.flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8')
  return [
    ...[...text.matchAll(STATEMENT)].map((match) => ({
      file,
      specifier: match[3] as string,
      atLoad: match[2] === undefined,
    })),
    ...[...text.matchAll(DYNAMIC)].map((match) => ({ file, specifier: match[1] as string, atLoad: false })),
  ]
})
const folderOf = (file: string) => file.split('/')[0] as string
const resolve = (file: string, specifier: string) =>
  relative(src, join(src, dirname(file), specifier))
    .split(sep)
    .join('/')
const internal = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ file, specifier, atLoad }) => ({ file, target: resolve(file, specifier), atLoad }))

test('every folder of src is in the table', () => {
  expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in ALLOWED))).toEqual([])
})

test('folders import only what the table allows', () => {
  const violations = internal.filter(({ file, target }) => {
    const from = folderOf(file)
    if (folderOf(target) === from) return false
    const allowed = ALLOWED[from] ?? []
    // The command line reads the version from package.json, outside src.
    return (
      !allowed.includes(folderOf(target)) && !allowed.includes(target) && target.startsWith('..') === false
    )
  })
  expect(violations).toEqual([])
})

test('the embedded Exchange uses the names of the model, never its rules', () => {
  const users = files
    .filter((file) => file.startsWith('simulator/'))
    .filter((file) => RULES_OF_THE_MODEL.test(readFileSync(join(src, file), 'utf8')))
  expect(users).toEqual([])
})

test('the two faces of the embedded Exchange know nothing of each other', () => {
  const crossing = internal.filter(
    ({ file, target }) =>
      (file.startsWith('simulator/ews/') && target.startsWith('simulator/graph/')) ||
      (file.startsWith('simulator/graph/') && target.startsWith('simulator/ews/')) ||
      (file.startsWith('simulator/store/') && /^simulator\/(?:ews|graph)\//.test(target)),
  )
  expect(crossing).toEqual([])
})

test('packages are imported where they belong and nowhere else', () => {
  const violations = imports.filter(({ file, specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return false
    const name = specifier.startsWith('@')
      ? specifier.split('/').slice(0, 2).join('/')
      : (specifier.split('/')[0] as string)
    return !(PACKAGES[name]?.(file) ?? false)
  })
  expect(violations).toEqual([])
})

test('importing the library loads no package that serves one feature', () => {
  const loaded = new Set<string>()
  const load = (file: string): void => {
    if (loaded.has(file)) return
    loaded.add(file)
    for (const edge of internal) if (edge.atLoad && edge.file === file) load(edge.target)
  }
  load('index.ts')
  const eager = imports.filter(
    ({ file, specifier, atLoad }) =>
      atLoad &&
      loaded.has(file) &&
      LAZY.some((name) => specifier === name || specifier.startsWith(`${name}/`)),
  )
  expect(eager).toEqual([])
})

test('no files need each other to load', () => {
  const edges = new Map<string, string[]>()
  // Types are gone when the program runs, and import() comes later.
  for (const { file, target, atLoad } of internal)
    if (atLoad) edges.set(file, [...(edges.get(file) ?? []), target])
  const done = new Set<string>()
  const walk = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of edges.get(file) ?? []) {
      const circle = walk(next, [...path, file])
      if (circle) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of files) expect(walk(file, [])).toBeUndefined()
})
