// Start-up of the command against a bare Node, whole processes in turn.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, printRow } from './measure.mjs'

const bin = fileURLToPath(new URL('../dist/bin/ews-delegates.js', import.meta.url))
const commands = {
  'node -e 0': ['-e', '0'],
  '--version': [bin, '--version'],
  '--help': [bin, '--help'],
  'delegate --help': [bin, 'delegate', '--help'],
}
const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
for (let round = 0; round < 16; round++) {
  for (const [name, args] of Object.entries(commands)) {
    const start = performance.now()
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${name} exits ${status}`)
    if (round > 0) samples[name].push(performance.now() - start)
  }
}
const floor = median(samples['node -e 0'])
printRow('start-up, ms', 'median', 'ratio')
for (const [name, values] of Object.entries(samples))
  printRow(name, median(values).toFixed(0), `${(median(values) / floor).toFixed(2)}×`)
