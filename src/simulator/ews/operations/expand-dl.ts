import { childText, requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { writeMailbox } from '../address-elements.ts'
import { EwsRefusal } from '../errors.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { elementWith } from '../writer.ts'

/** The members of a group, one level deep, as clients show them. */
export const expandDl: EwsOperation = {
  name: 'ExpandDL',
  requestType: 'ExpandDLType',
  since: 'Exchange2007',
  handle({ exchange }, request) {
    return itemizedResponse('ExpandDL', [
      message('m:ExpandDLResponseMessage', () => {
        const { directory } = exchange
        const mailbox = requireChild(request, 'Mailbox', NAMESPACES.messages)
        const address = childText(mailbox, 'EmailAddress', NAMESPACES.types)
        if (!address) throw new EwsRefusal('ErrorMissingInformationEmailAddress')
        const group = directory.find(address)
        if (!group || directory.hasMailbox(group)) throw new EwsRefusal('ErrorNameResolutionNoResults')
        const members = group.members.flatMap((member) => directory.find(member) ?? [])
        return elementWith(
          'm:DLExpansion',
          { TotalItemsInView: members.length, IncludesLastItemInRange: true },
          members.map((member) => writeMailbox(member, exchange)),
        )
      }),
    ])
  },
}
