import { InvalidInputError } from '../errors.ts'
import type { AnyArguments, Command, Flag, Flags, Operand } from './command.ts'
import { nearest } from './nearest.ts'
import { shellCommand } from './shell.ts'

/** What yargs made of the command line. */
export interface ParsedWords {
  readonly flags: Readonly<Record<string, unknown>>
  /** The words after the command's name that are not flags. */
  readonly words: readonly string[]
}

/**
 * Holds a parsed command line against the command's declaration.
 * @param argv the same as typed: yargs does not tell a flag that was given twice from one that was given once.
 * @throws InvalidInputError, with the nearest name for a typing mistake.
 */
export function readArguments(
  command: Command,
  flags: Flags,
  parsed: ParsedWords,
  argv: readonly string[],
): AnyArguments {
  checkFlagNames(command, flags, argv)
  const values: Record<string, string | boolean | readonly string[] | undefined> = {}
  for (const [name, flag] of Object.entries(flags)) values[name] = readFlag(name, flag, parsed.flags[name])
  return { flags: values, operands: readOperands(command, parsed, flags) }
}

/** The tokens of a command line that are flags. A value never begins with a dash, other than a negative number. */
export function flagTokens(
  argv: readonly string[],
): { name: string; value: string | undefined; short: boolean }[] {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end))
    .filter((token) => /^(?:--.|-[^-\d])/s.test(token))
    .map((token) => {
      const short = !token.startsWith('--')
      const [, name = '', value] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(token) ?? []
      return { name, value, short }
    })
}

function checkFlagNames(command: Command, flags: Flags, argv: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const token of flagTokens(argv)) {
    const typed = `${token.short ? '-' : '--'}${token.name}`
    const found = findFlag(token.name, token.short, flags)
    if (!found) throw unknownFlag(typed, token.name, command, flags)
    const [name, flag] = found
    if (flag.type === 'switch' && token.value !== undefined) {
      throw new InvalidInputError(`${typed} takes no value.`, {
        hint: flag.negatable ? `Write --${name} or --no-${name}.` : `Write --${name} alone.`,
      })
    }
    const before = seen.get(name)
    if (before !== undefined && flag.type !== 'list') {
      throw before === typed
        ? new InvalidInputError(`${typed} is given twice.`, { hint: 'Give it once.' })
        : new InvalidInputError(`${before} and ${typed} are both given.`, { hint: 'Give one of them.' })
    }
    seen.set(name, typed)
  }
}

/** A flag by the name that was typed, and the name it has; `no-name` is the switch `name`. */
export function findFlag(name: string, short: boolean, flags: Flags): readonly [string, Flag] | undefined {
  if (short) return Object.entries(flags).find(([, flag]) => 'alias' in flag && flag.alias === name)
  const direct = flags[name]
  if (direct && Object.hasOwn(flags, name)) return [name, direct]
  const positive = name.startsWith('no-') ? name.slice(3) : ''
  const negated = Object.hasOwn(flags, positive) ? flags[positive] : undefined
  return negated?.type === 'switch' && negated.negatable ? [positive, negated] : undefined
}

function unknownFlag(typed: string, name: string, command: Command, flags: Flags): InvalidInputError {
  // A command line is visible to everybody on the machine and stays in the shell's history.
  if (/^(?:password|pass|pwd|token|secret)$/i.test(name)) {
    return new InvalidInputError(`${typed} does not exist: a secret does not belong on a command line.`, {
      hint: 'Use the environment (EWS_PASSWORD, EWS_TOKEN, GRAPH_TOKEN), --password-stdin or --token-stdin; on a terminal the password is asked for.',
    })
  }
  const instead = command.absent && Object.hasOwn(command.absent, name) ? command.absent[name] : undefined
  if (instead !== undefined)
    return new InvalidInputError(`${command.name} has no flag ${typed}.`, { hint: instead })
  const names = Object.entries(flags).flatMap(([each, flag]) =>
    flag.type === 'switch' && flag.negatable ? [each, `no-${each}`] : [each],
  )
  const meant = nearest(name, [...names, 'help'])
  return new InvalidInputError(`${command.name} has no flag ${typed}.`, {
    hint: meant
      ? `Did you mean --${meant}?`
      : `See ${shellCommand('ews-delegates', ...command.name.split(' '), '--help')}; a text that begins with a dash is written --flag=-text.`,
  })
}

function readFlag(
  name: string,
  flag: Flag,
  value: unknown,
): string | boolean | readonly string[] | undefined {
  if (flag.type === 'switch') return typeof value === 'boolean' ? value : undefined
  const texts = value === undefined ? [] : [value].flat().map(String)
  for (const text of texts) {
    if (text.trim() === '') {
      throw new InvalidInputError(`--${name} has no value.`, {
        hint: `Write --${name} ${flag.value}${'choices' in flag && flag.choices ? `: one of ${flag.choices.join(', ')}` : ''}.`,
      })
    }
  }
  return flag.type === 'list' ? texts : texts[0]
}

function readOperands(command: Command, parsed: ParsedWords, flags: Flags): AnyArguments['operands'] {
  const { words } = parsed
  const names = command.expects?.(parsed.flags, words.length)
  const operands = names
    ? names.map((name) => ({ ...requireOperand(command, name), optional: false }))
    : command.operands
  const values: Record<string, string | readonly string[] | undefined> = {}
  for (const operand of command.operands) values[operand.name] = operand.many ? [] : undefined

  const left = [...words]
  const missing: string[] = []
  for (const operand of operands) {
    if (operand.many) {
      if (left.length === 0 && !operand.optional) missing.push(operand.name)
      values[operand.name] = left.splice(0)
      continue
    }
    const word = left.shift()
    if (word === undefined && !operand.optional) missing.push(operand.name)
    values[operand.name] = word
  }
  if (missing.length > 0) throw missingOperands(command, operands, missing)
  if (left.length > 0) throw unexpectedWord(command, operands, left[0] as string, flags)
  if (words.some((word) => word.trim() === '')) {
    throw new InvalidInputError(`${command.name} was given an empty word.`, {
      hint: 'A variable of the shell may be unset.',
    })
  }
  return values
}

function missingOperands(command: Command, operands: readonly Operand[], missing: readonly string[]) {
  const needed = operands.filter((operand) => !operand.optional).map((operand) => operand.name)
  return new InvalidInputError(
    `${command.name} needs ${listWords(needed)}; ${listWords(missing)} ${missing.length === 1 ? 'is' : 'are'} missing.`,
    { hint: `Usage: ews-delegates ${command.name} ${usageOf(command)}` },
  )
}

function unexpectedWord(command: Command, operands: readonly Operand[], word: string, flags: Flags) {
  const dash = /^[\u2013\u2014]/.test(word)
  const flag = Object.hasOwn(flags, word.toLowerCase()) ? word.toLowerCase() : undefined
  const takes = operands.length === 0 ? 'no words' : listWords(operands.map((operand) => operand.name))
  return new InvalidInputError(
    `${command.name} takes ${takes}; ${JSON.stringify(word.slice(0, 60))} is one word too many.`,
    {
      hint: dash
        ? 'That is a typographic dash; flags begin with two hyphens (--).'
        : flag
          ? `Did you mean --${flag}?`
          : `Usage: ews-delegates ${command.name} ${usageOf(command)}`,
    },
  )
}

function requireOperand(command: Command, name: string): Operand {
  const operand = command.operands.find((each) => each.name === name)
  if (!operand) throw new Error(`${command.name} expects an operand ${name} that it does not declare`)
  return operand
}

/** The operands as help shows them: `OWNER DELEGATE…`, optional ones in brackets. */
export function usageOf(command: Command): string {
  if (command.usage !== undefined) return command.usage
  return [
    ...command.operands.map(({ name, optional, many }) => {
      const text = many ? `${name}...` : name
      return optional ? `[${text}]` : text
    }),
    '[options]',
  ].join(' ')
}

function listWords(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
