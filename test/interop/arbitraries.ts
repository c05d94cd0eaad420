import fc from 'fast-check'
import { DELEGATE_FOLDERS, type DelegateInput } from '../../src/model/delegate.ts'
import type { FolderPermission } from '../../src/model/folder-permission.ts'
import { DELEGATE_LEVELS, levelOf } from '../../src/model/permission-level.ts'
import type { UserIdentity, UserRef } from '../../src/model/user-ref.ts'
import { anyRights } from '../helpers/rights-arbitrary.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/)
export const smtpAddress = fc.tuple(word, word).map(([name, domain]) => `${name}@${domain}.example`)
export const sid = fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `S-1-5-21-${a}-${b}`)
const displayName = fc.string({ minLength: 1 })
const distinguishedUser = fc.constantFrom('Default' as const, 'Anonymous' as const)

/** One identifier. */
export const mailboxRef: fc.Arbitrary<UserRef> = fc.oneof(fc.record({ smtpAddress }), fc.record({ sid }))
export const userRef: fc.Arbitrary<UserRef> = fc.oneof(mailboxRef, fc.record({ distinguishedUser }))

/** What a server says of a user; any part may be missing, and all of them. */
export const identity: fc.Arbitrary<UserIdentity> = fc.oneof(
  fc.record({ sid, smtpAddress, displayName }, { requiredKeys: [] }),
  fc.record({ distinguishedUser }),
)

export const rights = anyRights()

export const folderPermission: fc.Arbitrary<FolderPermission> = fc
  .tuple(identity, rights)
  .map(([user, its]) => ({ user, rights: its, level: levelOf(its, 'calendar') }))

/** Levels and flags, of which any may not be named. */
export const delegateInput: fc.Arbitrary<DelegateInput> = fc
  .record(
    {
      user: mailboxRef,
      permissions: fc.record(
        Object.fromEntries(DELEGATE_FOLDERS.map((folder) => [folder, fc.constantFrom(...DELEGATE_LEVELS)])),
        { requiredKeys: [] },
      ),
      receiveCopiesOfMeetingMessages: fc.boolean(),
      viewPrivateItems: fc.boolean(),
    },
    { requiredKeys: ['user'] },
  )
  .map(({ permissions, ...rest }) => ({
    ...rest,
    ...(permissions && Object.keys(permissions).length > 0 ? { permissions } : {}),
  }))
