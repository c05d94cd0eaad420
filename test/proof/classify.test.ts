import { describe, expect, test } from 'vitest'
import { ConnectionError, GraphResponseError } from '../../src/errors.ts'
import {
  classifyDenial,
  classifySent,
  knownAddresses,
  type Names,
  parseSendResult,
} from '../../src/proof/classify.ts'

const ADELE = { name: 'Adele Vance', address: 'AdeleV@contoso.com' }
const ALLAN = { name: 'Allan Deyoung', address: 'AllanD@contoso.com' }
const PATTI = { name: 'Patti Fernandez', address: 'PattiF@contoso.com' }
const names: Names = {
  delegate: knownAddresses('adelev@contoso.com', 'adele@contoso.com'),
  owner: knownAddresses('allan.deyoung@contoso.com'),
  ownerIsComplete: false,
  accountIsKnown: true,
}

describe('classifySent', () => {
  test('sender the delegate, from the owner: on behalf of', () => {
    expect(classifySent({ from: ALLAN, sender: ADELE }, names)).toBe('on behalf of')
  })
  test('both the owner, also under an address that was not given: as', () => {
    expect(classifySent({ from: ALLAN, sender: ALLAN }, names)).toBe('as')
  })
  test('no sender at all counts as from', () => {
    expect(classifySent({ from: ALLAN }, names)).toBe('as')
    expect(classifySent({ from: ADELE }, names)).toBe('as self')
  })
  test('both the delegate, under any of their addresses: as self', () => {
    const alias = { address: 'ADELE@contoso.com' }
    expect(classifySent({ from: alias, sender: ADELE }, names)).toBe('as self')
  })
  test('sent by somebody else: the token is a stranger’s', () => {
    expect(classifySent({ from: ALLAN, sender: PATTI }, names)).toBe('stranger')
  })
  test('without from there is nothing to read off', () => {
    expect(classifySent({ sender: ADELE }, names)).toBe('undecided')
  })
  test('both somebody whom the directory does not know as the owner: not “as”', () => {
    const complete = { ...names, owner: knownAddresses(ALLAN.address), ownerIsComplete: true }
    expect(classifySent({ from: PATTI, sender: PATTI }, complete)).toBe('stranger')
    expect(classifySent({ from: ALLAN, sender: ALLAN }, complete)).toBe('as')
  })
  test('both the primary address of a delegate named by an alias looks like an owner’s, and is not taken for one', () => {
    const unknown = { ...names, delegate: knownAddresses('alias@contoso.com'), accountIsKnown: false }
    expect(classifySent({ from: ADELE, sender: ADELE }, unknown)).toBe('undecided')
    const given = { ...unknown, owner: knownAddresses(ALLAN.address) }
    expect(classifySent({ from: ALLAN, sender: ALLAN }, given)).toBe('as')
  })
})

describe('classifyDenial', () => {
  const refused = (graphCode: string, httpStatus = 403, message = 'No.') =>
    new GraphResponseError(message, { graphCode, httpStatus })

  test.each([
    ['ErrorSendAsDenied', 403, 'send', false, 'right'],
    ['ErrorSendAsDenied', 403, 'send', true, 'right'],
    ['ErrorAccessDenied', 403, 'draft', false, 'scope'],
    ['ErrorAccessDenied', 403, 'send', false, 'scope'],
    ['ErrorAccessDenied', 403, 'draft', true, 'full access'],
    ['ErrorItemNotFound', 404, 'draft', true, 'full access'],
    ['ErrorItemNotFound', 404, 'send', true, 'full access'],
    ['ErrorAccessDenied', 403, 'send', true, 'full access'],
    ['ErrorOfTomorrow', 403, 'send', true, 'scope'],
    ['MailboxNotEnabledForRESTAPI', 404, 'draft', false, 'mailbox'],
    ['ErrorInvalidUser', 404, 'draft', true, 'mailbox'],
    ['ErrorExceededMessageLimit', 429, 'send', false, 'policy'],
    ['ErrorOfTomorrow', 403, 'send', false, 'scope'],
  ] as const)('%s (%i) at the %s, through the owner %s: %s', (code, status, stage, viaOwner, layer) => {
    expect(classifyDenial(refused(code, status), stage, viaOwner)).toBe(layer)
  })

  test.each([
    ['send', 'Mail.Send.Shared Mail.ReadWrite.Shared', 'full access'],
    ['send', 'Mail.Send Mail.ReadWrite.Shared', 'scope'],
    ['draft', 'Mail.Send.Shared mail.readwrite.shared', 'full access'],
    ['draft', 'Mail.Send.Shared Mail.ReadWrite', 'scope'],
  ] as const)('ErrorAccessDenied at the %s through the owner, with %s: %s', (stage, scopes, layer) => {
    expect(classifyDenial(refused('ErrorAccessDenied'), stage, true, scopes.split(' '))).toBe(layer)
  })

  test('an access policy has no code of its own', () => {
    const error = refused('ErrorAccessDenied', 403, 'Access to OData is disabled. (ErrorAccessDenied)')
    expect(classifyDenial(error, 'draft', false)).toBe('policy')
  })

  test.each([
    refused('ErrorInvalidRecipients', 400),
    refused('InternalServerError', 500),
    refused('ApplicationThrottled', 429),
    refused('ErrorItemNotFound', 404),
    new ConnectionError('ERR_AUTHENTICATION', 'No.', { httpStatus: 401 }),
    new Error('bug'),
  ])('$message ($graphCode$code) is no verdict about the grant', (error) => {
    expect(classifyDenial(error, 'send', false)).toBeUndefined()
  })
})

describe('parseSendResult', () => {
  test.each([
    ['on behalf of', 'on behalf of'],
    ['On-Behalf-Of', 'on behalf of'],
    ['SendOnBehalf', 'on behalf of'],
    ['as', 'as'],
    ['Send As', 'as'],
    ['as-self', 'as self'],
    ['DENIED', 'denied'],
  ])('%s is %s', (text, result) => expect(parseSendResult(text)).toBe(result))

  test.each(['', 'maybe', 'constructor', 'onbehalfof someone'])('%j is refused', (text) => {
    expect(() => parseSendResult(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }))
  })
})
