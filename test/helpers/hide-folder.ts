import type { Simulator } from '../../src/simulator/index.ts'

/** Makes a folder of a mailbox one that its server does not show. */
export function hideFolder(simulator: Simulator, owner: string, hidden: string): void {
  const found = simulator.exchange.directory.find(owner)
  const mailbox = found && simulator.exchange.mailboxOf(found)
  if (!mailbox) throw new Error(`There is no mailbox ${owner}.`)
  const distinguished = mailbox.distinguished.bind(mailbox)
  mailbox.distinguished = (name) => (name === hidden ? undefined : distinguished(name))
}
