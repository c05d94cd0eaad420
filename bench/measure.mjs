// Times two or more ways of doing the same thing in turn, so that a drift of the machine's speed hits all of them,
// and prints medians and the ratio to the first. No test asserts a time.

/**
 * @param {Record<string, () => unknown>} ways the first is what the others are compared to.
 * @param {{ rounds?: number, batchMs?: number }} options
 * @returns {Promise<Record<string, number>>} median milliseconds per call.
 */
export async function compare(ways, { rounds = 15, batchMs = 40 } = {}) {
  const names = Object.keys(ways)
  const counts = {}
  for (const name of names) {
    // Warm up until the compiler has seen enough, and find out how many calls fill a batch.
    const start = performance.now()
    let calls = 0
    while (performance.now() - start < 400) {
      await ways[name]()
      calls++
    }
    counts[name] = Math.max(1, Math.round((calls / 400) * batchMs))
  }
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now()
      for (let call = 0; call < counts[name]; call++) await ways[name]()
      samples[name].push((performance.now() - start) / counts[name])
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name])]))
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function printRow(...cells) {
  console.log(
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(34) : String(cell).padStart(16))).join(''),
  )
}
