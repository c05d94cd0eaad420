import yargs, { type Argv } from 'yargs'
import { InvalidInputError } from '../errors.ts'
import type { Command, CommandList, Flag, Flags } from './command.ts'
import { allFlags, COMMON_FLAGS, EWS_FLAGS, flagsOf, GRAPH_FLAGS } from './flags.ts'
import { nearest } from './nearest.ts'
import { flagTokens, type ParsedWords, usageOf } from './read-arguments.ts'

export type CommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'command'
      readonly command: Command
      readonly flags: Flags
      readonly parsed: ParsedWords
      readonly argv: readonly string[]
    }

/**
 * Finds the command and reads its flags; {@link readArguments} judges them. The only file that knows yargs.
 * @throws InvalidInputError when there is no such command.
 */
export function parseCommandLine(
  typed: readonly string[],
  list: CommandList,
  columns: number | undefined,
): CommandLine {
  const given = typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed
  const argv = loneDashes(flagsLast(given, list), list)
  const width = Math.min(columns ?? 100, 120)
  let found: CommandLine | undefined
  let wrong: { words: readonly string[]; group: string | undefined } | undefined

  const parser = yargs()
    .scriptName('ews-delegates')
    // Messages of ours are English; half a translation is worse than none.
    .locale('en')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    })
    .usage(
      'ews-delegates COMMAND [options]\n\nGrants, shows, changes and removes mailbox delegates and folder permissions over Exchange Web Services.',
    )
    .help('help', 'show this help')
    .alias('help', 'h')
    .version(false)
    .option('version', { type: 'boolean', description: 'show the version', global: false })
    .wrap(width)
    .exitProcess(false)
    .epilogue('ews-delegates COMMAND --help tells more. To try it without a server: ews-delegates demo')

  let shown: Command | undefined
  const declared = (command: Command) => (own: Argv) => {
    shown = command
    return declare(own, command)
  }
  const select = (command: Command, words: readonly unknown[], flags: Record<string, unknown>) => {
    found = {
      kind: 'command',
      command,
      flags: flagsOf(command),
      parsed: { flags, words: words.slice(command.name.split(' ').length).map(String) },
      argv,
    }
  }
  const handlerOf = (command: Command) => (args: Record<string, unknown>) => {
    const { _: words, $0: _script, ...flags } = args
    select(command, words as unknown[], flags)
  }

  for (const [group, summary] of Object.entries(list.groups)) {
    parser.command(
      group,
      summary,
      (inner: Argv) => {
        inner.usage(`ews-delegates ${group} COMMAND [options]\n\n${summary}.`)
        for (const command of list.commands.filter((each) => each.name.startsWith(`${group} `))) {
          const verb = command.name.slice(group.length + 1)
          inner.command(verb, command.summary, declared(command), handlerOf(command))
        }
        return inner
      },
      (args: Record<string, unknown>) => {
        wrong = { words: (args._ as unknown[]).map(String), group }
      },
    )
  }
  for (const command of list.commands.filter((each) => !each.name.includes(' '))) {
    parser.command(command.name, command.summary, declared(command), handlerOf(command))
  }

  let help = ''
  let failure: Error | undefined
  const parsed = parser.parse([...argv], (error: Error | undefined, _args: unknown, output: string) => {
    failure = error
    help = output
  }) as Record<string, unknown>
  if (failure) throw failure
  if (help !== '') {
    // Every flag is text or a switch, and which one its placeholder says.
    const options = help.replace(/\n? *\[(?:string|boolean)\]$/gm, '').trim()
    return { kind: 'help', text: `${shown ? commandHelp(shown, options, width) : options}\n` }
  }
  if (found) return found
  throw unknownCommand(wrong?.words ?? ((parsed._ ?? []) as unknown[]).map(String), wrong?.group, list)
}

/** Options in yargs's words, in groups as help shows them. */
function declare(parser: Argv, command: Command): Argv {
  const flags = flagsOf(command)
  for (const [name, flag] of Object.entries(flags)) {
    parser.option(name, {
      type: flag.type === 'switch' ? 'boolean' : 'string',
      description: describe(name, flag),
      ...('alias' in flag && flag.alias ? { alias: flag.alias } : {}),
    })
  }
  const isServer = (name: string) => name in EWS_FLAGS || name in GRAPH_FLAGS
  const names = Object.keys(command.flags)
  for (const [title, group] of [
    ['Options:', names.filter((name) => !isServer(name))],
    ['Server:', names.filter(isServer)],
    ['General:', [...Object.keys(COMMON_FLAGS), 'help']],
  ] as const) {
    if (group.length > 0) parser.group(group, title)
  }
  // What stands above and below the options is written by commandHelp: yargs would break examples over lines, and
  // a broken command line cannot be copied.
  return parser.usage(null as unknown as string).epilogue('')
}

function commandHelp(command: Command, options: string, columns: number): string {
  const width = Math.max(0, ...command.operands.map(({ name }) => name.length))
  const operands = command.operands.flatMap(({ name, description }) =>
    wrap(description, columns - width - 4).map(
      (line, index) => `  ${(index === 0 ? name : '').padEnd(width)}  ${line}`,
    ),
  )
  const examples = command.examples.map(
    ([line, what]) => `${what ? `  # ${what}\n` : ''}  ews-delegates ${line}`,
  )
  return [
    `ews-delegates ${command.name} ${usageOf(command)}`,
    wrap(`${command.summary}.${command.details ? ` ${command.details}` : ''}`, columns).join('\n'),
    operands.join('\n'),
    options,
    examples.length > 0 ? `Examples:\n${examples.join('\n')}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > Math.max(width, 20)) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function describe(name: string, flag: Flag): string {
  if (flag.type === 'switch')
    return flag.negatable ? `${flag.description} (or --no-${name})` : flag.description
  return `${flag.value}: ${flag.description}${flag.type === 'list' ? ' (may be repeated)' : ''}`
}

/**
 * Flags before the command's name are moved behind it: the parser looks for the name before it knows which flags
 * take a value.
 */
function flagsLast(argv: readonly string[], list: CommandList): readonly string[] {
  const known = allFlags(list)
  const byAlias = (alias: string) =>
    Object.values(known).find((flag) => 'alias' in flag && flag.alias === alias)
  let at = 0
  while (at < argv.length && argv[at] !== '--') {
    const [token] = flagTokens(argv.slice(at, at + 1))
    if (!token) break
    const flag = token.short ? byAlias(token.name) : known[token.name]
    at += flag && flag.type !== 'switch' && token.value === undefined ? 2 : 1
  }
  return at === 0 ? argv : [...argv.slice(at), ...argv.slice(0, at)]
}

/** `--mime -` becomes `--mime=-`: the parser takes a dash for no value, and people for standard input. */
function loneDashes(argv: readonly string[], list: CommandList): readonly string[] {
  const known = allFlags(list)
  const takesValue = (token: string | undefined) => {
    const flag = token?.startsWith('--') ? known[token.slice(2)] : undefined
    return flag !== undefined && flag.type !== 'switch'
  }
  return argv.flatMap((token, index) => {
    if (token === '-' && takesValue(argv[index - 1])) return []
    return argv[index + 1] === '-' && takesValue(token) ? [`${token}=-`] : [token]
  })
}

function unknownCommand(
  words: readonly string[],
  group: string | undefined,
  { commands, groups }: CommandList,
): InvalidInputError {
  if (group !== undefined) {
    const verbs = commands
      .filter((command) => command.name.startsWith(`${group} `))
      .map((command) => command.name.slice(group.length + 1))
    const verb = words[1]
    if (verb === undefined) {
      return new InvalidInputError(`${group} needs a word more: ${verbs.join(', ')}.`, {
        hint: `See ews-delegates ${group} --help.`,
      })
    }
    const meant = nearest(verb, verbs) ?? synonym(verb, verbs)
    return new InvalidInputError(`There is no command ${JSON.stringify(`${group} ${verb}`.slice(0, 60))}.`, {
      hint: `${meant ? `Did you mean ews-delegates ${group} ${meant}? ` : ''}The commands are ${verbs.map((each) => `${group} ${each}`).join(', ')}.`,
    })
  }
  const first = words[0]
  if (first === undefined) {
    return new InvalidInputError('No command is given.', { hint: 'See ews-delegates --help.' })
  }
  const names = [
    ...Object.keys(groups),
    ...commands.map((command) => command.name).filter((name) => !name.includes(' ')),
  ]
  const meant = nearest(first, names)
  return new InvalidInputError(`There is no command ${JSON.stringify(first.slice(0, 60))}.`, {
    hint: `${meant ? `Did you mean ews-delegates ${[meant, ...words.slice(1, 2)].join(' ')}? ` : ''}The commands are ${names.join(', ')}.`,
  })
}

/** What other tools call the same. */
function synonym(verb: string, verbs: readonly string[]): string | undefined {
  const meanings: Readonly<Record<string, readonly string[]>> = {
    list: ['get', 'ls', 'show', 'read'],
    show: ['get', 'list', 'ls'],
    add: ['create', 'new', 'grant', 'set'],
    set: ['add', 'update', 'grant', 'edit'],
    update: ['set', 'change', 'edit', 'modify'],
    remove: ['rm', 'delete', 'del', 'revoke'],
  }
  return verbs.find((each) => meanings[each]?.includes(verb.toLowerCase()))
}
