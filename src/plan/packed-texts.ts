/** Of one block, in bytes; a longer text has a block of its own. */
const BLOCK = 1024 * 1024
/** The length stands before each text. */
const LENGTH = 4

/**
 * Texts kept as bytes outside of JavaScript's heap. As strings, a hundred thousand of them would be copied and walked
 * by every collection, and each lets garbage of some times their size pile up beside them.
 */
export class PackedTexts {
  readonly #blocks: Buffer[] = []
  /** What is used of the last block. */
  #used = BLOCK

  /** @returns the number under which {@link get} gives it back. */
  add(text: string): number {
    const length = Buffer.byteLength(text)
    if (this.#used + LENGTH + length > BLOCK) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK, LENGTH + length)))
      this.#used = 0
    }
    const block = this.#blocks.at(-1) as Buffer
    const begin = this.#used
    block.writeUInt32LE(length, begin)
    block.write(text, begin + LENGTH)
    this.#used += LENGTH + length
    return (this.#blocks.length - 1) * BLOCK + begin
  }

  get(number: number): string {
    const begin = number % BLOCK
    const block = this.#blocks[(number - begin) / BLOCK] as Buffer
    return block.toString('utf8', begin + LENGTH, begin + LENGTH + block.readUInt32LE(begin))
  }
}
