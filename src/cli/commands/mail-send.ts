import { defineCommand } from '../command.ts'
import { dryRun } from '../dry-run.ts'
import { DRY_RUN_FLAG, GRAPH_FLAGS } from '../flags.ts'
import { MAIL_FLAGS } from '../mail-flags.ts'
import { printable } from '../printable.ts'

export const mailSend = defineCommand({
  name: 'mail send',
  summary: 'Sends a mail through Microsoft Graph, from oneself or from another user',
  details:
    'Sending from another user takes Send on Behalf (a delegate has it) or Send As, and the scope Mail.Send.Shared; drafts and files above 3 MB take Mail.ReadWrite too.',
  operands: [],
  flags: { ...MAIL_FLAGS, ...DRY_RUN_FLAG, ...GRAPH_FLAGS },
  examples: [
    [
      "mail send --from allan@contoso.com --to megan@contoso.com --subject 'Lunch?' --body 'The new cafeteria is open.'",
      'on behalf of Allan, with a token of Adele’s in GRAPH_TOKEN',
    ],
    [
      'mail send --to megan@contoso.com --subject Minutes --body-file minutes.html --html --attach minutes.pdf',
      'with a body and a file from disk',
    ],
    ['mail send --mime lunch.eml', 'a whole message'],
    ['mail send --to megan@contoso.com --subject Test --body Test --dry-run', 'only show the request'],
  ],

  async run(context, { flags }) {
    const { readMail } = await import('../mail-input.ts')
    const { mailRequests } = await import('../graph-dry-run.ts')
    const order = await readMail(context.io, flags, flags['token-stdin'] ?? false)
    // Checks everything before a token is asked for.
    const requests = mailRequests(order, await context.graphForDryRun(flags), context.graphUrl(flags))
    if (flags['dry-run']) return dryRun(requests)

    const graph = await context.graph(flags)
    switch (order.way) {
      case 'at once':
        return sent(await graph.sendMail(order.input))
      case 'by draft':
        return sent(await graph.sendAsDraft(order.input))
      case 'draft only':
        return written(await graph.createDraft(order.input))
    }
  },
})

function sent({ requestId, id }: { readonly requestId?: string; readonly id?: string }) {
  return result('Accepted for sending.', true, requestId, id)
}

function written({ id }: { readonly id: string }) {
  return result('Written into Drafts; nothing was sent.', false, undefined, id)
}

/** @param id of the draft, which the copy in Sent Items keeps. */
function result(sentence: string, accepted: boolean, requestId: string | undefined, id: string | undefined) {
  return {
    report: {
      text: () => `${sentence}\n${id === undefined ? '' : `Its id is ${printable(id)}\n`}`,
      json: { accepted, requestId: requestId ?? null, id: id ?? null },
      csv: { columns: ['accepted', 'requestId', 'id'], rows: [[accepted, requestId, id]] },
    },
  }
}
