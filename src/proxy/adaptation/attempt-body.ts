/** The body of one attempt at an endpoint that gets other bytes than the client sent. */
import type { Body } from '../request/body.ts';

/**
 * A changed copy, and the body that it was made of. The copy counts towards the memory that bodies hold. It is left to the collector when it
 * is needed no more, because a connection that breaks may still read it.
 */
export class AttemptBody {
  readonly bytes: Buffer;
  readonly #asCame: Body;
  #isSent = false;
  #isBegun = false;
  #isHeld = true;

  constructor(asCame: Body, bytes: Buffer) {
    this.bytes = bytes;
    this.#asCame = asCame;
    asCame.countsCopy(bytes.length);
  }

  goesUp(): void {
    this.#isSent = false;
    this.#asCame.goesUp();
  }

  sent(): void {
    this.#isSent = true;
    if (this.#isBegun) this.release();
    this.#asCame.sent();
  }

  begun(): void {
    this.#isBegun = true;
    if (this.#isSent) this.release();
    this.#asCame.begun();
  }

  /** The attempt is over, or needs it no more. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#asCame.countsCopy(-this.bytes.length);
  }
}
