import type { CommandResult } from './command.ts'
import { indentXml } from './indent-xml.ts'
import { printableLines } from './printable.ts'

/** A request that was made and not sent. */
export interface UnsentRequest {
  /** E.g. `AddDelegate` or `sendMail`. */
  readonly operation: string
  readonly method: string
  /** Absent when no server was given. */
  readonly url: string | undefined
  /** Exactly what would be sent. */
  readonly body: string
  /** When it would be sent, where that depends on an answer. */
  readonly condition?: string
}

/**
 * What `--dry-run` shows: as text the bodies alone, so that they can be kept in a file and sent by other means.
 * @param extra more for the JSON form, e.g. the changes that were worked out.
 */
export function dryRun(
  requests: readonly UnsentRequest[],
  extra: Readonly<Record<string, unknown>> = {},
): CommandResult {
  return {
    report: {
      text: () =>
        requests
          .filter(({ body }) => body !== '')
          .map(({ body }) => `${printableLines(readable(body))}\n`)
          .join('\n'),
      json: {
        dryRun: true,
        ...extra,
        requests: requests.map(({ operation, method, url, body, condition }) => ({
          operation,
          method,
          url: url ?? null,
          ...(condition === undefined ? {} : { condition }),
          body,
        })),
      },
      csv: {
        columns: ['operation', 'method', 'url', 'condition', 'body'],
        rows: requests.map(({ operation, method, url, condition, body }) => [
          operation,
          method,
          url,
          condition,
          body,
        ]),
      },
    },
  }
}

function readable(body: string): string {
  return body.startsWith('<') ? indentXml(body) : body
}
