import { defineCommand } from '../command.ts'
import { dryRun } from '../dry-run.ts'
import { DRY_RUN_FLAG, GRAPH_FLAGS } from '../flags.ts'

export const mailSend = defineCommand({
  name: 'mail send',
  summary: 'Sends a mail through Microsoft Graph, from oneself or from another user',
  details:
    'Sending from another user takes Send on Behalf (a delegate has it) or Send As, and the scope Mail.Send.Shared.',
  operands: [],
  flags: {
    from: {
      type: 'text',
      value: 'OWNER',
      description: 'whom the mail is from (default: the mailbox that sends it)',
    },
    to: { type: 'list', value: 'ADDRESS', description: 'recipients, with commas between them' },
    cc: { type: 'list', value: 'ADDRESS', description: 'recipients of a copy' },
    bcc: { type: 'list', value: 'ADDRESS', description: 'recipients of a copy whom nobody sees' },
    'reply-to': { type: 'list', value: 'ADDRESS', description: 'where answers go' },
    subject: { type: 'text', value: 'TEXT', description: 'the subject' },
    body: { type: 'text', value: 'TEXT', description: 'the text of the mail' },
    html: { type: 'switch', description: 'the body is HTML' },
    as: {
      type: 'text',
      value: 'MAILBOX',
      description:
        'whose endpoint sends it: /me (default), or a user’s address or id, which takes Full Access',
    },
    save: {
      type: 'switch',
      description: 'keep a copy in Sent Items, which is the default',
      negatable: true,
    },
    ...DRY_RUN_FLAG,
    ...GRAPH_FLAGS,
  },
  examples: [
    [
      "mail send --from allan@contoso.com --to megan@contoso.com --subject 'Lunch?' --body 'The new cafeteria is open.'",
      'on behalf of Allan, with a token of Adele’s in GRAPH_TOKEN',
    ],
    ['mail send --to megan@contoso.com --subject Test --body Test --dry-run', 'only show the request'],
  ],

  async run(context, { flags }) {
    const { prepareSendMail } = await import('../../graph/send-mail.ts')
    const input = {
      as: flags.as,
      from: flags.from,
      to: addresses(flags.to),
      cc: addresses(flags.cc),
      bcc: addresses(flags.bcc),
      replyTo: addresses(flags['reply-to']),
      subject: flags.subject,
      body:
        flags.body === undefined
          ? undefined
          : { contentType: flags.html ? 'HTML' : 'Text', content: flags.body },
      saveToSentItems: flags.save,
    }
    // Checks everything before a token is asked for.
    const request = prepareSendMail(input)
    if (flags['dry-run']) {
      return dryRun([
        {
          operation: 'sendMail',
          method: request.method,
          url: `${context.graphUrl(flags).replace(/\/+$/, '')}/v1.0${request.path}`,
          body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body, undefined, 2),
        },
      ])
    }
    const { requestId } = await (await context.graph(flags)).sendMail(input)
    return {
      report: {
        text: () => 'Accepted for sending.\n',
        json: { accepted: true, requestId: requestId ?? null },
        csv: { columns: ['accepted', 'requestId'], rows: [[true, requestId]] },
      },
    }
  },
})

/** `a@contoso.com,b@contoso.com` is two; `"Vance, Adele" <adele@contoso.com>` is one. */
function addresses(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const parts = text
      .split(/[,;]/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
    return parts.every((part) => part.includes('@')) ? parts : [text]
  })
}
