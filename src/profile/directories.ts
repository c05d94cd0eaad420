import { isAbsolute, join } from 'node:path'
import { InvalidInputError } from '../errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Where profiles are: `$XDG_CONFIG_HOME` or `~/.config`, `%APPDATA%` on Windows. */
export function configDirectory(env: Environment, platform: NodeJS.Platform = process.platform): string {
  return join(base(env, platform, 'XDG_CONFIG_HOME', '.config', 'APPDATA'), 'ews-delegates')
}

/** Where tokens and discovered endpoints are: `$XDG_CACHE_HOME` or `~/.cache`, `%LOCALAPPDATA%` on Windows. */
export function cacheDirectory(env: Environment, platform: NodeJS.Platform = process.platform): string {
  return join(base(env, platform, 'XDG_CACHE_HOME', '.cache', 'LOCALAPPDATA'), 'ews-delegates')
}

function base(
  env: Environment,
  platform: NodeJS.Platform,
  xdg: string,
  folder: string,
  windows: string,
): string {
  // The XDG specification ignores relative paths; an empty one counts as unset.
  const named = env[xdg]
  if (named && isAbsolute(named)) return named
  const home = platform === 'win32' ? env.USERPROFILE : env.HOME
  const own = platform === 'win32' ? env[windows] : undefined
  if (own) return own
  if (home) return join(home, folder)
  throw new InvalidInputError('It is not known where the configuration of this user is.', {
    hint: `Set ${platform === 'win32' ? windows : 'HOME'} or ${xdg}.`,
  })
}
