// Building the request and reading the answer of a delegate operation, without a network: this library against
// ews-javascript-api, same process, same answers, a transport that returns at once.
import ewsJavascriptApi from 'ews-javascript-api'
import { basic, EwsClient } from '../dist/index.js'
import { compare, printRow } from './measure.mjs'

const OWNER = 'allan@contoso.com'
const LEVELS = ['Calendar', 'Tasks', 'Inbox', 'Contacts', 'Notes', 'Journal']

const reply = (operation, count, permissions) =>
  `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><h:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="6" Version="V2017_07_11" xmlns:h="http://schemas.microsoft.com/exchange/services/2006/types"/></s:Header><s:Body><m:${operation}Response ResponseClass="Success" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseCode>NoError</m:ResponseCode><m:ResponseMessages>${Array.from(
    { length: count },
    (_, n) =>
      `<m:DelegateUserResponseMessageType ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:DelegateUser><t:UserId><t:SID>S-1-5-21-1333220396-2200287332-232816053-${n}</t:SID><t:PrimarySmtpAddress>user${n}@contoso.com</t:PrimarySmtpAddress><t:DisplayName>User ${n}</t:DisplayName></t:UserId>${permissions ? `<t:DelegatePermissions>${LEVELS.map((level) => `<t:${level}FolderPermissionLevel>Editor</t:${level}FolderPermissionLevel>`).join('')}</t:DelegatePermissions>` : ''}<t:ReceiveCopiesOfMeetingMessages>false</t:ReceiveCopiesOfMeetingMessages><t:ViewPrivateItems>false</t:ViewPrivateItems></m:DelegateUser></m:DelegateUserResponseMessageType>`,
  ).join(
    '',
  )}</m:ResponseMessages>${operation === 'GetDelegate' ? '<m:DeliverMeetingRequests>DelegatesAndMe</m:DeliverMeetingRequests>' : ''}</m:${operation}Response></s:Body></s:Envelope>`

let answer = ''

const ours = new EwsClient({
  url: 'https://mail.contoso.com/EWS/Exchange.asmx',
  auth: basic({ user: 'admin', password: 'x' }),
  transport: async () => ({ status: 200, statusText: 'OK', headers: {}, body: answer }),
})

const {
  ExchangeService,
  ExchangeVersion,
  Uri,
  WebCredentials,
  Mailbox,
  DelegateUser,
  DelegateFolderPermissionLevel,
} = ewsJavascriptApi
const theirs = new ExchangeService(ExchangeVersion.Exchange2013_SP1)
theirs.Credentials = new WebCredentials('admin', 'x')
theirs.Url = new Uri('https://mail.contoso.com/EWS/Exchange.asmx')
theirs.XHRApi = {
  xhr: () =>
    Promise.resolve({
      response: answer,
      responseText: answer,
      status: 200,
      headers: {},
      getAllResponseHeaders: () => '',
      getResponseHeader: () => 'text/xml',
    }),
  xhrStream() {},
  disconnect() {},
  apiName: 'bench',
}

function theirDelegate(n) {
  const user = new DelegateUser(`user${n}@contoso.com`)
  for (const level of LEVELS)
    user.Permissions[`${level}FolderPermissionLevel`] = DelegateFolderPermissionLevel.Editor
  return user
}

const ourDelegate = (n) => ({
  user: `user${n}@contoso.com`,
  permissions: {
    calendar: 'Editor',
    tasks: 'Editor',
    inbox: 'Editor',
    contacts: 'Editor',
    notes: 'Editor',
    journal: 'Editor',
  },
  receiveCopiesOfMeetingMessages: false,
  viewPrivateItems: false,
})

printRow('build + parse, ms per call', 'ews-delegates', 'ews-js-api', 'ratio')
for (const count of [1, 10, 100]) {
  answer = reply('GetDelegate', count, true)
  row(
    `GetDelegate, ${people(count)}`,
    await compare({
      theirs: () => theirs.GetDelegates(new Mailbox(OWNER), true),
      ours: () => ours.getDelegates(OWNER),
    }),
  )
  answer = reply('AddDelegate', count, false)
  const added = Array.from({ length: count }, (_, n) => ourDelegate(n))
  row(
    `AddDelegate, ${people(count)}`,
    // Its answer is read into the very objects that were sent, so each call gets new ones, as ours does.
    await compare({
      theirs: () =>
        theirs.AddDelegates(
          new Mailbox(OWNER),
          null,
          ...Array.from({ length: count }, (_, n) => theirDelegate(n)),
        ),
      ours: () => ours.addDelegates(OWNER, added),
    }),
  )
}

function people(count) {
  return `${count} ${count === 1 ? 'delegate' : 'delegates'}`
}

function row(name, { theirs: peer, ours: own }) {
  printRow(name, own.toFixed(3), peer.toFixed(3), `${(own / peer).toFixed(2)}×`)
}
