/**
 * The hash of a certificate's signature as `tls-server-end-point` wants it (RFC 5929, 4.1): the signature's own,
 * with SHA-256 in the place of MD5 and SHA-1, and for whatever is not known.
 *
 * @param certificate DER. Node tells the algorithm only from version 24 on.
 */
export function signatureHash(certificate: Buffer): 'sha256' | 'sha384' | 'sha512' {
  // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { algorithm OID, … }, … }
  const outer = readElement(certificate, 0)
  const body = outer && readElement(certificate, outer.start)
  const algorithm = body && readElement(certificate, body.end)
  const oid = algorithm && readElement(certificate, algorithm.start)
  const text = oid ? certificate.subarray(oid.start, oid.end).toString('hex') : ''
  switch (text) {
    case SHA384_WITH_RSA:
    case ECDSA_WITH_SHA384:
      return 'sha384'
    case SHA512_WITH_RSA:
    case ECDSA_WITH_SHA512:
      return 'sha512'
    default:
      return 'sha256'
  }
}

/** 1.2.840.113549.1.1.12 and .13, 1.2.840.10045.4.3.3 and .4, as DER writes them. */
const SHA384_WITH_RSA = '2a864886f70d01010c'
const SHA512_WITH_RSA = '2a864886f70d01010d'
const ECDSA_WITH_SHA384 = '2a8648ce3d040303'
const ECDSA_WITH_SHA512 = '2a8648ce3d040304'

/** Where the content of the element at this place starts and ends. */
function readElement(der: Buffer, at: number): { start: number; end: number } | undefined {
  const first = der[at + 1]
  if (first === undefined) return undefined
  const bytes = first & 0x7f
  if (first < 0x80) return within(der, at + 2, first)
  if (bytes === 0 || bytes > 4 || at + 2 + bytes > der.length) return undefined
  return within(der, at + 2 + bytes, der.readUIntBE(at + 2, bytes))
}

function within(der: Buffer, start: number, length: number): { start: number; end: number } | undefined {
  return start + length <= der.length ? { start, end: start + length } : undefined
}
