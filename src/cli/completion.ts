import type { Command, CommandList, Flag, Flags } from './command.ts'
import { allFlags, flagsOf } from './flags.ts'
import { findFlag } from './read-arguments.ts'

/**
 * What may stand where the cursor is.
 * @param words those after the program's name; the last is the one being typed, and may be empty.
 */
export function completionsFor(words: readonly string[], list: CommandList): string[] {
  const typed = words.slice(0, -1)
  const partial = (words.at(-1) ?? '').trim()
  const help = typed[0] === 'help'
  const place = walk(help ? typed.slice(1) : typed, list)
  const { command, operands, open, used } = place

  if (open) return matching(choicesOf(open), partial === '=' ? '' : partial)
  if (partial.startsWith('-') && !place.ended) {
    const flags = command ? flagsOf(command) : allFlags(list)
    const [, name, value] = /^(--?[^=]+)=(.*)$/s.exec(partial) ?? []
    if (name !== undefined && value !== undefined) {
      const flag = flagNamed(name, flags)?.[1]
      return matching(flag ? choicesOf(flag) : [], value).map((choice) => `${name}=${choice}`)
    }
    if (!command) return matching(['--help', '--version'], partial)
    return matching(flagNames(command, used), partial)
  }
  if (!command)
    return matching([...nextWords(operands, list), ...(typed.length === 0 ? ['help'] : [])], partial)
  if (help) return []
  const operand = command.operands[operands.length] ?? command.operands.findLast((each) => each.many)
  return matching(operand?.choices ?? [], partial)
}

/** Goes through the words before the cursor: which command they name, which flags are there, what is still open. */
function walk(words: readonly string[], list: CommandList) {
  let command: Command | undefined
  let open: Flag | undefined
  let ended = false
  let operands: string[] = []
  const used = new Set<string>()
  for (const word of words) {
    if (open) {
      // bash hands over the equals sign of --output=json as a word of its own.
      if (word !== '=') open = undefined
    } else if (word === '--' && !ended) {
      ended = true
    } else if (/^-[^\d]/.test(word) && !ended) {
      const [typed = '', value] = word.split(/=(.*)/s)
      const [name, flag] = flagNamed(typed, command ? flagsOf(command) : allFlags(list)) ?? []
      if (name !== undefined) used.add(name)
      if (flag && flag.type !== 'switch' && value === undefined) open = flag
    } else {
      operands.push(word)
      const found = command ? undefined : list.commands.find((each) => each.name === operands.join(' '))
      if (found) {
        command = found
        operands = []
      }
    }
  }
  return { command, operands, open, used, ended }
}

function flagNamed(typed: string, flags: Flags): readonly [string, Flag] | undefined {
  return findFlag(typed.replace(/^--?/, ''), !typed.startsWith('--'), flags)
}

function nextWords(words: readonly string[], { commands }: CommandList): string[] {
  const next = commands
    .map((command) => command.name.split(' '))
    .filter((name) => words.every((word, index) => name[index] === word))
    .map((name) => name[words.length] ?? '')
  return [...new Set(next)]
}

/** Both ways of a switch, and nothing that is given already and can be given once. */
function flagNames(command: Command, used: ReadonlySet<string>): string[] {
  return [
    ...Object.entries(flagsOf(command)).flatMap(([name, flag]) => {
      if (used.has(name) && flag.type !== 'list') return []
      return flag.type === 'switch' && flag.negatable ? [`--${name}`, `--no-${name}`] : [`--${name}`]
    }),
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
