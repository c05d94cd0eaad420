import { InvalidInputError } from '../../errors.ts'
import { explicitFolder } from '../../model/folder-target.ts'
import { RESOLVE_NAMES_SCOPES, type ResolveNamesScope } from '../../model/resolved-name.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { EWS_FLAGS } from '../flags.ts'
import { FOLDER_FLAGS } from '../folder-flags.ts'
import { itemHint } from '../item-hints.ts'
import { parseNamed } from '../named.ts'
import { addressOf, ewsSignIn } from '../people.ts'
import { formatTable } from '../table.ts'

export const resolve = defineCommand({
  name: 'resolve',
  summary: 'Shows whom a name, the beginning of one, an alias or an address can mean',
  details: 'In the directory and, after it, in the contacts of whoever signs in.',
  operands: [{ name: 'NAME', description: 'a name, its beginning, an alias or an address' }],
  flags: {
    mailbox: {
      ...FOLDER_FLAGS.mailbox,
      description: 'look in the contacts of this mailbox in place of one’s own',
    },
    scope: {
      type: 'text',
      value: 'WHERE',
      description: `${RESOLVE_NAMES_SCOPES.join(', ')} (default: the second)`,
      choices: RESOLVE_NAMES_SCOPES,
    },
    ...EWS_FLAGS,
  },
  examples: [
    ['resolve Adele', ''],
    ["resolve 'Allan D' --output json", 'for programs'],
  ],

  async run(context, { flags, operands }) {
    const scope = flags.scope === undefined ? undefined : readScope(flags.scope)
    const ews = ewsSignIn(context, flags)
    const owner = flags.mailbox === undefined ? undefined : await addressOf(context, ews, flags.mailbox)
    const { candidates, complete } = await (await ews()).resolveNames(operands.NAME, {
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
          name: operands.NAME,
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
              message: `${JSON.stringify(operands.NAME.slice(0, 80))} is nobody’s name.`,
              responseCode: 'ErrorNameResolutionNoResults',
              hint: itemHint('ErrorNameResolutionNoResults'),
            },
          }),
    }
  },
})

function readScope(text: string): ResolveNamesScope {
  return parseNamed(text, RESOLVE_NAMES_SCOPES, (word) => {
    const scope = RESOLVE_NAMES_SCOPES.find((each) => each.toLowerCase() === word.trim().toLowerCase())
    if (scope) return scope
    throw new InvalidInputError(`${JSON.stringify(word.slice(0, 40))} is not a place to look names up.`, {
      hint: `It is one of ${RESOLVE_NAMES_SCOPES.join(', ')}.`,
    })
  })
}
