import { describe, expect, it } from 'vitest'
import { runCli } from '../run-cli.ts'

describe('demo', () => {
  it('tells the whole story, step by step, and ends with what to type next', async () => {
    const run = await runCli(['demo'])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const story = [
      '403 ErrorSendAsDenied',
      'AddDelegate',
      'GetDelegate',
      'calendar Editor, inbox Reviewer',
      '202 Accepted',
      'sender Adele Vance <AdeleV@contoso.com>, from Allan Deyoung <AllanD@contoso.com>',
      'Adele Vance on behalf of Allan Deyoung',
      '“on behalf of”: sender Adele Vance, from Allan Deyoung; received: yes; nothing is left of it',
      'Explicit access',
      'Implicit access',
      'Adele writes into Allan’s calendar',
      'read “Lunch”, changed to “Lunch, at one”, copied, and both deleted',
      'MeganB@contoso.com: Reviewer',
      'RemoveDelegate',
      '“denied”; what is missing is the right (ErrorSendAsDenied)',
      'ews-delegates simulate',
    ]
    let at = 0
    for (const text of story) {
      const found = run.stdout.indexOf(text, at)
      expect(found, text).toBeGreaterThanOrEqual(at)
      at = found
    }
    expect(run.stdout).not.toContain('\u001b')
    for (const line of run.stdout.split('\n')) expect(line.split('ErrorSendAsDenied').length).toBeLessThan(3)
  })

  it('has colour on a terminal, unless NO_COLOR is set', async () => {
    expect((await runCli(['demo'], { columns: 100 })).stdout).toContain('\u001b[1m')
    expect((await runCli(['demo'], { columns: 100, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b')
  })

  it('is a list of steps as JSON', async () => {
    const { steps } = (await runCli(['demo', '-o', 'json'])).json() as { steps: { ok: boolean }[] }
    expect(steps).toHaveLength(12)
    expect(steps.every((step) => step.ok)).toBe(true)
  })

  it('names only commands that exist at its end', async () => {
    const { stdout } = await runCli(['demo'], { env: { npm_lifecycle_event: 'start' } })
    const commands = [...stdout.matchAll(/^ +npx ews-delegates (.+)$/gm)].map(
      (match) => match[1]?.split(' ') ?? [],
    )
    expect(commands.length).toBeGreaterThan(4)
    for (const words of commands) {
      if (words[0] === 'simulate') continue
      const run = await runCli(words.map((word) => word.replace(/^(OWNER|DELEGATE)$/, '$1@contoso.com')))
      // They get as far as the server, which this test does not give.
      expect(`${words.join(' ')}: ${run.stderr}`).toMatch(
        /No server is given|no access token|--help: $|--dry-run: $/,
      )
    }
  })
})
