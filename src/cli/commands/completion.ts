import { InvalidInputError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { nearest } from '../nearest.ts'

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

export const completion = defineCommand({
  name: 'completion',
  summary: 'Prints a script that completes commands, flags and levels in a shell',
  expendable: true,
  operands: [
    {
      name: 'SHELL',
      description: `${SHELLS.join(', ')} (default: the one in $SHELL)`,
      optional: true,
      choices: SHELLS,
    },
  ],
  flags: {},
  examples: [
    ['completion bash >> ~/.bashrc', 'bash'],
    ['completion zsh > ~/.zfunc/_ews-delegates', 'zsh, with ~/.zfunc in $fpath'],
    ['completion fish > ~/.config/fish/completions/ews-delegates.fish', 'fish'],
    ['completion powershell >> $PROFILE', 'PowerShell'],
  ],

  async run(context, { operands }) {
    const script = SCRIPTS[shellOf(operands.SHELL, context.io.env.SHELL)]
    // A script is a script: it is never a table or JSON.
    context.print(script)
    return {}
  },
})

function shellOf(named: string | undefined, environment: string | undefined): (typeof SHELLS)[number] {
  const text = (named ?? environment?.split('/').at(-1) ?? '').toLowerCase()
  const shell = SHELLS.find((name) => name === (text === 'pwsh' ? 'powershell' : text))
  if (shell) return shell
  const meant = nearest(text, SHELLS)
  throw new InvalidInputError(
    named === undefined
      ? 'It is not known which shell this is.'
      : `There is no completion for ${JSON.stringify(text.slice(0, 40))}.`,
    { hint: `${meant ? `Did you mean ${meant}? ` : ''}Name one of ${SHELLS.join(', ')}.` },
  )
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# ews-delegates: completion for bash
_ews_delegates() {
  local IFS=$'\\n'
  COMPREPLY=($(ews-delegates __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _ews_delegates ews-delegates
`,
  zsh: `#compdef ews-delegates
_ews_delegates() {
  local -a candidates
  candidates=("\${(@f)$(ews-delegates __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a candidates
}
if [ "$funcstack[1]" = "_ews-delegates" ]; then _ews_delegates "$@"; else compdef _ews_delegates ews-delegates; fi
`,
  fish: `# ews-delegates: completion for fish
complete -c ews-delegates -f -a '(ews-delegates __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
  // An empty argument does not survive Windows PowerShell; a blank does, and is taken for the same.
  powershell: `# ews-delegates: completion for PowerShell
Register-ArgumentCompleter -Native -CommandName ews-delegates -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $words += ' ' }
  ews-delegates __complete @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
}
