/**
 * Checks the index of streams against the facts without lookups: each place (stream, version, number) is hashed to a number, and both sides
 * add theirs up in the order in which they are read. A million lookups by key would take longer than the rest of a verification.
 */
import { crc32 } from 'node:zlib';

// Sums of 32-bit numbers stay exact below this.
const modulus = 2 ** 48;
const half = 2 ** 32;

export class IndexChecksum {
  #count = 0;
  #sum = 0;

  /** @param stream its name and the zero byte after it, with the prefix of its key */
  add(stream: string | Buffer, version: number, seq: number): void {
    // A CRC alone is linear: two swapped entries might add up to the same sum.
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

/** MurmurHash3's finalizer: every bit of the result depends on every bit of the input. */
function scrambled(given: number): number {
  let mixed = given ^ (given >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
