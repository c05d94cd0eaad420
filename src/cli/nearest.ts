/** The candidate a person most likely meant, when one is near enough to be worth saying. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const name of candidates) {
    const candidate = name.toLowerCase()
    // A typed beginning ("--cal") counts as one slip, however much is missing.
    const distance = wanted.length >= 3 && candidate.startsWith(wanted) ? 1 : editDistance(wanted, candidate)
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  const allowed = Math.max(1, Math.floor(text.length / 3))
  return best !== undefined && best.distance <= allowed ? best.name : undefined
}

/** Damerau-Levenshtein: swapped neighbours are one slip. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let distance = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, at(row - 2, column - 2) + 1)
      }
      current.push(distance)
    }
  }
  return at(a.length, b.length)
}
