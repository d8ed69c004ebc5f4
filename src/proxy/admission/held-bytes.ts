/**
 * Bytes that are kept as they come. A stranger chooses the pieces: a buffer for each of them would cost a hundred times what is in
 * it, so that they are copied together, into blocks that grow with what has come. Never more memory than twice the bytes.
 */

// The first piece of most answers is all of it, and gets what it needs; what follows is gathered.
const blockMin = 4_096;
const blockMax = 1_048_576;

export class HeldBytes {
  length = 0;
  #blocks: Buffer[] = [];
  /** Of the last block. */
  #filled = 0;

  /** The bytes are lent. */
  add(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const last = this.#blocks.at(-1);
      const room = last ? last.length - this.#filled : 0;
      if (!last || room === 0) {
        this.#grow(bytes.length - from);
        continue;
      }
      const taken = bytes.copy(last, this.#filled, from);
      this.#filled += taken;
      this.length += taken;
      from += taken;
    }
  }

  /** All of them, in order. Nothing is held after this. */
  take(): readonly Buffer[] {
    const blocks = this.#blocks;
    const last = blocks.at(-1);
    if (last && this.#filled < last.length) blocks[blocks.length - 1] = last.subarray(0, this.#filled);
    this.#blocks = [];
    this.#filled = 0;
    this.length = 0;
    return blocks;
  }

  #grow(wanted: number): void {
    const size = this.length === 0 ? wanted : Math.max(wanted, blockMin, Math.min(this.length, blockMax));
    this.#blocks.push(Buffer.allocUnsafe(size));
    this.#filled = 0;
  }
}
