// FindItem over a folder of 10,000 messages, page by page, without a network: this library from request to plain data,
// against fast-xml-parser alone on the same bytes in the same run.
import { XMLParser } from 'fast-xml-parser'
import { basic, EwsClient, explicitFolder } from '../dist/index.js'
import { compare, printRow } from './measure.mjs'

const ITEMS = 10_000
const PAGE = 500

const message = (n) =>
  `<t:Message><t:ItemId Id="AAMkAGY3MjRiZTc5LTk4YzQtNGRjZS1hMGY1LWQ3ZjE2ZjY0ZTE4NABGAAAAAAD${String(n).padStart(8, '0')}AAA=" ChangeKey="CQAAABYAAABEs3JxrYUzQ5vXk5g${String(n).padStart(8, '0')}"/><t:ParentFolderId Id="AAMkAGY3MjRiZTc5LTk4YzQtNGRjZS1hMGY1LWQ3ZjE2ZjY0ZTE4NAAuAAAAAAD" ChangeKey="AQAAAA=="/><t:ItemClass>IPM.Note</t:ItemClass><t:Subject>Quarterly budget &amp; plans, part ${n}</t:Subject><t:Sensitivity>Normal</t:Sensitivity><t:DateTimeReceived>2026-11-20T08:15:30Z</t:DateTimeReceived><t:Size>${4000 + n}</t:Size><t:Importance>Normal</t:Importance><t:IsSubmitted>false</t:IsSubmitted><t:IsDraft>false</t:IsDraft><t:IsFromMe>false</t:IsFromMe><t:DateTimeSent>2026-11-20T08:15:28Z</t:DateTimeSent><t:DateTimeCreated>2026-11-20T08:15:30Z</t:DateTimeCreated><t:DisplayCc/><t:DisplayTo>Allan Deyoung</t:DisplayTo><t:HasAttachments>false</t:HasAttachments><t:Culture>en-US</t:Culture><t:Sender><t:Mailbox><t:Name>Megan Bowen</t:Name></t:Mailbox></t:Sender><t:IsReadReceiptRequested>false</t:IsReadReceiptRequested><t:From><t:Mailbox><t:Name>Megan Bowen</t:Name></t:Mailbox></t:From><t:IsRead>${n % 2 === 0}</t:IsRead></t:Message>`

function answer(offset, count) {
  const end = Math.min(offset + count, ITEMS)
  let items = ''
  for (let n = offset; n < end; n++) items += message(n)
  return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="6" Version="V2017_07_11" xmlns:h="http://schemas.microsoft.com/exchange/services/2006/types"/></s:Header><s:Body><m:FindItemResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages><m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:RootFolder IndexedPagingOffset="${end}" TotalItemsInView="${ITEMS}" IncludesLastItemInRange="${end === ITEMS}"><t:Items>${items}</t:Items></m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>`
}

// Made once, in the first round, so that no round pays for it.
const answers = new Map()
const client = new EwsClient({
  url: 'https://mail.contoso.com/EWS/Exchange.asmx',
  auth: basic({ user: 'admin', password: 'x' }),
  transport: async ({ body }) => {
    const [, count, offset] = /MaxEntriesReturned="(\d+)" Offset="(\d+)"/.exec(body)
    if (!answers.has(offset)) answers.set(offset, answer(Number(offset), Number(count)))
    return { status: 200, statusText: 'OK', headers: {}, body: answers.get(offset) }
  },
})

async function ours() {
  let count = 0
  for await (const item of client.items.find(explicitFolder('inbox', 'allan@contoso.com'), {
    pageSize: PAGE,
  }))
    if (item.subject) count++
  if (count !== ITEMS) throw new Error(`${count} items`)
}
await ours()

// With the options this library gives it, so that the difference is this library's work alone.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
})
function parserAlone() {
  for (const text of answers.values()) parser.parse(text)
}

const bytes = [...answers.values()].reduce((sum, text) => sum + text.length, 0)
const medians = await compare({ parserAlone, ours }, { rounds: 9 })
printRow(`FindItem, ${ITEMS} items, ${(bytes / 1e6).toFixed(1)} MB`, 'ms', 'items/s', 'MB/s', 'ratio')
for (const [name, label] of [
  ['parserAlone', 'fast-xml-parser alone'],
  ['ours', 'ews-delegates, whole'],
]) {
  const ms = medians[name]
  printRow(
    label,
    ms.toFixed(0),
    Math.round(ITEMS / (ms / 1000)),
    (bytes / 1000 / ms).toFixed(1),
    `${(ms / medians.parserAlone).toFixed(2)}×`,
  )
}
