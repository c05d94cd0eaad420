import { childText, type Element, findChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import type { Recipient } from '../../store/directory.ts'
import { type Folder, isClass } from '../../store/folder.ts'
import type { Item } from '../../store/item.ts'
import { contactName, entryKey } from '../contact-properties.ts'
import { EwsRefusal } from '../errors.ts'
import { requireFolder } from '../folder-ids.ts'
import type { FoundItem } from '../item-ids.ts'
import { isTrue, writeItemId } from '../item-properties.ts'
import { itemWriter, readItemShape } from '../item-shape.ts'
import type { EwsContext, EwsOperation } from '../operation.ts'
import { itemizedResponse, message, warning } from '../response.ts'
import { requireOwnFolder } from '../target-folder.ts'
import { element, elementWith, type XmlNode } from '../writer.ts'
import { visibleItems } from './find-item.ts'

/** As many as Exchange resolves to at most. */
const MOST_RESOLUTIONS = 100

/** Finds people and groups by the beginning of a name, an alias or an address, in the directory and in contacts. */
export const resolveNames: EwsOperation = {
  name: 'ResolveNames',
  requestType: 'ResolveNamesType',
  since: 'Exchange2007',
  handle(context, request) {
    const name = 'm:ResolveNamesResponseMessage'
    let several = false
    const answer = message(name, () => {
      const resolutions = resolve(context, request)
      if (resolutions.length === 0) throw new EwsRefusal('ErrorNameResolutionNoResults')
      several = resolutions.length > 1
      return resolutionSet(resolutions)
    })
    const set = answer.children.find((child) => typeof child !== 'string' && child.name === 'm:ResolutionSet')
    return itemizedResponse('ResolveNames', [
      several ? warning(name, new EwsRefusal('ErrorNameResolutionMultipleResults'), set) : answer,
    ])
  },
}

function resolutionSet(resolutions: readonly XmlNode[]): XmlNode {
  const shown = resolutions.slice(0, MOST_RESOLUTIONS)
  return elementWith(
    'm:ResolutionSet',
    {
      TotalItemsInView: shown.length,
      IncludesLastItemInRange: shown.length === resolutions.length,
    },
    shown,
  )
}

function resolve(context: EwsContext, request: Element): XmlNode[] {
  const entry = childText(request, 'UnresolvedEntry', NAMESPACES.messages) ?? ''
  const wanted = entry
    .replace(/^smtp:/i, '')
    .trim()
    .toLowerCase()
  if (wanted === '') throw new EwsRefusal('ErrorInvalidNameForNameResolution')
  const scope = request.attributes.SearchScope ?? 'ActiveDirectoryContacts'
  const full = isTrue(request.attributes.ReturnFullContactData ?? '')
  const directory = scope.includes('ActiveDirectory')
    ? [...context.exchange.directory.recipients()]
        .filter((recipient) => !recipient.hiddenFromAddressLists && isMeant(recipient, wanted))
        .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    : []
  // Whoever is named exactly is meant, even if other names begin alike.
  const exact = directory.filter((recipient) => names(recipient).some((name) => name === wanted))
  const people = (exact.length > 0 ? exact : directory).map((recipient) =>
    writeRecipient(context, recipient, full),
  )
  const contacts = scope.includes('Contacts')
    ? visibleItems(context, contactsFolder(context, request))
        .filter(({ item }) => isClass(item.itemClass, 'IPM.Contact') && isContactMeant(item, wanted))
        .map((found) => writeContact(context, found, full))
    : []
  return scope.startsWith('Contacts') ? [...contacts, ...people] : [...people, ...contacts]
}

/** The one contacts folder that the request names, or the caller's own. @throws EwsRefusal */
function contactsFolder(context: EwsContext, request: Element): Folder {
  const ids = findChild(request, 'ParentFolderIds', NAMESPACES.messages)?.children ?? []
  if (ids.length > 1) throw new EwsRefusal('ErrorResolveNamesOnlyOneContactsFolderAllowed')
  const [id] = ids
  const folder = id ? requireFolder(context, id) : requireOwnFolder(context, 'contacts')
  if (!isClass(folder.folderClass, 'IPF.Contact')) throw new EwsRefusal('ErrorResolveNamesInvalidFolderType')
  return folder
}

function names(recipient: Recipient): string[] {
  const addresses = [recipient.address, ...recipient.aliases].map((address) => address.toLowerCase())
  return [
    recipient.name.toLowerCase(),
    ...addresses,
    ...addresses.map((address) => address.slice(0, address.lastIndexOf('@'))),
  ]
}

/** Ambiguous name resolution: the beginning of the name, of a part of it, of the alias or of an address. */
function isMeant(recipient: Recipient, wanted: string): boolean {
  return [...names(recipient), ...recipient.name.toLowerCase().split(/\s+/)].some((name) =>
    name.startsWith(wanted),
  )
}

function isContactMeant(item: Item, wanted: string): boolean {
  const name = contactName(item).toLowerCase()
  const addresses = emailAddresses(item).map((address) => address.toLowerCase())
  return [name, ...name.split(/\s+/), ...addresses].some((text) => text.startsWith(wanted))
}

function emailAddresses(item: Item): string[] {
  return ['EmailAddress1', 'EmailAddress2', 'EmailAddress3'].flatMap((key) => {
    const value = item.properties[entryKey('contacts:EmailAddress', key)]
    return typeof value === 'string' ? [value] : []
  })
}

function writeRecipient(context: EwsContext, recipient: Recipient, full: boolean): XmlNode {
  const mailbox = context.exchange.directory.hasMailbox(recipient)
  return element(
    't:Resolution',
    element(
      't:Mailbox',
      element('t:Name', recipient.name),
      element('t:EmailAddress', recipient.address),
      element('t:RoutingType', 'SMTP'),
      element('t:MailboxType', mailbox ? 'Mailbox' : 'PublicDL'),
    ),
    full && mailbox
      ? element(
          't:Contact',
          element('t:DisplayName', recipient.name),
          element(
            't:EmailAddresses',
            [recipient.address, ...recipient.aliases]
              .slice(0, 3)
              .map((address, index) =>
                elementWith('t:Entry', { Key: `EmailAddress${index + 1}` }, `SMTP:${address}`),
              ),
          ),
          element('t:ContactSource', 'ActiveDirectory'),
        )
      : undefined,
  )
}

function writeContact(context: EwsContext, found: FoundItem, full: boolean): XmlNode {
  const { item } = found
  const shape = element('m:ItemShape', element('t:BaseShape', 'Default'))
  return element(
    't:Resolution',
    element(
      't:Mailbox',
      element('t:Name', contactName(item)),
      emailAddresses(item)[0] && element('t:EmailAddress', emailAddresses(item)[0]),
      element('t:RoutingType', 'SMTP'),
      element('t:MailboxType', 'Contact'),
      writeItemId('t:ItemId', item),
    ),
    full ? itemWriter(context, readItemShape(asElement(shape), 'find'))(found) : undefined,
  )
}

/** A shape of one's own, as if a client had sent it. */
function asElement(node: XmlNode): Element {
  const children = node.children.filter((child) => typeof child !== 'string').map(asElement)
  return {
    name: node.name.slice(2),
    namespace: node.name.startsWith('m:') ? NAMESPACES.messages : NAMESPACES.types,
    attributes: node.attributes,
    children,
    text: node.children.filter((child) => typeof child === 'string').join(''),
  }
}
