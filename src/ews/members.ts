import type { Members } from './operation.ts'

/** Of an operation whose input lists its members under this name, and whose output has an outcome for each. */
export function membersOf<Input extends object, Outcome extends { readonly ok: boolean }>(
  list: keyof Input,
): Members<Input, Outcome[]> {
  return {
    pick(input, positions) {
      const members = input[list] as readonly unknown[]
      // A server can answer more than it was asked.
      const picked = positions.filter((position) => position < members.length)
      return picked.length === 0
        ? undefined
        : { ...input, [list]: picked.map((position) => members[position]) }
    },

    put(output, positions, rest) {
      const answers = new Map(positions.map((position, index) => [position, rest[index]]))
      return output.map((outcome, position) => answers.get(position) ?? outcome)
    },

    refuse(output, positions, refusal) {
      const open = new Set(positions)
      return output.map((outcome, position) => (open.has(position) ? { ...outcome, ...refusal } : outcome))
    },
  }
}
