// Makes Adele a delegate of Allan, proves that she can send on his behalf, takes the grant away and proves that too.
// Servers and accounts come from EWS_URL, EWS_USER and EWS_PASSWORD, and GRAPH_URL and GRAPH_TOKEN (Adele's).
import { basic, bearer, EwsClient, GraphClient, type Proof, proveSend, type SendResult } from 'ews-delegates'

const {
  EWS_URL = '',
  EWS_USER = '',
  EWS_PASSWORD = '',
  GRAPH_URL = 'https://graph.microsoft.com',
  GRAPH_TOKEN = '',
} = process.env
const [owner, delegate] = ['AllanD@contoso.com', 'AdeleV@contoso.com']

const ews = new EwsClient({
  url: EWS_URL,
  auth: basic({ user: EWS_USER, password: EWS_PASSWORD }),
  impersonate: owner,
})
const graph = new GraphClient({ url: GRAPH_URL, auth: bearer(GRAPH_TOKEN) })

const prove = async (expect: SendResult) => {
  const proof = await proveSend({
    graph,
    delegate,
    owner,
    expect,
    waitMs: 15 * 60_000,
    onWait: ({ found, nextAttemptInMs }) =>
      console.error(`${found}; trying again in ${nextAttemptInMs / 1000} s`),
  })
  console.log(`${proof.asExpected ? 'as expected' : 'DIFFERENT'}: ${describe(proof)}`)
}

await ews.upsertDelegates(owner, [{ user: delegate, permissions: { inbox: 'Reviewer' } }])
await prove('on behalf of')
await ews.removeDelegates(owner, [delegate])
await prove('denied')

function describe({ found, denial, sender, from }: Proof): string {
  return denial ? `${found} (${denial.layer}, ${denial.code})` : `${found}, ${sender?.name} for ${from?.name}`
}
