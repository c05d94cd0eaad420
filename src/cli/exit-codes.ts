/** What the process ends with; documented for scripts, so a number never changes its meaning. */
export const EXIT = {
  done: 0,
  /** A mistake in this program. */
  unexpected: 1,
  /** The command line, the environment or a file is wrong; nothing was sent. */
  usage: 2,
  /** The server understood and refused, or a write was held back to protect what is there. */
  refused: 3,
  /** Several things were asked for and some were refused; a write reads back as something else; a result was lost. */
  partial: 4,
  /** No usable answer: unreachable, timed out, not signed in, blocked, or not an Exchange at all. */
  unreachable: 5,
  /** Stopped by the person at the keyboard, as shells number Ctrl-C. */
  stopped: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/**
 * How a look at many mailboxes ends of which some could not be read.
 * @param unreachable those of the unread for which no server was there or had room, or the sign-in was refused.
 */
export function unreadExit(mailboxes: number, unread: number, unreachable: number): ExitCode {
  if (unread < mailboxes) return EXIT.partial
  return unreachable > 0 ? EXIT.unreachable : EXIT.refused
}
