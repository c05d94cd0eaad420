import type { Element } from '../../xml/element.ts'
import type { Recipient } from '../store/directory.ts'
import type { Exchange } from '../store/exchange.ts'
import type { RequestVersion } from './envelope.ts'
import type { XmlNode } from './writer.ts'

/** What an operation knows besides its request. */
export interface EwsContext {
  readonly exchange: Exchange
  /** As whom the request runs, after impersonation. */
  readonly user: Recipient
  readonly version: RequestVersion | undefined
  /** The IANA zone that times without a zone are in; UTC when the request does not say. */
  readonly zone: string | undefined
}

/** One EWS operation. */
export interface EwsOperation {
  /** The element at the root of the request's body. */
  readonly name: string
  /** The type its request has in the schema. */
  readonly requestType: string
  /** The first schema version that has it. */
  readonly since: RequestVersion
  /** @param request has been checked against {@link requestType}. */
  handle(context: EwsContext, request: Element): XmlNode
}
