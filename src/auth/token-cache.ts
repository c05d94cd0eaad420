import { createCipheriv, createDecipheriv, randomBytes, randomUUID, scrypt } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InvalidInputError } from '../errors.ts'

/** Where tokens outlive the process. Without one they are kept in memory. */
export interface TokenCache {
  /** Where that is, for messages. */
  readonly describe: string
  /** What was saved last; undefined when there is nothing. */
  load(): Promise<string | undefined>
  save(content: string): Promise<void>
  /** Forgets everything. */
  clear(): Promise<void>
}

interface Sealed {
  readonly version: 1
  readonly salt: string
  readonly nonce: string
  readonly tag: string
  readonly data: string
}

/**
 * Tokens in a file, encrypted (scrypt, AES-256-GCM) and for its owner alone (mode 0600).
 *
 * @param options.passphrase what the key is made of. Keep it elsewhere than the file.
 * @throws InvalidInputError for a passphrase that is too short, or is not the one the file was written with.
 */
export function fileTokenCache(options: { path: string; passphrase: string }): TokenCache {
  const { path, passphrase } = options
  if (passphrase.length < 12) {
    throw new InvalidInputError('The passphrase of the token cache is shorter than 12 characters.', {
      hint: 'Make one with: openssl rand -base64 24',
    })
  }
  const keys = new Map<string, Promise<Buffer>>()
  const keyFor = (salt: Buffer) => {
    const name = salt.toString('base64')
    const key = keys.get(name) ?? deriveKey(passphrase, salt)
    keys.set(name, key)
    return key
  }
  let salt: Buffer | undefined

  return {
    describe: path,
    async load() {
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw unreadable(path, error)
      }
      const sealed = parseSealed(text, path)
      const usedSalt = Buffer.from(sealed.salt, 'base64')
      const decipher = createDecipheriv(
        'aes-256-gcm',
        await keyFor(usedSalt),
        Buffer.from(sealed.nonce, 'base64'),
        { authTagLength: 16 },
      )
      try {
        decipher.setAuthTag(Buffer.from(sealed.tag, 'base64'))
        const content = Buffer.concat([decipher.update(Buffer.from(sealed.data, 'base64')), decipher.final()])
        salt = usedSalt
        return content.toString('utf8')
      } catch (cause) {
        throw new InvalidInputError(
          `The token cache ${path} was written with another passphrase, or was changed.`,
          {
            cause,
            hint: 'Give the passphrase it was written with, or delete the file and sign in again.',
          },
        )
      }
    },
    async save(content) {
      salt ??= randomBytes(16)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', await keyFor(salt), nonce, { authTagLength: 16 })
      const data = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()])
      const sealed: Sealed = {
        version: 1,
        salt: salt.toString('base64'),
        nonce: nonce.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
        data: data.toString('base64'),
      }
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      // Renamed into its place: whoever reads meanwhile sees the old one or the new one, never half of it.
      const draft = `${path}.${randomUUID()}`
      try {
        await writeFile(draft, `${JSON.stringify(sealed)}\n`, { mode: 0o600, flag: 'wx' })
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    },
    clear: () => rm(path, { force: true }),
  }
}

/**
 * Tokens in what the system keeps secrets in: DPAPI on Windows, the Keychain on macOS, libsecret elsewhere. Needs the
 * optional package `@azure/msal-node-extensions`, which is native code.
 *
 * @throws InvalidInputError when the package is not installed or the system has no such store.
 */
export async function systemTokenCache(options: { path: string }): Promise<TokenCache> {
  const name = '@azure/msal-node-extensions'
  let extensions: Extensions
  try {
    extensions = (await import(name)) as Extensions
  } catch (cause) {
    throw new InvalidInputError('The system’s store for secrets needs a package that is not installed.', {
      cause,
      hint: 'Install it: npm install @azure/msal-node-extensions',
    })
  }
  let persistence: Persistence
  try {
    persistence = await extensions.PersistenceCreator.createPersistence({
      cachePath: options.path,
      serviceName: 'ews-delegates',
      accountName: 'tokens',
      dataProtectionScope: extensions.DataProtectionScope.CurrentUser,
      // Its own default, said aloud: a system without a store is refused, not given a readable file.
      usePlaintextFileOnLinux: false,
    })
  } catch (cause) {
    throw new InvalidInputError('This system has no store for secrets that can be used.', {
      cause,
      hint: 'On Linux libsecret and a running keyring are needed; or use the encrypted file.',
    })
  }
  return {
    describe: 'the system’s store for secrets',
    load: async () => (await persistence.load()) ?? undefined,
    save: (content) => persistence.save(content),
    clear: async () => {
      await persistence.delete()
    },
  }
}

/** What is used of the optional package. */
interface Extensions {
  readonly DataProtectionScope: { readonly CurrentUser: string }
  readonly PersistenceCreator: {
    createPersistence(options: Record<string, unknown>): Promise<Persistence>
  }
}
interface Persistence {
  load(): Promise<string | null>
  save(content: string): Promise<void>
  delete(): Promise<boolean>
}

function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.normalize('NFC'),
      salt,
      32,
      { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 },
      (error, key) => (error ? reject(error) : resolve(key)),
    )
  })
}

function parseSealed(text: string, path: string): Sealed {
  try {
    const value = JSON.parse(text) as Partial<Sealed>
    const parts = [value.salt, value.nonce, value.tag, value.data]
    if (value.version === 1 && parts.every((part) => typeof part === 'string')) return value as Sealed
  } catch (cause) {
    throw unreadable(path, cause)
  }
  throw unreadable(path)
}

function unreadable(path: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`The token cache ${path} cannot be read.`, {
    cause,
    hint: 'Delete the file and sign in again.',
  })
}
