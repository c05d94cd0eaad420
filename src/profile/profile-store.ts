import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InvalidInputError } from '../errors.ts'
import { checkSetting, isSettingName, SETTING_NAMES, type SettingValues } from './settings.ts'

/** The settings of one server, by a name of the user's. */
export interface Profile {
  readonly name: string
  readonly settings: SettingValues
  readonly isDefault: boolean
}

export interface ProfileStore {
  readonly path: string
  list(): Promise<readonly Profile[]>
  /** @throws InvalidInputError when there is none of that name. */
  require(name: string): Promise<Profile>
  /** The one to take when none is named. */
  default(): Promise<Profile | undefined>
  /**
   * Adds a profile.
   * @throws InvalidInputError for a name or a value that cannot be; for one that exists, unless it is to be replaced.
   */
  add(
    name: string,
    settings: SettingValues,
    options?: { readonly replace?: boolean; readonly makeDefault?: boolean },
  ): Promise<Profile>
  remove(name: string): Promise<void>
}

interface Content {
  readonly version: 1
  default?: string | undefined
  readonly profiles: Record<string, SettingValues>
}

const SECRET = /^(?:password|passwd|pass|pwd|token|secret|client-?secret|access-?token|refresh-?token|key)$/i

/** Profiles in `profiles.json` of a directory. Nothing in it is secret, yet it says where credentials go. */
export function profileStore(directory: string): ProfileStore {
  const path = join(directory, 'profiles.json')
  const toProfile = (content: Content, name: string): Profile => ({
    name,
    settings: content.profiles[name] ?? {},
    isDefault: content.default === name,
  })
  const find = async (name: string) => {
    const content = await load(path)
    const known = Object.keys(content.profiles).find((each) => each.toLowerCase() === name.toLowerCase())
    if (known !== undefined) return { content, name: known }
    const names = Object.keys(content.profiles)
    throw new InvalidInputError(`There is no profile ${JSON.stringify(name.slice(0, 60))}.`, {
      hint:
        names.length > 0
          ? `The profiles are ${names.join(', ')}.`
          : 'There are none yet: ews-delegates profile add NAME --url ADDRESS …',
    })
  }
  return {
    path,
    async list() {
      const content = await load(path)
      return Object.keys(content.profiles)
        .sort()
        .map((name) => toProfile(content, name))
    },
    async require(name) {
      const found = await find(name)
      return toProfile(found.content, found.name)
    },
    async default() {
      const content = await load(path)
      return content.default === undefined ? undefined : toProfile(content, content.default)
    },
    async add(name, settings, options = {}) {
      requireName(name)
      for (const [setting, value] of Object.entries(settings)) checkEntry(setting, value, `Profile ${name}`)
      const content = await load(path)
      const same = Object.keys(content.profiles).find((each) => each.toLowerCase() === name.toLowerCase())
      if (same !== undefined && !options.replace) {
        throw new InvalidInputError(`There is a profile ${same} already.`, {
          hint: 'Give --replace to put this one in its place, or take another name.',
        })
      }
      const wasDefault = same !== undefined && content.default === same
      if (same !== undefined) delete content.profiles[same]
      content.profiles[name] = settings
      // The only one is meant when none is named.
      if (options.makeDefault || wasDefault || Object.keys(content.profiles).length === 1)
        content.default = name
      await save(path, content)
      return toProfile(content, name)
    },
    async remove(given) {
      const { content, name } = await find(given)
      delete content.profiles[name]
      if (content.default === name) content.default = undefined
      await save(path, content)
    },
  }
}

async function load(path: string): Promise<Content> {
  let text: string
  try {
    const file = await open(path, 'r')
    try {
      requireOwn((await file.stat()).mode, path)
      text = await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, profiles: {} }
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError(`${path} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
  return parse(text, path)
}

/** Whoever can write it can have the next password sent to a server of theirs. */
function requireOwn(mode: number, path: string): void {
  if (process.platform !== 'win32' && mode & 0o022) {
    throw new InvalidInputError(`${path} can be written by others, and is not used.`, {
      hint: `Look at what stands in it, then: chmod 600 ${path}`,
    })
  }
}

function parse(text: string, path: string): Content {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // The rest of the parser's sentence can quote the file, in which somebody may have written a password.
    const [place = ''] = / at position \d+/.exec((error as Error).message) ?? []
    throw new InvalidInputError(`${path} is not JSON${place && `: it breaks${place}`}.`, {
      hint: 'Mend it, or delete it and add the profiles again.',
    })
  }
  const { version, default: preferred, profiles, ...others } = requireObject(value, path)
  const extra = Object.keys(others)[0]
  if (version !== 1 || extra !== undefined) {
    throw new InvalidInputError(
      version === 1
        ? `${path} holds ${JSON.stringify(extra?.slice(0, 40))}, which is not known here.`
        : `${path} is of a version that is not known here.`,
      { hint: 'It may come from a newer ews-delegates.' },
    )
  }
  const content: Content = { version: 1, profiles: {} }
  for (const [name, settings] of Object.entries(requireObject(profiles, `“profiles” in ${path}`))) {
    requireName(name)
    const entries = Object.entries(requireObject(settings, `Profile ${name} in ${path}`))
    for (const [setting, each] of entries) checkEntry(setting, each, `Profile ${name} in ${path}`)
    content.profiles[name] = Object.fromEntries(entries) as SettingValues
  }
  if (preferred !== undefined) {
    if (typeof preferred !== 'string' || !Object.hasOwn(content.profiles, preferred)) {
      throw new InvalidInputError(`The default of ${path} is none of its profiles.`)
    }
    content.default = preferred
  }
  return content
}

function checkEntry(setting: string, value: unknown, where: string): void {
  if (SECRET.test(setting)) {
    throw new InvalidInputError(
      `${where} holds ${JSON.stringify(setting)}, and secrets are not kept in profiles.`,
      {
        hint: 'Take it out. Passwords, secrets and tokens come from the environment, standard input or a prompt.',
      },
    )
  }
  if (!isSettingName(setting)) {
    throw new InvalidInputError(`${where} has no setting ${JSON.stringify(setting.slice(0, 40))}.`, {
      hint: `The settings are ${SETTING_NAMES.join(', ')}.`,
    })
  }
  if (typeof value !== 'string') throw new InvalidInputError(`${where}: ${setting} is not text.`)
  checkSetting(setting, value)
}

function requireName(name: string): void {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name) && name !== '__proto__') return
  throw new InvalidInputError(`${JSON.stringify(name.slice(0, 80))} is not a name for a profile.`, {
    hint: 'Take letters, digits, dots, hyphens and underscores.',
  })
}

function requireObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new InvalidInputError(`${what} is not an object.`)
}

async function save(path: string, content: Content): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await chmod(draft, 0o600)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw new InvalidInputError(`${path} cannot be written: ${(error as Error).message}.`, { cause: error })
  }
}
