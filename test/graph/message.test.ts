import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readErrorEnvelope } from '../../src/graph/classify.ts'
import { readMailFolder } from '../../src/graph/mail-folder.ts'
import { buildMessage, checkMessage, readMessage } from '../../src/graph/message.ts'
import { parseRecipient, parseRecipients } from '../../src/graph/recipient.ts'

describe('parseRecipient', () => {
  test.each([
    ['AdeleV@contoso.com', { address: 'AdeleV@contoso.com' }],
    ['  AdeleV@contoso.com ', { address: 'AdeleV@contoso.com' }],
    ['<AdeleV@contoso.com>', { address: 'AdeleV@contoso.com' }],
    ['Adele Vance <AdeleV@contoso.com>', { name: 'Adele Vance', address: 'AdeleV@contoso.com' }],
    ['"Vance, Adele" <AdeleV@contoso.com>', { name: 'Vance, Adele', address: 'AdeleV@contoso.com' }],
    ['A <B> <AdeleV@contoso.com>', { name: 'A <B>', address: 'AdeleV@contoso.com' }],
  ])('%s', (input, person) => expect(parseRecipient(input, 'the recipient')).toEqual(person))

  test('a list is read in order, one alone is a list, none is an empty one', () => {
    expect(parseRecipients(['a@b.c', { address: 'd@e.f', name: 'D' }], 'the recipient')).toEqual([
      { address: 'a@b.c' },
      { name: 'D', address: 'd@e.f' },
    ])
    expect(parseRecipients('a@b.c', 'the recipient')).toEqual([{ address: 'a@b.c' }])
    expect(parseRecipients(undefined, 'the recipient')).toEqual([])
  })

  test('whatever is read holds one address and nothing that breaks a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.emailAddress(), (name, address) => {
        let person: { name?: string; address: string }
        try {
          person = parseRecipient(`${name} <${address}>`, 'the recipient')
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT' })
          return
        }
        expect(`${person.name ?? ''}${person.address}`).not.toMatch(/\p{Cc}/u)
        expect(person.address.split('@')).toHaveLength(2)
      }),
    )
  })
})

describe('what a server answers', () => {
  test('no JSON whatever makes the readers throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
        for (const each of [
          value,
          {
            id: 'x',
            from: value,
            sender: other,
            toRecipients: value,
            body: other,
            internetMessageHeaders: value,
          },
          { error: value },
          { error: { code: 'x', message: value, innerError: other } },
        ]) {
          readMessage(each)
          readMailFolder(each)
          readErrorEnvelope(each)
        }
      }),
    )
  })

  test('an error’s text is cut off and holds no token', () => {
    const token = 'eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhZGVsZSJ9.c2lnbmF0dXJl'
    const envelope = readErrorEnvelope({ error: { code: 'x', message: `${token} ${'y'.repeat(5000)}` } })
    expect(envelope?.message).not.toContain(token)
    expect(envelope?.message.length).toBeLessThan(2100)
  })

  test('both spellings of innerError are read', () => {
    for (const name of ['innerError', 'innererror']) {
      const error = { code: 'x', message: 'y', [name]: { 'request-id': 'r' } }
      expect(readErrorEnvelope({ error })?.requestId).toBe('r')
    }
  })
})

test('what is written is what is read again', () => {
  const people = fc.array(
    fc.record({
      name: fc.string({ minLength: 1 }).map((text) => `N${text.trim()}`),
      address: fc.emailAddress(),
    }),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(people, people, fc.string(), fc.string(), (to, cc, subject, content) => {
      let checked: ReturnType<typeof checkMessage>
      try {
        checked = checkMessage({ to, cc, subject, body: { contentType: 'html', content } }, 'v1.0')
      } catch {
        // Addresses that Exchange does not take, line breaks: other tests' business.
        return
      }
      const wire = JSON.parse(JSON.stringify({ id: '1', ...buildMessage(checked) }))
      expect(readMessage(wire)).toMatchObject({ to, cc, subject, body: { contentType: 'HTML', content } })
    }),
  )
})
