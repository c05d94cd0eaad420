// A program that uses ews-javascript-api goes on using it, and changes delegates and permissions with a client for the
// same server, account and mailbox. Server and account come from EWS_URL, EWS_USER and EWS_PASSWORD.
import { describeUser } from 'ews-delegates'
import { fromExchangeService, fromFolderId } from 'ews-delegates/ews-javascript-api'
import {
  ConnectingIdType,
  ExchangeService,
  ExchangeVersion,
  Folder,
  FolderId,
  ImpersonatedUserId,
  Mailbox,
  Uri,
  WebCredentials,
  WellKnownFolderName,
} from 'ews-javascript-api'

const { EWS_URL = '', EWS_USER = '', EWS_PASSWORD = '' } = process.env
const owner = 'AllanD@contoso.com'

// What the program has.
const service = new ExchangeService(ExchangeVersion.Exchange2013_SP1)
service.Url = new Uri(EWS_URL)
service.Credentials = new WebCredentials(EWS_USER, EWS_PASSWORD)
service.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, owner)

// The line that is new.
const client = fromExchangeService(service)

// One level of a delegate: what is not named stays. UpdateDelegates would send None for the other five folders.
await client.upsertDelegates(owner, [{ user: 'AdeleV@contoso.com', permissions: { tasks: 'Author' } }])

// A folder that the program has found: everybody else's entry stays, rights and all.
const contacts = await Folder.Bind(service, new FolderId(WellKnownFolderName.Contacts, new Mailbox(owner)))
const { after } = await client.updateFolderPermissions(fromFolderId(contacts.Id), {
  set: [
    { user: 'MeganB@contoso.com', rights: { folderVisible: true, createItems: true, editItems: 'Owned' } },
  ],
})
for (const { user, level } of after.entries) console.log(`${describeUser(user)}: ${level}`)

// And its own calls go on as before.
const { DelegateUserResponses: delegates } = await service.GetDelegates(new Mailbox(owner), true)
console.log(`delegates: ${delegates.map(({ DelegateUser }) => DelegateUser.UserId.DisplayName).join(', ')}`)
