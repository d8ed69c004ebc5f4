/**
 * Heads that were read and accepted before. Claude Code's differ in the length of the body alone, from one request to the next and from one
 * connection to the other: what was made of the first one serves all of them, in time and in memory.
 *
 * A head is compared with another connection's only after the guard has let it in. So how long that takes tells a stranger nothing.
 */
import type { RoutingView } from '../../../machines/routing-view.ts';
import { boundTarget } from '../client-tokens.ts';
import { RequestHead } from '../request/request-head.ts';
import { type FastHead, headBytesMax } from '../upstream/fast-head.ts';
import { type Target, targetOf } from '../upstream/target.ts';
import { fastRequest, type GuardRules, refusalOf } from './guard.ts';
import { lacksProfile } from './refusals.ts';

const lengthField = /\r\ncontent-length:[\t ]*/i;
const digitsMax = 9;
const zero = 0x30;
// Claude Code's have 1 to 2 KB. A larger one is read anew each time, because its connection would keep it while nothing is asked.
const keptBytesMax = 4_096;
// A handful of programs use a gateway; each sends a few kinds of heads.
const sharedMax = 16;

export class KnownHead {
  readonly head: RequestHead;
  /** It is known again; false: it is as if it had never been there. */
  readonly isKept: boolean;
  /** By which rules it was let in, and where it wants to go. */
  letIn: { readonly by: GuardRules; readonly target: Extract<Target, { kind: 'forward' }> } | undefined;
  /** All of it, its blank line too. */
  readonly #bytes: Buffer;
  readonly #fast: FastHead;
  readonly #lengthAt: number;
  readonly #lengthEnd: number;
  readonly #lengthIndex: number;

  /** @param bytes begin with the head that was read from them */
  constructor(bytes: Buffer, fast: FastHead) {
    this.isKept = fast.end <= keptBytesMax;
    this.#bytes = this.isKept ? Buffer.allocUnsafeSlow(fast.end) : none;
    bytes.copy(this.#bytes, 0, 0, this.#bytes.length);
    this.#fast = fast;
    this.head = new RequestHead(fast.rawHeaders);
    const field = lengthField.exec(this.#bytes.toString('latin1'));
    this.#lengthAt = field ? field.index + field[0].length : -1;
    this.#lengthEnd = this.#lengthAt + String(fast.length).length;
    this.#lengthIndex = fast.rawHeaders.findIndex((name, at) => at % 2 === 0 && lengthName.test(name)) + 1;
  }

  /** The head that these bytes begin with, if it is this one but for its length. */
  again(bytes: Buffer): FastHead | undefined {
    const [known, from] = [this.#bytes, this.#lengthAt];
    if (from < 0 || bytes.length <= from || bytes.compare(known, 0, from, 0, from) !== 0) return undefined;
    let at = from;
    let length = 0;
    for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, ++at)) length = length * 10 + digit;
    const digits = at - from;
    const end = at + known.length - this.#lengthEnd;
    if (digits < 1 || digits > digitsMax || bytes[from] === zero || end > bytes.length || end > headBytesMax)
      return undefined;
    if (bytes.compare(known, this.#lengthEnd, known.length, at, end) !== 0) return undefined;
    return length === this.#fast.length ? this.#fast : this.#withLength(length, end);
  }

  #withLength(length: number, end: number): FastHead {
    const { url, rawHeaders } = this.#fast;
    const copy = [...rawHeaders];
    copy[this.#lengthIndex] = String(length);
    return { url, rawHeaders: copy, length, end };
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** What would be refused is node:http's, and so are the words for it. A named token may have ended since: it is looked at each time. */
  mayComeIn(by: GuardRules, view: () => RoutingView): boolean {
    const { head } = this;
    if (this.letIn?.by === by && head.token === undefined) return true;
    const asked = targetOf('POST', this.#fast.url);
    if (asked.kind !== 'forward' || refusalOf(fastRequest, head, asked, by)) return false;
    const target = boundTarget(asked, head.token);
    if (head.token && lacksProfile(target.within, view())) return false;
    this.letIn = { by, target };
    return true;
  }
}

const none = Buffer.alloc(0);
const lengthName = /^content-length$/i;

function digitAt(bytes: Buffer, at: number): number {
  const digit = (bytes[at] ?? 0) - zero;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Those that were let in lately. */
export class SharedHeads {
  readonly #known: KnownHead[] = [];

  /** The one that is known already, where it is the same but for its length. */
  shared(one: KnownHead): KnownHead {
    if (!one.isKept) return one;
    const same = this.#known.find((known) => known.letIn?.by === one.letIn?.by && known.again(one.bytes));
    if (same) return same;
    if (this.#known.push(one) > sharedMax) this.#known.shift();
    return one;
  }

  /** Their credentials are not kept for longer than their connections. */
  forget(): void {
    this.#known.length = 0;
  }
}
