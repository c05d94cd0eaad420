import { basic } from '../auth/basic.ts'
import { bearer } from '../auth/bearer.ts'
import { GraphResponseError } from '../errors.ts'
import { EwsClient } from '../ews/client.ts'
import { GraphClient } from '../graph/client.ts'
import { explicitFolder } from '../model/folder-target.ts'
import { describeUser } from '../model/user-ref.ts'
import type { SendResult } from '../proof/classify.ts'
import { proveSend } from '../proof/prove-send.ts'
import { DEFAULT_PASSWORD, startSimulator } from '../simulator/index.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { tellItems } from './demo-items.ts'
import { EXIT } from './exit-codes.ts'
import { levelText } from './permission-reports.ts'
import { printable } from './printable.ts'
import { bold } from './table.ts'

const ALLAN = 'AllanD@contoso.com'
const ADELE = 'AdeleV@contoso.com'
const MEGAN = 'MeganB@contoso.com'

/** One step as it happened. */
interface Step {
  readonly title: string
  /** What was called. */
  readonly call: string
  readonly result: string
  /** Whether that is what the documents say must happen. */
  readonly ok: boolean
}

/** A step whose result is not what it must be ends the story. */
class Unexpected extends Error {}

/**
 * Tells Microsoft's documents on delegate access and on sending from another user as one story: the real clients, over
 * HTTP, against the embedded Exchange.
 */
export async function tellStory(context: Context): Promise<CommandResult> {
  const simulator = await startSimulator()
  const steps: Step[] = []
  const say = (text: string) => {
    if (context.format === 'text') context.print(text)
  }
  try {
    say(
      `An embedded Exchange is running for this demonstration: ${simulator.url}\n${ALLAN} owns a mailbox, ${ADELE} is to act for him.\n`,
    )
    const { signal } = context.io
    const connect = (user: string) =>
      new EwsClient({
        url: simulator.ews,
        auth: basic({ user, password: DEFAULT_PASSWORD }),
        signal,
      })
    const allan = connect(ALLAN)
    const adele = connect(ADELE)
    const graph = new GraphClient({
      url: simulator.graph,
      auth: bearer(await signIn(simulator.token, ADELE)),
      signal,
    })
    const mail = (subject: string) => ({
      from: ALLAN,
      to: MEGAN,
      subject,
      body: 'The new cafeteria is open.',
    })
    const sendCall = `Graph, as Adele:  POST /me/sendMail  { message: { from: ${ALLAN}, to: ${MEGAN} } }`

    const step = async (title: string, call: string, run: () => Promise<string>) => {
      say(`\n${bold(`${steps.length + 1}. ${title}`, context.terminal)}\n   ${call}\n`)
      try {
        const result = await run()
        steps.push({ title, call, result, ok: true })
        say(`${indented(result)}\n`)
      } catch (error) {
        if (!(error instanceof Unexpected)) throw error
        steps.push({ title, call, result: error.message, ok: false })
        throw error
      }
    }
    const refused = async (subject: string) => {
      try {
        await graph.sendMail(mail(subject))
      } catch (error) {
        if (error instanceof GraphResponseError && error.graphCode === 'ErrorSendAsDenied') {
          return `${error.httpStatus} ${error.graphCode}: ${error.message.replace(` (${error.graphCode})`, '')}`
        }
        throw error
      }
      throw new Unexpected('Graph accepted the mail although Adele has no right to send it.')
    }

    const proveCall = `Graph, as Adele:  a draft from ${ALLAN}, sent, found again, read, deleted`
    const prove = async (expect: SendResult) => {
      const proof = await proveSend({ graph, delegate: ADELE, owner: ALLAN, expect, signal })
      require(proof.asExpected, `The proof says “${proof.found}”, not “${expect}”.`)
      require(proof.leftBehind.length === 0, proof.leftBehind.join(' '))
      const { from, sender, denial, received } = proof
      return denial
        ? `“${proof.found}”; what is missing is the ${denial.layer} (${denial.code})`
        : `“${proof.found}”: sender ${sender?.name}, from ${from?.name}; received: ${received}; nothing is left of it`
    }

    await step('Adele may not send for Allan yet', sendCall, () => refused('Before the grant'))

    await step(
      'Allan makes Adele his delegate',
      `EWS, as Allan:  AddDelegate  { ${ADELE}: calendar Editor, inbox Reviewer, meeting copies }`,
      async () => {
        const [outcome] = await allan.addDelegates(
          ALLAN,
          [
            {
              user: ADELE,
              permissions: { calendar: 'Editor', inbox: 'Reviewer' },
              receiveCopiesOfMeetingMessages: true,
            },
          ],
          { deliverMeetingRequests: 'DelegatesAndSendInformationToMe' },
        )
        require(outcome?.ok === true, 'AddDelegate was refused.')
        return 'Success: levels on the folders, and Send on Behalf'
      },
    )

    await step('The server shows it', 'EWS, as Allan:  GetDelegate', async () => {
      const { delegates, deliverMeetingRequests } = await allan.getDelegates(ALLAN)
      const [delegate] = delegates
      require(delegate?.permissions?.calendar === 'Editor', 'GetDelegate does not show Adele as Editor.')
      const { displayName, smtpAddress } = delegate.user
      const levels = Object.entries(delegate.permissions)
        .filter(([, level]) => level !== 'None')
        .map(([folder, level]) => `${folder} ${level}`)
      return `${displayName} <${smtpAddress}>: ${levels.join(', ')}\nMeeting requests: ${deliverMeetingRequests}`
    })

    await step('The same mail is accepted now, and says who sent it', sendCall, async () => {
      const subject = 'On behalf of Allan'
      await graph.sendMail(mail(subject))
      const sent = await graph.listMessages({ folder: 'sentitems' })
      const message = sent.find((each) => each.subject === subject)
      const same = (address: string | undefined, wanted: string) =>
        address?.toLowerCase() === wanted.toLowerCase()
      require(message !== undefined, 'The mail is not in Adele’s Sent Items.')
      require(same(message.sender?.address, ADELE) &&
        same(
          message.from?.address,
          ALLAN,
        ), `The mail says sender ${message.sender?.address}, from ${message.from?.address}.`)
      return [
        '202 Accepted; the copy in Sent Items says',
        `sender ${message.sender?.name} <${message.sender?.address}>, from ${message.from?.name} <${message.from?.address}>`,
        `A reader sees: ${message.sender?.name} on behalf of ${message.from?.name}`,
      ].join('\n')
    })

    await step('The grant is proved, as “verify” does it', proveCall, () => prove('on behalf of'))

    let calendarId = ''
    await step(
      'Explicit access: Adele names the folder and its owner',
      `EWS, as Adele:  GetFolder  { distinguished folder: calendar, mailbox: ${ALLAN} }`,
      async () => {
        const calendar = await adele.getFolder(explicitFolder('calendar', ALLAN))
        calendarId = calendar.id.id
        return `${calendar.displayName}, ${calendar.totalCount ?? 0} items; its id is ${calendarId.slice(0, 24)}…`
      },
    )

    await step(
      'Implicit access: the id alone says whose folder it is',
      `EWS, as Adele:  GetFolder  { id: ${calendarId.slice(0, 24)}… }`,
      async () => {
        const calendar = await adele.getFolder({ id: calendarId })
        require(calendar.id.id === calendarId, 'The id leads to another folder.')
        const { read, createContents } = calendar.effectiveRights ?? {}
        require(read === true && createContents === true, 'Adele may not read it or create items in it.')
        return 'The same folder; Adele may read it and create items in it'
      },
    )

    await tellItems({ step, require }, { name: 'Adele', ews: adele }, { name: 'Allan', address: ALLAN })

    await step(
      'A folder permission for Megan leaves all others alone',
      `EWS, as Allan:  UpdateFolder  { calendar: + ${MEGAN} Reviewer }`,
      async () => {
        const before = await allan.getFolderPermissions(explicitFolder('calendar', ALLAN))
        const { after } = await allan.updateFolderPermissions(explicitFolder('calendar', ALLAN), {
          set: [{ user: MEGAN, level: 'Reviewer' }],
        })
        const shown = (set: typeof after) =>
          new Map(set.entries.map((entry) => [describeUser(entry.user), levelText(entry)]))
        const now = shown(after)
        for (const [user, level] of shown(before)) {
          require(now.get(user) === level, `The entry of ${user} changed to ${now.get(user)}.`)
        }
        require(now.get(MEGAN) === 'Reviewer', 'Megan is not Reviewer.')
        return [...now].map(([user, level]) => `${user}: ${level}`).join('\n')
      },
    )

    await step('Allan takes the delegate away', `EWS, as Allan:  RemoveDelegate  { ${ADELE} }`, async () => {
      const [outcome] = await allan.removeDelegates(ALLAN, [ADELE])
      require(outcome?.ok === true, 'RemoveDelegate was refused.')
      const { outcomes } = await allan.getDelegates(ALLAN)
      require(outcomes.length === 0, 'GetDelegate still shows a delegate.')
      return 'Success: GetDelegate shows nobody'
    })

    await step('And the proof says that Adele may not send for Allan any more', proveCall, () =>
      prove('denied'),
    )

    say(closing(context))
    return result(steps, context)
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error
    return {
      ...result(steps, context),
      problem: {
        exitCode: EXIT.unexpected,
        code: 'ERR_UNEXPECTED',
        message: `Step ${steps.length} did not go as it must: ${error.message}`,
        hint: 'That is a mistake of this program; please report it.',
      },
    }
  } finally {
    await simulator.close()
  }
}

function result(steps: readonly Step[], context: Context): CommandResult {
  // As text it has been told already.
  if (context.format === 'text') return {}
  return {
    report: {
      text: () => '',
      json: { steps },
      csv: {
        columns: ['step', 'title', 'call', 'result', 'ok'],
        rows: steps.map(({ title, call, result, ok }, index) => [index + 1, title, call, result, ok]),
      },
    },
  }
}

function closing(context: Context): string {
  const { program } = context
  const title = bold('Now you', context.terminal)
  return `
${title}
   An Exchange to try things on, in one terminal:
     ${program} simulate --port 8765

   And in another:
     export EWS_URL=http://127.0.0.1:8765/EWS/Exchange.asmx EWS_USER=${ALLAN} EWS_PASSWORD=${DEFAULT_PASSWORD}
     ${program} delegate add ${ALLAN} ${ADELE} --calendar Editor --inbox Reviewer
     ${program} delegate list ${ALLAN}
     ${program} folder-permission list ${ALLAN} calendar

   And for proofs, where everybody signs in with the one password:
     export GRAPH_URL=http://127.0.0.1:8765 GRAPH_PASSWORD=${DEFAULT_PASSWORD}
     export GRAPH_TOKEN_ENDPOINT=http://127.0.0.1:8765/contoso.com/oauth2/v2.0/token
     ${program} verify ${ALLAN} ${ADELE}

   On a server of your own it is the same with its address; --dry-run shows what would be sent:
     ${program} delegate add OWNER DELEGATE --calendar Editor --dry-run
     ${program} --help
`
}

/** A user token for Graph, as an application gets one from the token endpoint. */
async function signIn(endpoint: string, user: string): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      username: user,
      password: DEFAULT_PASSWORD,
      scope: 'Mail.Send.Shared Mail.ReadWrite User.Read',
    }),
  })
  const answer = (await response.json()) as { access_token?: string }
  require(typeof answer.access_token === 'string', `The token endpoint answered HTTP ${response.status}.`)
  return answer.access_token
}

function require(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Unexpected(otherwise)
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line, index) => `   ${index === 0 ? '-> ' : '   '}${printable(line)}`)
    .join('\n')
}
