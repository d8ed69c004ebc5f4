/**
 * A request's body, kept whole so that it can be sent again. What counts against the limits is the memory that is held, and not
 * what was announced: place is taken as the bytes come, and small pieces are copied together at once.
 */
import type { Socket } from 'node:net';
import type { Millis } from '../../../events/fact.ts';
import { KiB, MiB } from '../../../events/units.ts';
import { DenseSet, type Member } from '../../platform/dense-set.ts';
import { free, Slabs } from '../../platform/large-memory.ts';
import type { ClientRequest } from './client.ts';

/** The API's own limit for Messages. */
const bodyBytesMax = 32 * MiB;
const allBodiesMax = 256 * MiB;
// Of memory that no body has at this moment.
const spareBytesMax = 32 * MiB;
// Taken at once for a body that is as long; a longer one gets more when it has filled this.
const firstBytes = 256 * KiB;
// By how much a body grows.
const knownGrowth = 4;
const unknownGrowth = 2;
// A larger one gets all that it may need, at once. The system gives memory as it is written to, and so it is counted where it is not known
// how much will come; but memory that another one has written to is there at once, so a body that has told its length counts for all of it.
const largeFrom = 4 * MiB;
// A client that has not sent anything for so long makes room for one that does, when all the memory is taken.
const stalledMs = 1_000;
// Who sends so many pieces at once (in chunks of one byte, a read of 64 KiB has five times as many, and takes 20 ms) waits for his
// turn among those who do, and all others come between.
const piecesPerTurn = 2_048;
const turnEveryMs = 20;

export type Unread = 'tooLarge' | 'full' | 'gone';

/**
 * A body that is held. Its one owner gives it back; its bytes must not be read after that. It lets itself go when it is needed
 * no more: an answer that streams for minutes has begun, so that no other endpoint is asked, and all of the body has been sent.
 */
export class Body {
  readonly bytes: Buffer;
  readonly #cost: number;
  readonly #counts: (more: number) => void;
  #giveBack: ((bytes: Buffer, cost: number) => void) | undefined;
  #isSent = false;
  #isBegun = false;

  /** @param counts so much more is held, or less */
  constructor(
    bytes: Buffer,
    cost: number,
    giveBack: (bytes: Buffer, cost: number) => void,
    counts: (more: number) => void,
  ) {
    this.bytes = bytes;
    this.#cost = cost;
    this.#giveBack = giveBack;
    this.#counts = counts;
  }

  /** A changed copy of it is held beside it, or no more: it was let in, and is not turned away for that. */
  countsCopy(more: number): void {
    this.#counts(more);
  }

  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(this.bytes, this.#cost);
  }

  /** To one endpoint more. */
  goesUp(): void {
    this.#isSent = false;
  }

  /** The system has all of it. */
  sent(): void {
    this.#isSent = true;
    if (this.#isBegun) this.release();
  }

  /** Something of an answer has gone out. */
  begun(): void {
    this.#isBegun = true;
    if (this.#isSent) this.release();
  }
}

/** All bodies that are held at this moment. */
export class Bodies {
  readonly #slabs = new Slabs(spareBytesMax);
  readonly #coming = new DenseSet<Coming>();
  readonly #giveBack = (bytes: Buffer, cost: number) => {
    this.#held -= cost;
    this.#slabs.giveBack(bytes);
  };
  readonly #counts = (more: number) => {
    this.#held += more;
  };
  readonly #crumbs: Socket[] = [];
  readonly #nextTurn = () => {
    this.#crumbs.shift()?.resume();
    if (this.#crumbs.length > 0) setTimeout(this.#nextTurn, turnEveryMs);
  };
  #held = 0;

  /** Bytes of memory, for all of them. */
  get held(): number {
    return this.#held;
  }

  /**
   * The body when it is whole, or why it is not; at once where it has come together with its head.
   * @param declared its length, as the request tells it
   */
  read(request: ClientRequest, declared: number | null): Body | Unread | Promise<Body | Unread> {
    if (declared !== null && declared > bodyBytesMax) return 'tooLarge';
    if (this.#held + (declared ?? 0) > allBodiesMax && !this.#hasStalled()) return 'full';
    const whole = request.takeWhole?.();
    if (whole) {
      const cost = whole.buffer.byteLength;
      return this.counts(cost) ? this.whole(whole, cost) : 'full';
    }
    return new Promise((resolve) => {
      const coming = new Coming(this, request, declared, (read) => {
        this.#coming.remove(coming);
        resolve(read);
      });
      this.#coming.add(coming);
      coming.listen();
    });
  }

  /** So much more is held, or less. False when there is no room for it. */
  counts(more: number, coming?: Coming): boolean {
    if (more > 0 && !this.#hasRoom(more, coming)) return false;
    this.#held += more;
    return true;
  }

  /** The memory that a place of this size takes. */
  costOf(size: number, filled: number): number {
    return size > largeFrom ? filled : this.#slabs.sizeFor(size);
  }

  /** The first `filled` bytes in a place of that size; what they stood in is given back. Undefined when the system has none. */
  move(bytes: Buffer | undefined, filled: number, size: number): Buffer | undefined {
    try {
      const moved = this.#slabs.take(size);
      if (bytes) {
        bytes.copy(moved, 0, 0, filled);
        this.#slabs.giveBack(bytes);
      }
      return moved;
    } catch {
      return undefined;
    }
  }

  /** One of those who send crumbs goes on every so often. */
  turnOf(socket: Socket): void {
    this.#crumbs.push(socket);
    if (this.#crumbs.length === 1) setTimeout(this.#nextTurn, turnEveryMs);
  }

  whole(bytes: Buffer, cost: number): Body {
    return new Body(bytes, cost, this.#giveBack, this.#counts);
  }

  drop(bytes: Buffer, cost: number): void {
    this.#giveBack(bytes, cost);
  }

  /** Those of whom nothing has come for so long: other clients need their connections. */
  giveUpStalled(ms: Millis): void {
    const before = performance.now() - ms;
    for (const one of this.#coming) if (one.movedAt <= before) one.giveUp('full');
  }

  #hasRoom(size: number, coming: Coming | undefined): boolean {
    // What lies about is memory as well.
    if (this.#held + this.#slabs.spareBytes + size > allBodiesMax) this.#slabs.freeSpare();
    while (this.#held + size > allBodiesMax) {
      const other = this.#stalled(coming);
      if (!other) return false;
      other.giveUp('full');
    }
    return true;
  }

  #hasStalled(): boolean {
    return this.#stalled(undefined) !== undefined;
  }

  /** The one that holds memory and has waited longest for its next piece. */
  #stalled(besides: Coming | undefined): Coming | undefined {
    let found: Coming | undefined;
    let before = performance.now() - stalledMs;
    for (const one of this.#coming) {
      if (one === besides || !one.holds || one.movedAt > before) continue;
      found = one;
      before = one.movedAt;
    }
    return found;
  }
}

/** A body on its way in. */
class Coming implements Member {
  place = -1;
  movedAt = performance.now();
  readonly #bodies: Bodies;
  readonly #request: ClientRequest;
  readonly #length: number | null;
  readonly #settle: (read: Body | Unread | Promise<never>) => void;
  #bytes: Buffer | undefined;
  #cost = 0;
  #filled = 0;
  #pieces = 0;
  #isOver = false;

  constructor(
    bodies: Bodies,
    request: ClientRequest,
    length: number | null,
    settle: (read: Body | Unread | Promise<never>) => void,
  ) {
    this.#bodies = bodies;
    this.#request = request;
    this.#length = length;
    this.#settle = settle;
  }

  get holds(): boolean {
    return this.#bytes !== undefined;
  }

  listen(): void {
    const request = this.#request;
    const gone = () => this.giveUp('gone');
    request.on('data', (piece: Buffer) => {
      try {
        this.#take(piece);
      } catch (error) {
        this.#fault(error);
      }
    });
    request.on('end', () => this.#end());
    request.on('error', gone);
    request.on('close', gone);
  }

  giveUp(why: Unread): void {
    if (this.#isOver) return;
    this.#bodies.drop(this.#bytes ?? nothing, this.#cost);
    this.#bytes = undefined;
    this.#over(why);
  }

  #take(piece: Buffer): void {
    if (this.#isOver) return;
    const filled = this.#filled + piece.length;
    if (filled > bodyBytesMax || !this.#keep(piece, filled)) {
      this.giveUp(filled > bodyBytesMax ? 'tooLarge' : 'full');
      return;
    }
    this.movedAt = performance.now();
    this.#filled = filled;
    this.#pieces++;
    if (this.#length === null && this.#pieces % piecesPerTurn === 0) this.#giveWay();
  }

  #keep(piece: Buffer, filled: number): boolean {
    // It came in one piece: that piece is the body.
    if (piece.length === this.#length) {
      if (!this.#counts(piece.buffer.byteLength)) return false;
      this.#bytes = piece;
      return true;
    }
    if (!this.#fits(filled)) return false;
    piece.copy(this.#bytes as Buffer, this.#filled);
    free(piece);
    return true;
  }

  #fits(filled: number): boolean {
    const bytes = this.#bytes;
    if (bytes && bytes.length >= filled) return !this.#isOpenEnded || bytes.length <= largeFrom || this.#counts(filled);
    const size = this.#sizeFor(filled);
    if (!this.#counts(this.#bodies.costOf(size, this.#isOpenEnded ? filled : size))) return false;
    const moved = this.#bodies.move(bytes, this.#filled, size);
    this.#bytes = moved ?? bytes;
    return moved !== undefined;
  }

  /** Its place is larger than it may ever need. One that has told its length will fill its place, and counts for all of it. */
  get #isOpenEnded(): boolean {
    return this.#length === null;
  }

  #sizeFor(filled: number): number {
    const most = this.#length ?? bodyBytesMax;
    const grown = filled * (this.#isOpenEnded ? unknownGrowth : knownGrowth);
    return grown > largeFrom ? most : Math.min(most, Math.max(grown, firstBytes));
  }

  #counts(cost: number): boolean {
    if (!this.#bodies.counts(cost - this.#cost, this)) return false;
    this.#cost = cost;
    return true;
  }

  #giveWay(): void {
    const { socket } = this.#request;
    if (!socket || socket.isPaused()) return;
    socket.pause();
    this.#bodies.turnOf(socket);
  }

  #end(): void {
    if (this.#isOver) return;
    const bytes = this.#bytes ?? nothing;
    this.#over(this.#bodies.whole(bytes.length === this.#filled ? bytes : bytes.subarray(0, this.#filled), this.#cost));
  }

  /** An unexpected error: the reader of this body hears of it. */
  #fault(error: unknown): void {
    if (this.#isOver) throw error;
    this.#over(Promise.reject(error));
    this.#bodies.drop(this.#bytes ?? nothing, this.#cost);
    this.#bytes = undefined;
  }

  #over(read: Body | Unread | Promise<never>): void {
    this.#isOver = true;
    this.#settle(read);
  }
}

const nothing = Buffer.alloc(0);
