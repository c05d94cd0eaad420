import { defineCommand } from '../command.ts'
import { parseThrough, VERIFY_FLAGS } from '../verify-flags.ts'

export const verify = defineCommand({
  name: 'verify',
  summary: 'Proves a grant: sends a mail from the owner as the delegate, and reads back how it left',
  details:
    'Without a DELEGATE, every delegate that EWS shows. Needs a Graph token of the delegate (Mail.Send.Shared, Mail.ReadWrite) or of an application (Mail.Send, Mail.ReadWrite). The mail goes to the delegate and is deleted again.',
  operands: [
    { name: 'OWNER', description: 'address of the mailbox or group that the mail is from', optional: true },
    { name: 'DELEGATE', description: 'primary address of who sends it', optional: true, many: true },
  ],
  usage: 'OWNER [DELEGATE...] | --grants FILE  [options]',
  expects: (flags, words) => {
    if (flags.grants !== undefined) return []
    return words > 1 ? ['OWNER', 'DELEGATE'] : ['OWNER']
  },
  flags: VERIFY_FLAGS,
  examples: [
    ['verify allan@contoso.com adele@contoso.com', 'may Adele send for Allan? With a token in GRAPH_TOKEN'],
    [
      'verify allan@contoso.com adele@contoso.com --expect on-behalf-of --wait 15m',
      'after delegate add: wait until Graph knows',
    ],
    ['verify allan@contoso.com adele@contoso.com --expect denied --wait 1h', 'after delegate remove'],
    ['verify allan@contoso.com --impersonate allan@contoso.com', 'all delegates that EWS shows'],
    ['verify --grants grants.csv --output csv > proofs.csv', 'many, from a spreadsheet and into one'],
    ['verify allan@contoso.com adele@contoso.com --dry-run', 'only show the mail'],
  ],

  async run(context, { flags, operands }) {
    const { parseDuration } = await import('../duration.ts')
    const { readCases } = await import('../verify-cases.ts')
    const { requireSmtpAddress } = await import('../../model/user-ref.ts')
    const times = {
      waitMs: flags.wait === undefined ? 0 : parseDuration(flags.wait, '--wait'),
      ...(flags.settle === undefined ? {} : { settleMs: parseDuration(flags.settle, '--settle') }),
    }
    const to = flags.to === undefined ? undefined : requireSmtpAddress(flags.to, 'the recipient')
    const through = parseThrough(flags.through)
    const read = await readCases(context, flags, operands)
    if (flags['dry-run']) {
      const { sends } = typeof read === 'function' ? await read() : read
      const { showProofs } = await import('../verify-dry-run.ts')
      return showProofs(context, flags, sends, to, through)
    }
    const { signInDelegates } = await import('../delegate-sign-in.ts')
    const signIn = await signInDelegates(context, flags, through)
    const { sends, skipped } = typeof read === 'function' ? await read() : read
    const { proveCases } = await import('../verify-run.ts')
    return proveCases(context, signIn, { sends, skipped }, { to, ...times, traced: flags.trace ?? false })
  },
})
