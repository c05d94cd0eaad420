/**
 * What Active Directory keeps of a password, and NTLM proves to know: MD4 of its UTF-16 (MS-NLMP 3.3.1, NTOWFv1).
 * OpenSSL 3 has MD4 no more unless its legacy provider is loaded.
 */
export function ntHash(password: string): Buffer {
  return md4(Buffer.from(password, 'utf16le'))
}

/** RFC 1320. */
export function md4(message: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil((message.length + 9) / 64) * 64)
  message.copy(padded)
  padded[message.length] = 0x80
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, padded.length - 8)
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  const words = new Uint32Array(16)
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = padded.readUInt32LE(block + i * 4)
    compress(state, words)
  }
  const digest = Buffer.alloc(16)
  state.forEach((word, i) => {
    digest.writeUInt32LE(word, i * 4)
  })
  return digest
}

/** One round of the three: what combines b, c and d, the constant, the order of the words, and the shifts. */
const ROUNDS = [
  {
    mix: (b: number, c: number, d: number) => (b & c) | (~b & d),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (b: number, c: number, d: number) => (b & c) | (b & d) | (c & d),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (b: number, c: number, d: number) => b ^ c ^ d,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
] as const

function compress(state: Uint32Array, words: Uint32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number]
  for (const { mix, constant, order, shifts } of ROUNDS) {
    for (let i = 0; i < 16; i++) {
      const sum = (a + mix(b, c, d) + (words[order[i] as number] as number) + constant) | 0
      const shift = shifts[i % 4] as number
      ;[a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c]
    }
  }
  for (const [i, value] of [a, b, c, d].entries()) state[i] = (state[i] as number) + value
}
