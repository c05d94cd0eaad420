// Lets Megan read Allan's calendar and leaves everybody else's entry alone: explicit access opens the folder by name
// and owner, implicit access goes on with the id that came back.
import { basic, describeUser, EwsClient, explicitFolder, PermissionLossError } from 'ews-delegates'

const { EWS_URL = '', EWS_USER = '', EWS_PASSWORD = '' } = process.env

const ews = new EwsClient({ url: EWS_URL, auth: basic({ user: EWS_USER, password: EWS_PASSWORD }) })
const calendar = await ews.getFolder(explicitFolder('calendar', 'AllanD@contoso.com'))

try {
  const { changed, after } = await ews.updateFolderPermissions(calendar.id, {
    set: [{ user: 'MeganB@contoso.com', level: 'Reviewer' }],
  })
  console.log(changed ? 'Megan may read the calendar now.' : 'Megan may read the calendar already.')
  for (const { user, level } of after.entries) console.log(`${describeUser(user)}: ${level}`)
} catch (error) {
  if (!(error instanceof PermissionLossError)) throw error
  console.log(`Nothing was written: ${error.message}`)
}
