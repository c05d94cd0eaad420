import { basic, EwsClient, explicitFolder } from 'ews-delegates'

const { EWS_URL = '', EWS_USER = '', EWS_PASSWORD = '' } = process.env
const owner = 'allan@contoso.com'

const ews = new EwsClient({
  url: EWS_URL, // https://mail.contoso.com/EWS/Exchange.asmx
  auth: basic({ user: EWS_USER, password: EWS_PASSWORD }),
  impersonate: owner,
})
await ews.addDelegates(owner, [
  { user: 'adele@contoso.com', permissions: { calendar: 'Editor', inbox: 'Reviewer' } },
])
const calendar = await ews.getFolder(explicitFolder('calendar', owner)) // explicit access: name and owner
await ews.updateFolderPermissions(calendar.id, { set: [{ user: 'megan@contoso.com', level: 'Reviewer' }] }) // implicit: the id
