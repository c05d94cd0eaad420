/**
 * MD4 (RFC 1320). Broken as a hash and gone from Node's OpenSSL, but it is what turns a Windows password into the key
 * that NTLM works with (MS-NLMP 3.3.2, NTOWFv2). For nothing else.
 */
export function md4(input: Uint8Array): Buffer {
  const length = input.byteLength
  const padded = Buffer.alloc((((length + 8) >>> 6) + 1) * 64)
  padded.set(input)
  padded[length] = 0x80
  padded.writeBigUInt64LE(BigInt(length) * 8n, padded.length - 8)

  let [a, b, c, d] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  const x = new Uint32Array(16)
  for (let block = 0; block < padded.length; block += 64) {
    for (let index = 0; index < 16; index++) x[index] = padded.readUInt32LE(block + index * 4)
    const before = [a, b, c, d] as const
    for (const { mix, constant, order, shifts } of ROUNDS) {
      for (let step = 0; step < 16; step++) {
        const sum = a + mix(b, c, d) + (x[order(step)] as number) + constant
        ;[a, b, c, d] = [d, rotateLeft(sum >>> 0, shifts[step % 4] as number), b, c]
      }
    }
    a = (a + before[0]) >>> 0
    b = (b + before[1]) >>> 0
    c = (c + before[2]) >>> 0
    d = (d + before[3]) >>> 0
  }
  const digest = Buffer.alloc(16)
  for (const [index, word] of [a, b, c, d].entries()) digest.writeUInt32LE(word, index * 4)
  return digest
}

interface Round {
  readonly mix: (x: number, y: number, z: number) => number
  readonly constant: number
  /** Which word of the block a step takes. */
  readonly order: (step: number) => number
  readonly shifts: readonly [number, number, number, number]
}

const ROUNDS: readonly Round[] = [
  {
    mix: (x, y, z) => ((x & y) | (~x & z)) >>> 0,
    constant: 0,
    order: (step) => step,
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => ((x & y) | (x & z) | (y & z)) >>> 0,
    constant: 0x5a827999,
    order: (step) => (step % 4) * 4 + (step >>> 2),
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => (x ^ y ^ z) >>> 0,
    constant: 0x6ed9eba1,
    // 0 8 4 12, 2 10 6 14, 1 9 5 13, 3 11 7 15: the four bits of the step in reverse.
    order: (step) => ((step & 1) << 3) | ((step & 2) << 1) | ((step & 4) >>> 1) | ((step & 8) >>> 3),
    shifts: [3, 9, 11, 15],
  },
]

function rotateLeft(word: number, by: number): number {
  return ((word << by) | (word >>> (32 - by))) >>> 0
}
