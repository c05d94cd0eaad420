import type { Flags, FlagValues } from './command.ts'

/** Whose endpoint a mail goes through; for every way of sending. */
const ENDPOINT_FLAGS = {
  as: {
    type: 'text',
    value: 'MAILBOX',
    description: 'whose endpoint sends it: /me (default), or a user’s address or id, which takes Full Access',
  },
} as const satisfies Flags

/** What a mail is made of; none of them goes together with `--mime`, which is the whole of it. */
export const MESSAGE_FLAGS = {
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
  'body-file': { type: 'text', value: 'FILE', description: 'the text from a file; - is standard input' },
  html: { type: 'switch', description: 'the body is HTML' },
  attach: { type: 'list', value: 'FILE', description: 'a file that goes along, up to 150 MB' },
  inline: {
    type: 'list',
    value: 'ID=FILE',
    description: 'a picture that the HTML body shows as cid:ID',
  },
  header: { type: 'list', value: 'X-NAME:TEXT', description: 'a header of one’s own, at most five' },
  importance: {
    type: 'text',
    value: 'LEVEL',
    description: 'low, normal or high',
    choices: ['low', 'normal', 'high'],
  },
  flag: { type: 'switch', description: 'flag it for follow-up' },
  due: { type: 'text', value: 'DATE', description: 'flag it for follow-up on this day, such as 2026-12-24' },
  mention: {
    type: 'list',
    value: 'ADDRESS',
    description: 'somebody whom the text calls by name; with --graph-version beta',
  },
  save: {
    type: 'switch',
    description: 'keep a copy in Sent Items, which is the default',
    negatable: true,
  },
  draft: {
    type: 'switch',
    description: 'write a draft first and send that, as is done for attachments above 3 MB',
  },
  'draft-only': { type: 'switch', description: 'leave it in Drafts, and send nothing' },
} as const satisfies Flags

/** What `mail send` can say of a mail. */
export const MAIL_FLAGS = {
  ...MESSAGE_FLAGS,
  mime: {
    type: 'text',
    value: 'FILE',
    description:
      'a whole message in MIME, as it is or in base64, in place of all the above; - is standard input',
  },
  ...ENDPOINT_FLAGS,
} as const satisfies Flags

export type MailFlagValues = FlagValues<typeof MAIL_FLAGS>
