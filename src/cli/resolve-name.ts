import { InvalidInputError } from '../errors.ts'
import { explicitFolder } from '../model/folder-target.ts'
import { RESOLVE_NAMES_SCOPES, type ResolveNamesScope } from '../model/resolved-name.ts'
import type { CommandResult } from './command.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import type { EwsFlagValues } from './flags.ts'
import { itemHint } from './item-hints.ts'
import { parseNamed } from './named.ts'
import { addressOf, ewsSignIn } from './people.ts'
import { formatTable } from './table.ts'

/** Shows whom a name can mean. */
export async function resolveEntry(
  context: Context,
  entry: string,
  flags: EwsFlagValues & { readonly mailbox: string | undefined; readonly scope: string | undefined },
): Promise<CommandResult> {
  const scope = flags.scope === undefined ? undefined : readScope(flags.scope)
  const ews = ewsSignIn(context, flags)
  const owner = flags.mailbox === undefined ? undefined : await addressOf(context, ews, flags.mailbox)
  const { candidates, complete } = await (await ews()).resolveNames(entry, {
    ...(scope === undefined ? {} : { scope }),
    ...(owner === undefined ? {} : { contactsFolder: explicitFolder('contacts', owner) }),
  })
  const rows = candidates.map(({ name, address, mailboxType }) => [name, address, mailboxType])
  return {
    report: {
      text: (terminal) =>
        rows.length === 0
          ? ''
          : `${formatTable(['Name', 'Address', 'Type'], rows, terminal)}${complete ? '' : 'There are more; say more of the name.\n'}`,
      json: {
        name: entry,
        candidates: candidates.map(({ name, address, routingType, mailboxType }) => ({
          name: name ?? null,
          address: address ?? null,
          routingType: routingType ?? null,
          mailboxType: mailboxType ?? null,
        })),
        complete,
      },
      csv: { columns: ['name', 'address', 'type'], rows },
    },
    ...(candidates.length > 0
      ? {}
      : {
          problem: {
            exitCode: EXIT.refused,
            code: 'ERR_EWS_RESPONSE' as const,
            message: `${JSON.stringify(entry.slice(0, 80))} is nobody’s name.`,
            responseCode: 'ErrorNameResolutionNoResults',
            hint: itemHint('ErrorNameResolutionNoResults'),
          },
        }),
  }
}

function readScope(text: string): ResolveNamesScope {
  return parseNamed(text, RESOLVE_NAMES_SCOPES, (word) => {
    const scope = RESOLVE_NAMES_SCOPES.find((each) => each.toLowerCase() === word.trim().toLowerCase())
    if (scope) return scope
    throw new InvalidInputError(`${JSON.stringify(word.slice(0, 40))} is not a place to look names up.`, {
      hint: `It is one of ${RESOLVE_NAMES_SCOPES.join(', ')}.`,
    })
  })
}
