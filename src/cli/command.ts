import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Problem } from './failure.ts'
import type { Report } from './output.ts'

/** `--name VALUE`, once. */
export interface TextFlag {
  readonly type: 'text'
  /** The placeholder, in capitals. */
  readonly value: string
  readonly description: string
  /** For help and completion; the parsers of the model decide, and take any case. */
  readonly choices?: readonly string[]
  readonly alias?: string
}

/** `--name VALUE`, as often as needed. */
export interface ListFlag {
  readonly type: 'list'
  readonly value: string
  readonly description: string
}

/** `--name`; and `--no-name` where leaving it out means something else than no. */
export interface SwitchFlag {
  readonly type: 'switch'
  readonly description: string
  readonly negatable?: boolean
  readonly alias?: string
}

export type Flag = TextFlag | ListFlag | SwitchFlag
export type Flags = Readonly<Record<string, Flag>>
export type FlagValues<Declared extends Flags> = {
  readonly [Name in keyof Declared]: Declared[Name] extends SwitchFlag
    ? boolean | undefined
    : Declared[Name] extends ListFlag
      ? readonly string[]
      : string | undefined
}

/** A word of the command line that is not a flag. */
export interface Operand {
  /** In capitals, as help shows it. */
  readonly name: string
  readonly description: string
  readonly optional?: boolean
  /** Takes all words that are left; only the last operand can. */
  readonly many?: boolean
  readonly choices?: readonly string[]
}
export type OperandValues<Declared extends readonly Operand[]> = {
  readonly [Each in Declared[number] as Each['name']]: Each extends { readonly many: true }
    ? readonly string[]
    : Each extends { readonly optional: true }
      ? string | undefined
      : string
}

export interface Arguments<F extends Flags, O extends readonly Operand[]> {
  readonly flags: FlagValues<F>
  readonly operands: OperandValues<O>
}

/** What a command hands back to the frame, which prints it and chooses the exit code. */
export interface CommandResult {
  readonly report?: Report
  /** What went wrong although there may be a report too. */
  readonly problem?: Problem
  /** Where success is told in more words than one; a problem's own code goes before it. */
  readonly exitCode?: ExitCode
}

/**
 * A command as a declaration. Loading it must cost nothing: every command is loaded for `--help`, so clients, the
 * embedded Exchange and the like are imported inside `run` or come from the context.
 */
export interface CommandDeclaration<F extends Flags, O extends readonly Operand[]> {
  /** `delegate add` */
  readonly name: string
  /** One sentence, without a full stop at its end. */
  readonly summary: string
  /** More, for this command's own help. */
  readonly details?: string
  readonly operands: O
  /** In place of the line that the operands give. */
  readonly usage?: string
  /** Which operands the words stand for, where flags decide that. */
  readonly expects?: (flags: Readonly<Record<string, unknown>>, words: number) => readonly string[]
  readonly flags: F
  /** Flags that other commands have and this one does not: what to do instead. */
  readonly absent?: Readonly<Record<string, string>>
  /** Each a command line after `ews-delegates`, and what it does. */
  readonly examples: readonly (readonly [string, string])[]
  /** Nothing outlives it but what it prints, so that it may end as soon as nobody reads that. */
  readonly expendable?: boolean
  /** For a command that changes something: the command line that shows how things stand now, where there is one. */
  readonly stateCommand?: (given: Arguments<F, O>) => readonly string[] | undefined
  readonly run: (context: Context, given: Arguments<F, O>) => Promise<CommandResult>
}

/** A declaration whose own types have been checked and are no longer needed. */
export type Command = Omit<CommandDeclaration<Flags, readonly Operand[]>, 'run' | 'stateCommand'> & {
  readonly stateCommand?: (given: AnyArguments) => readonly string[] | undefined
  readonly run: (context: Context, given: AnyArguments) => Promise<CommandResult>
}
/** The commands, and what the first words of two-word commands are about. */
export interface CommandList {
  readonly commands: readonly Command[]
  readonly groups: Readonly<Record<string, string>>
}

export interface AnyArguments {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly operands: Readonly<Record<string, string | readonly string[] | undefined>>
}

export function defineCommand<const F extends Flags, const O extends readonly Operand[]>(
  declaration: CommandDeclaration<F, O>,
): Command {
  // read-arguments.ts gives every command exactly what it declares, which the compiler cannot see.
  return declaration as unknown as Command
}
