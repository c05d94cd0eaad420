import { describe, expect, test } from 'vitest'
import { buildMime } from '../../src/graph/mime.ts'
import { prepareSendMail } from '../../src/graph/send-mail.ts'

async function mimeOf(input: Parameters<typeof buildMime>[0]): Promise<string> {
  return Buffer.from(await buildMime(input)).toString('utf8')
}

describe('buildMime', () => {
  test('people, subject, text, own headers and importance become headers and a body', async () => {
    const mime = await mimeOf({
      from: 'Allan Deyoung <AllanD@contoso.com>',
      to: 'Megan Bowen <MeganB@contoso.com>',
      cc: 'AlexW@contoso.com',
      replyTo: 'AllanD@contoso.com',
      subject: 'Grüße',
      body: 'Hello\nthere',
      importance: 'high',
      internetMessageHeaders: [{ name: 'x-proof', value: '1' }],
    })
    expect(mime).toMatch(/^From: Allan Deyoung <AllanD@contoso\.com>\r$/m)
    expect(mime).toMatch(/^To: Megan Bowen <MeganB@contoso\.com>\r$/m)
    expect(mime).toMatch(/^Cc: AlexW@contoso\.com\r$/m)
    expect(mime).toMatch(/^Reply-To: AllanD@contoso\.com\r$/m)
    expect(mime).toMatch(/^Subject: =\?UTF-8\?/m)
    expect(mime).toMatch(/^x-proof: 1\r$/im)
    expect(mime).toMatch(/^Importance: high\r$/im)
    expect(mime).toMatch(/^Message-ID: </im)
    expect(mime).not.toMatch(/^Sender:/im)
    expect(mime).toContain('\r\n\r\nHello\r\nthere')
  })

  test('blind copies stay, for Exchange reads the recipients from the message', async () => {
    expect(await mimeOf({ to: 'a@contoso.com', bcc: 'b@contoso.com' })).toMatch(/^Bcc: b@contoso\.com\r$/m)
  })

  test('HTML and files make a multipart message', async () => {
    const mime = await mimeOf({
      to: 'a@contoso.com',
      body: { contentType: 'HTML', content: '<p>Hi <img src="cid:logo"></p>' },
      attachments: [
        { name: 'note.txt', content: Buffer.from('Hello World!'), contentType: 'text/plain' },
        { name: 'logo.png', content: new Uint8Array([1, 2]), isInline: true, contentId: 'logo' },
      ],
    })
    expect(mime).toContain('multipart/mixed')
    expect(mime).toMatch(/Content-Type: text\/html/)
    expect(mime).toMatch(/filename="?note\.txt/)
    expect(mime).toContain('SGVsbG8gV29ybGQh')
    expect(mime).toMatch(/Content-Id: <logo>/i)
  })

  test('a name cannot smuggle a header in', async () => {
    await expect(mimeOf({ to: { name: 'A\r\nBcc: evil@x.y', address: 'a@contoso.com' } })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_INPUT' }),
    )
    await expect(
      mimeOf({ to: 'a@contoso.com', mentions: 'b@contoso.com' } as Parameters<typeof buildMime>[0]),
    ).rejects.toThrow(/Mentions/)
  })

  test('what it builds is taken for a message, not for base64', async () => {
    const mime = await buildMime({ to: 'a@contoso.com', body: 'x' })
    const { body } = prepareSendMail({ mime })
    expect(Buffer.from(String(body), 'base64')).toEqual(Buffer.from(mime))
  })
})
