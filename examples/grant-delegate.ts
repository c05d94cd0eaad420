// Makes Adele a delegate of Allan, or brings what she has up to date, and prints who may act for him.
// Server and account come from EWS_URL, EWS_USER and EWS_PASSWORD.
import { basic, describeUser, EwsClient } from 'ews-delegates'

const { EWS_URL = '', EWS_USER = '', EWS_PASSWORD = '' } = process.env
const owner = 'AllanD@contoso.com'

const ews = new EwsClient({
  url: EWS_URL,
  auth: basic({ user: EWS_USER, password: EWS_PASSWORD }),
  impersonate: owner,
})

const outcomes = await ews.upsertDelegates(
  owner,
  [
    {
      user: 'AdeleV@contoso.com',
      permissions: { calendar: 'Editor', inbox: 'Reviewer' },
      receiveCopiesOfMeetingMessages: true,
    },
  ],
  { deliverMeetingRequests: 'DelegatesAndSendInformationToMe' },
)
for (const outcome of outcomes) {
  if (!outcome.ok) console.log(`refused: ${outcome.message} (${outcome.code})`)
}

const { delegates, deliverMeetingRequests } = await ews.getDelegates(owner)
for (const { user, permissions } of delegates) {
  console.log(`${describeUser(user)}: calendar ${permissions?.calendar}, inbox ${permissions?.inbox}`)
}
console.log(`meeting requests: ${deliverMeetingRequests ?? 'the server does not say'}`)
