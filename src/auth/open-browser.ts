import { spawn } from 'node:child_process'
import { InvalidInputError } from '../errors.ts'

/**
 * Shows an address in the user's browser.
 * @throws InvalidInputError when there is no way to; the address is in the hint.
 */
export async function openBrowser(
  address: string,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new InvalidInputError('Only web addresses are opened in a browser.')
  }
  const [command, ...args] = opener(platform)
  await new Promise<void>((resolve, reject) => {
    // No shell: the address comes from a server's answer.
    const child = spawn(command, [...args, url.href], { stdio: 'ignore', detached: true })
    child.once('error', (cause) =>
      reject(
        new InvalidInputError('No browser can be opened here.', {
          cause,
          hint: 'Sign in with a device code instead.',
        }),
      ),
    )
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
}

function opener(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return [platform === 'darwin' ? 'open' : 'xdg-open']
}
