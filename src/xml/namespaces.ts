/**
 * The XML namespaces of Exchange Web Services.
 *
 * All of them are `http:`. Several Microsoft how-to pages print `https:` (a mechanical edit of the docs); the
 * schemas, the WSDL and every recorded answer use `http:`, so the schema is followed here.
 */
export const NAMESPACES = {
  /** SOAP 1.1 envelope, which EWS speaks. */
  soap: 'http://schemas.xmlsoap.org/soap/envelope/',
  /** SOAP 1.2 envelope; only ever seen on faults. */
  soap12: 'http://www.w3.org/2003/05/soap-envelope',
  /** Request and response roots and their direct children. */
  messages: 'http://schemas.microsoft.com/exchange/services/2006/messages',
  /** Everything deeper, and the SOAP headers. */
  types: 'http://schemas.microsoft.com/exchange/services/2006/types',
  /** Inside a fault's `detail`; no schema exists for it. */
  errors: 'http://schemas.microsoft.com/exchange/services/2006/errors',
} as const
