import { defineConfig } from 'vitest/config'

const src = (path: string) => new URL(`./src/${path}`, import.meta.url).pathname

export default defineConfig({
  // The examples import the package by its name, as its users do.
  resolve: {
    alias: [
      { find: /^ews-delegates$/, replacement: src('index.ts') },
      { find: /^ews-delegates\/simulator$/, replacement: src('simulator/index.ts') },
      { find: /^ews-delegates\/ews-javascript-api$/, replacement: src('interop/ews-javascript-api.ts') },
    ],
  },
  test: {
    // The other one is run by test/secrets/planted.test.ts, to see that it fails.
    include: [process.env.PLANTED_LEAKS ? 'test/secrets/leaks.planted.ts' : 'test/**/*.test.ts'],
    setupFiles: ['test/helpers/setup.ts', 'test/secrets/setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
