import { DELEGATE_FOLDERS, DELIVER_MEETING_REQUESTS } from '../model/delegate.ts'
import { DISTINGUISHED_FOLDERS } from '../model/folder-target.ts'
import { GRANT_MODES } from '../model/grant-mode.ts'
import { DELEGATE_LEVELS, ITEM_SCOPES, NAMED_LEVELS, READ_ACCESS } from '../model/permission-level.ts'
import { GRANTS_VERSION } from './grants-document.ts'

/** Where editors find {@link GRANTS_SCHEMA}: a file of this package. */
export const GRANTS_SCHEMA_FILE = 'grants.schema.json'

const levels = Object.fromEntries(
  DELEGATE_FOLDERS.map((folder) => [
    folder,
    {
      $ref: '#/$defs/delegateLevel',
      description: `The level on ${folder}. Not named: left as it is; None in exact mode, unless folders say otherwise.`,
    },
  ]),
)
const flags = {
  privateItems: { type: 'boolean', description: 'May see items marked private, in all folders.' },
  meetingCopies: {
    type: 'boolean',
    description: 'Receives copies of the owner’s meeting messages; needs Editor on the calendar.',
  },
}
const expires = {
  type: 'string',
  description:
    'When the grant is over: 2027-03-31 for the end of that day (UTC), or an instant with its zone.',
  pattern: '^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2}))?$',
}
const absent = { type: 'boolean', description: 'True: the grant is to be gone.' }
const list = (name: string) => ({ type: 'array', items: { $ref: `#/$defs/${name}` } })
const object = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const body = {
  deliverMeetingRequests: {
    enum: DELIVER_MEETING_REQUESTS,
    description: 'Where meeting requests go; one setting for the mailbox.',
  },
  delegates: {
    ...list('delegate'),
    description: 'Left out: delegates are not touched. Exact mode: everybody else is removed.',
  },
  folders: {
    ...list('folder'),
    description: 'Permissions of single folders. Exact mode: everybody else is removed from these folders.',
  },
}

/** The file format as JSON Schema, so that editors complete and check it. */
export const GRANTS_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Grants of Exchange mailboxes',
  description: 'Who may do what in which mailbox, for ews-delegates plan and apply.',
  ...object({
    $schema: { type: 'string' },
    version: { const: GRANTS_VERSION },
    mode: { $ref: '#/$defs/mode' },
    roles: {
      type: 'object',
      description: 'Named sets of levels, so that a thousand mailboxes are not a thousand copies.',
      additionalProperties: { $ref: '#/$defs/role' },
    },
    defaults: {
      ...object({ role: { type: 'string' }, ...body }),
      description: 'What holds for every mailbox of the file.',
    },
    mailboxes: list('mailbox'),
  }),
  $defs: {
    mode: {
      enum: GRANT_MODES,
      description:
        'additive: what is named is made so, everything else stays. exact: in what is described nothing else may be there.',
    },
    mailbox: object(
      {
        mailbox: { type: 'string', description: 'The owner’s primary SMTP address.' },
        mode: { $ref: '#/$defs/mode' },
        ...body,
      },
      ['mailbox'],
    ),
    delegate: object(
      {
        user: { type: 'string', description: 'Primary SMTP address or SID.' },
        role: { type: 'string', description: 'A name of roles; what is said here goes before it.' },
        ...levels,
        ...flags,
        expires,
        absent,
      },
      ['user'],
    ),
    role: object({
      ...levels,
      ...flags,
      folders: {
        type: 'object',
        description: 'Folder permissions that come with the role: levels or rights by folder.',
        additionalProperties: { anyOf: [{ $ref: '#/$defs/level' }, { $ref: '#/$defs/rights' }] },
      },
    }),
    folder: object(
      {
        folder: {
          anyOf: [
            { enum: DISTINGUISHED_FOLDERS },
            { type: 'string', pattern: '^/', description: 'A path of display names: /Projects/2027' },
            { type: 'string', pattern: '^id:', description: 'A folder id: id:AAMk…' },
          ],
        },
        permissions: list('permission'),
      },
      ['folder', 'permissions'],
    ),
    permission: {
      ...object(
        {
          user: { type: 'string', description: 'Primary SMTP address, SID, Default or Anonymous.' },
          level: { $ref: '#/$defs/level' },
          rights: { $ref: '#/$defs/rights' },
          expires,
          absent,
        },
        ['user'],
      ),
      anyOf: [
        { required: ['level'] },
        { required: ['rights'] },
        { required: ['absent'], properties: { absent: { const: true } } },
      ],
      not: { required: ['level', 'rights'] },
    },
    delegateLevel: { enum: DELEGATE_LEVELS },
    level: { enum: NAMED_LEVELS },
    rights: {
      ...object({
        createItems: { type: 'boolean' },
        createSubFolders: { type: 'boolean' },
        folderOwner: { type: 'boolean' },
        folderVisible: { type: 'boolean' },
        folderContact: { type: 'boolean' },
        editItems: { enum: ITEM_SCOPES },
        deleteItems: { enum: ITEM_SCOPES },
        readItems: { enum: READ_ACCESS },
      }),
      description: 'Single rights; what is not named is not granted.',
    },
  },
} as const
