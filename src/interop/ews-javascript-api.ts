/**
 * For programs that use ews-javascript-api: the operations of this library on an `ExchangeService` that is there
 * already, and its types in both directions.
 *
 * `from…` reads an object of the package, `to…` makes one, `…From` makes what a request of this library takes.
 *
 * @example
 * const client = fromExchangeService(service)
 * await client.updateDelegates('allan@contoso.com', [{ user: 'adele@contoso.com', permissions: { inbox: 'Author' } }])
 */
export {
  fromDelegateInformation,
  fromMeetingRequestsDeliveryScope,
  toDelegateInformation,
  toMeetingRequestsDeliveryScope,
} from './delegate-information.ts'
export { delegateInputFrom, fromDelegateUser, toDelegateUser } from './delegate-user.ts'
export {
  type ExchangeServiceLike,
  type FromExchangeServiceOptions,
  fromExchangeService,
} from './exchange-service.ts'
export { fromFolderId, toFolderId } from './folder-id.ts'
export { fromFolderPermission, permissionInputFrom, toFolderPermission } from './folder-permission.ts'
export type { Leftover } from './leftovers.ts'
export { fromUserId, toUserId, userRefFrom } from './user-id.ts'
