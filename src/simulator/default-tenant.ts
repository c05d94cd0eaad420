import type { Tenant, TenantMailbox } from './tenant-file.ts'

/** Everybody's password in the default tenant, and in a tenant file that names none. */
export const DEFAULT_PASSWORD = 'Delegate-123'

/** The application registration of the default tenant. */
export const DEFAULT_APP = {
  id: '7d3c6f0e-5f0b-4c55-9d61-2f5f0f6a9b11',
  secret: 'app-secret-123',
  roles: [
    'Mail.Send',
    'Mail.ReadWrite',
    'MailboxSettings.ReadWrite',
    'Calendars.ReadWrite',
    'full_access_as_app',
  ],
} as const

/** Contoso, with the people of Microsoft's examples on delegate access and on sending from another user. */
export const DEFAULT_TENANT: Tenant = {
  domain: 'contoso.com',
  password: DEFAULT_PASSWORD,
  mailboxes: [
    mailbox('AdeleV', 'Adele Vance'),
    { ...mailbox('AllanD', 'Allan Deyoung'), aliases: ['allan.deyoung@contoso.com'] },
    mailbox('PradeepG', 'Pradeep Gupta'),
    mailbox('MeganB', 'Megan Bowen'),
    mailbox('PattiF', 'Patti Fernandez'),
    mailbox('AlexW', 'Alex Wilber'),
    mailbox('samanthab', 'Samantha Booth'),
    mailbox('danas', 'Dana Swope'),
    mailbox('support', 'Support', 'shared'),
    mailbox('room1', 'Conference Room 1', 'room'),
    mailbox('admin', 'Administrator'),
  ],
  groups: [
    {
      address: 'sales@contoso.com',
      name: 'Sales',
      kind: 'distribution',
      members: ['MeganB@contoso.com', 'AlexW@contoso.com'],
    },
  ],
  sendRights: [],
  administrators: ['admin@contoso.com'],
  apps: [DEFAULT_APP],
}

function mailbox(alias: string, name: string, kind: TenantMailbox['kind'] = 'user'): TenantMailbox {
  return {
    address: `${alias}@contoso.com`,
    name,
    kind,
    aliases: [],
    hiddenFromAddressLists: false,
    messageCopyForSentAsEnabled: false,
    messageCopyForSendOnBehalfEnabled: false,
  }
}
