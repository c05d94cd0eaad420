import type { Command, CommandList, Flag } from './command.ts'
import { flagsOf } from './flags.ts'

/**
 * What may stand where the cursor is.
 * @param words those after the program's name; the last is the one being typed, and may be empty.
 */
export function completionsFor(words: readonly string[], list: CommandList): string[] {
  const typed = words.slice(0, -1)
  const partial = (words.at(-1) ?? '').trim()
  const { command, operands, open } = walk(typed, list)

  if (open) return matching(choicesOf(open), partial)
  if (partial.startsWith('-')) {
    if (!command) return matching(['--help', '--version'], partial)
    const used = new Set(typed.map((word) => word.replace(/=.*$/s, '')))
    return matching(flagNames(command), partial).filter((name) => !used.has(name))
  }
  if (!command) return matching(nextWords(operands, list), partial)
  const operand = command.operands[operands.length] ?? command.operands.findLast((each) => each.many)
  return matching(operand?.choices ?? [], partial)
}

/** Goes through the words before the cursor: which command they name, and what is still open. */
function walk(words: readonly string[], list: CommandList) {
  let command: Command | undefined
  let open: Flag | undefined
  let operands: string[] = []
  for (const word of words) {
    if (open) {
      open = undefined
    } else if (word.startsWith('-')) {
      const flag = command && flagsOf(command)[word.replace(/^--?/, '')]
      if (flag && flag.type !== 'switch') open = flag
    } else {
      operands.push(word)
      const found = command ? undefined : list.commands.find((each) => each.name === operands.join(' '))
      if (found) {
        command = found
        operands = []
      }
    }
  }
  return { command, operands, open }
}

function nextWords(words: readonly string[], { commands }: CommandList): string[] {
  const next = commands
    .map((command) => command.name.split(' '))
    .filter((name) => words.every((word, index) => name[index] === word))
    .map((name) => name[words.length] ?? '')
  return [...new Set(next)]
}

function flagNames(command: Command): string[] {
  return [
    ...Object.entries(flagsOf(command)).flatMap(([name, flag]) =>
      flag.type === 'switch' && flag.negatable ? [`--${name}`, `--no-${name}`] : [`--${name}`],
    ),
    '--help',
  ]
}

function choicesOf(flag: Flag): readonly string[] {
  return flag.type === 'text' ? (flag.choices ?? []) : []
}

function matching(candidates: readonly string[], partial: string): string[] {
  return candidates.filter(
    (candidate) => candidate !== '' && candidate.toLowerCase().startsWith(partial.toLowerCase()),
  )
}
