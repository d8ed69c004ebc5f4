/**
 * A request's body, kept whole so that it can be sent again. What counts against the limits is the memory that is held, and not
 * what was announced: place is taken as the bytes come, and small pieces are copied together at once.
 */
import type { Socket } from 'node:net';
import type { Millis } from '../../events/fact.ts';
import { free, Slabs } from '../large-memory.ts';
import type { ClientRequest } from './client.ts';
import { Running, type Runs } from './running.ts';

const KiB = 1_024;
const MiB = 1_048_576;
/** The API's own limit for Messages. */
const bodyBytesMax = 32 * MiB;
const allBodiesMax = 256 * MiB;
// Of memory that no body has at this moment.
const spareBytesMax = 32 * MiB;
// Taken at once for a body that is as long; a longer one gets more when it has filled this.
const firstBytes = 256 * KiB;
// By how much a body grows. One whose length is known is moved at most twice, and copied by a third.
const knownGrowth = 4;
const unknownGrowth = 2;
// Whoever has not sent anything for so long makes room for somebody who does, when all the memory is taken.
const stalledMs = 1_000;
// Who sends so many pieces at once (in chunks of one byte, a read of 64 KiB has five times as many, and takes 20 ms) waits for his
// turn among those who do, and all others come between.
const piecesPerTurn = 2_048;
const turnEveryMs = 20;

export type Unread = 'tooLarge' | 'full' | 'gone';

/**
 * A body that is held. Its one owner gives it back; nobody may look at its bytes after that. It lets itself go when it is needed
 * no more: an answer that streams for minutes has begun, so that nobody else is asked, and all of the body has been sent.
 */
export class Body {
  readonly bytes: Buffer;
  #giveBack: ((bytes: Buffer) => void) | undefined;
  #isSent = false;
  #isBegun = false;

  constructor(bytes: Buffer, giveBack: (bytes: Buffer) => void) {
    this.bytes = bytes;
    this.#giveBack = giveBack;
  }

  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(this.bytes);
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
  readonly #coming = new Running<Coming>();
  readonly #giveBack = (bytes: Buffer) => {
    this.#held -= bytes.buffer.byteLength;
    this.#slabs.giveBack(bytes);
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

  /** Resolves when the body is whole, or with why it is not. `length` as the request declares it. */
  read(request: ClientRequest, length: string | undefined): Promise<Body | Unread> {
    const declared = length === undefined ? null : Number(length);
    if (declared !== null && declared > bodyBytesMax) return Promise.resolve('tooLarge');
    if (this.#held + (declared ?? 0) > allBodiesMax && !this.#hasStalled()) return Promise.resolve('full');
    return new Promise((resolve) => {
      const coming = new Coming(this, request, declared, (read) => {
        this.#coming.remove(coming);
        resolve(read);
      });
      this.#coming.add(coming);
      coming.listen();
    });
  }

  /** The first `filled` bytes in a place of that size; undefined when there is none. What they stood in is given back. */
  move(bytes: Buffer | undefined, filled: number, size: number, coming: Coming): Buffer | undefined {
    const more = this.#slabs.sizeFor(size) - (bytes?.buffer.byteLength ?? 0);
    if (!this.#hasRoom(more, coming)) return undefined;
    const moved = this.#slabs.take(size);
    this.#held += moved.buffer.byteLength;
    if (bytes) {
      bytes.copy(moved, 0, 0, filled);
      this.#giveBack(bytes);
    }
    return moved;
  }

  /** A piece that is the whole body: it stays where it is. False when there is no room for it. */
  keeps(piece: Buffer, coming: Coming): boolean {
    if (!this.#hasRoom(piece.buffer.byteLength, coming)) return false;
    this.#held += piece.buffer.byteLength;
    return true;
  }

  /** One of those who send crumbs goes on every so often. */
  turnOf(socket: Socket): void {
    this.#crumbs.push(socket);
    if (this.#crumbs.length === 1) setTimeout(this.#nextTurn, turnEveryMs);
  }

  whole(bytes: Buffer): Body {
    return new Body(bytes, this.#giveBack);
  }

  drop(bytes: Buffer): void {
    this.#giveBack(bytes);
  }

  /** Those of whom nothing has come for so long: somebody else needs their connections. */
  giveUpStalled(ms: Millis): void {
    const before = performance.now() - ms;
    for (const one of this.#coming) if (one.movedAt <= before) one.giveUp('full');
  }

  #hasRoom(size: number, coming: Coming): boolean {
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
class Coming implements Runs {
  place = -1;
  movedAt = performance.now();
  readonly #bodies: Bodies;
  readonly #request: ClientRequest;
  readonly #length: number | null;
  readonly #settle: (read: Body | Unread) => void;
  #bytes: Buffer | undefined;
  #filled = 0;
  #pieces = 0;
  #isOver = false;

  constructor(bodies: Bodies, request: ClientRequest, length: number | null, settle: (read: Body | Unread) => void) {
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
    request.on('data', (piece: Buffer) => this.#take(piece));
    request.on('end', () => this.#end());
    request.on('error', gone);
    request.on('close', gone);
  }

  giveUp(why: Unread): void {
    if (this.#isOver) return;
    if (this.#bytes) this.#bodies.drop(this.#bytes);
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
      if (!this.#bodies.keeps(piece, this)) return false;
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
    if (bytes && bytes.length >= filled) return true;
    const grown = this.#length === null ? filled * unknownGrowth : Math.min(filled * knownGrowth, this.#length);
    const size = Math.min(bodyBytesMax, Math.max(grown, Math.min(firstBytes, this.#length ?? firstBytes)));
    this.#bytes = this.#bodies.move(bytes, this.#filled, size, this) ?? this.#bytes;
    return this.#bytes !== bytes;
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
    this.#over(this.#bodies.whole(bytes.length === this.#filled ? bytes : bytes.subarray(0, this.#filled)));
  }

  #over(read: Body | Unread): void {
    this.#isOver = true;
    this.#settle(read);
  }
}

const nothing = Buffer.alloc(0);
