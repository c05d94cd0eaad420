import type { EmailAddress } from '../../model/email-address.ts'
import { findChild, findChildren } from '../../xml/element.ts'
import { readEmailAddress } from '../elements/email-address.ts'
import { writeMailbox } from '../elements/mailbox.ts'
import type { Operation } from '../operation.ts'
import { errorOf, readStatus, responseMessages } from '../response.ts'

export interface ExpandDlInput {
  /** The primary SMTP address of a group. */
  readonly group: string
}

export interface ExpandDlOutput {
  /** People and groups, one level deep. */
  readonly members: readonly EmailAddress[]
  /** False when the server did not tell all of them; there is no way to ask for more. */
  readonly complete: boolean
}

/**
 * Undefined: the address is nobody's, or no group's.
 * @see https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation
 */
export const expandDl: Operation<ExpandDlInput, ExpandDlOutput | undefined> = {
  name: 'ExpandDL',
  since: 'Exchange2007',
  retry: 'safe',
  timeZoneContext: false,

  build(body, input) {
    writeMailbox(body, 'm:Mailbox', input.group)
  },

  parse(response) {
    const message = responseMessages(response)[0] ?? response
    const status = readStatus(message)
    if (status.code === 'ErrorNameResolutionNoResults') return undefined
    if (!status.ok) throw errorOf(status, 'item')
    const expansion = findChild(message, 'DLExpansion')
    // The schema has the attributes on both; servers put them on the inner one.
    const last = expansion?.attributes.IncludesLastItemInRange ?? message.attributes.IncludesLastItemInRange
    return {
      members: expansion ? findChildren(expansion, 'Mailbox').map(readEmailAddress) : [],
      complete: last !== 'false' && last !== '0',
    }
  },
}
