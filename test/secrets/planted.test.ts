import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The scan has to fail a run: here is one in which secrets come out in every way there is.

interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string
      readonly status: 'passed' | 'failed'
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

let folder: string
let status: number | null
let report: Report
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'planted-'))
  const outputFile = join(folder, 'report.json')
  const runner = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  // With the reporters of CI, which go before those of a configuration.
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`]
  const child = spawn(process.execPath, [runner, 'run', ...reporters], {
    cwd: join(import.meta.dirname, '..', '..'),
    // What it prints holds secrets, as it should: nobody hears it.
    stdio: 'ignore',
    env: { ...withoutVitest(process.env), PLANTED_LEAKS: 'yes' },
  })
  status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  report = JSON.parse(readFileSync(outputFile, 'utf8')) as Report
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A run within a run must not take itself for a part of it. */
function withoutVitest(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:VITEST|NODE_ENV|MODE|DEV|PROD|SSR|TEST)/.test(name)),
  )
}

test('a run in which a secret comes out fails', () => {
  expect(status).toBe(1)
  expect(report.success).toBe(false)
})

test('every test with a leak fails because of it, and no other', () => {
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  expect(results.length).toBeGreaterThan(15)
  const expected = results.map(({ title }) => [title, /^leaks /.test(title) ? 'failed' : 'passed'])
  expect(results.map(({ title, status: found }) => [title, found])).toEqual(expected)
  for (const { title, failureMessages } of results.filter(({ status: found }) => found === 'failed'))
    expect([title, failureMessages]).toEqual([
      title,
      [expect.stringMatching(/^Error: A secret came out of the program:\n/)],
    ])
})
