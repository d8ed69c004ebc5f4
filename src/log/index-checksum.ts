/**
 * Whether the index of streams says what the facts say, without looking anything up: each place (stream, version, number) becomes a
 * number that nothing else has, and both sides add theirs up in the order in which they come. A million looks by key would take
 * longer than all the rest of a verification.
 */
import { crc32 } from 'node:zlib';

// Sums of 32-bit numbers stay exact below this.
const modulus = 2 ** 48;
const half = 2 ** 32;

export class IndexChecksum {
  #count = 0;
  #sum = 0;

  /** @param stream its name and the zero byte behind it, with the prefix of its key */
  add(stream: string | Buffer, version: number, seq: number): void {
    // A checksum alone is linear: two entries that were swapped might add up to the same.
    let mixed = scrambled(crc32(stream) ^ version);
    mixed = scrambled(mixed ^ seq);
    mixed = scrambled(mixed ^ Math.floor(seq / half));
    this.#count++;
    this.#sum = (this.#sum + mixed) % modulus;
  }

  equals(other: IndexChecksum): boolean {
    return this.#count === other.#count && this.#sum === other.#sum;
  }
}

/** MurmurHash3's finalizer: every bit of the outcome hangs on every bit that goes in. */
function scrambled(given: number): number {
  let mixed = given ^ (given >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
