/**
 * What a block of facts adds up to: their number by type, the totals and the results of their requests, and where the rare facts are. A
 * question of a long past adds blocks together, and reads only the facts at both ends of its range. A roll-up follows from facts alone, so
 * it can be deleted and made again.
 */
import { catalogue, upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import { hasMoved } from './moved.ts';
import { changesState, Recent } from './recent.ts';
import { Stats } from './stats.ts';

/**
 * What the roll-up of the same facts depends on: its own version, which changes with its shape and with the rules of `Stats` and `Recent`,
 * and the versions of facts, because an upcaster may change one.
 */
export const rollUpForm = `2 ${JSON.stringify(catalogue())}`;

/** A chart of a long past reads so many facts where one of its bars ends: a millisecond. */
export const sliceFacts = 64;

export interface TypeSize {
  readonly type: string;
  readonly facts: number;
  readonly bytes: number;
}

export interface RollUp {
  readonly from: number;
  readonly to: number;
  /** The earliest and the latest instant. */
  readonly first: Millis;
  readonly last: Millis;
  readonly types: readonly TypeSize[];
  /** `Stats` without a limit, and `Recent`, in their JSON form. */
  readonly stats: object;
  readonly recent: object;
  /** Decisions on probes that were made before the block: the endpoint, and the probe's fact. */
  readonly early: readonly (readonly [endpoint: string, probe: number])[];
  /** The numbers of all facts but those of requests, by the noun of their stream and their type. */
  readonly rare: readonly (readonly [kind: string, type: string, seqs: readonly number[]])[];
  /** The numbers of requests that an incident may hold: all but those that went as they should. */
  readonly told: readonly number[];
  /** Requests in parts of `sliceFacts` facts each: the instant of the last fact, after `first`, and how they ended. */
  readonly slices: readonly Slice[];
}

export type Slice = readonly [until: Millis, answered: number, moved: number, failed: number];

export class RollUpFold {
  readonly #from: number;
  #to: number;
  #first = Number.POSITIVE_INFINITY;
  #last = 0;
  readonly #types = new Map<string, { facts: number; bytes: number }>();
  readonly #stats = new Stats(false);
  readonly #recent = new Recent();
  readonly #early: [string, number][] = [];
  readonly #rare = new Map<string, [kind: string, type: string, seqs: number[]]>();
  readonly #told: number[] = [];
  readonly #named = new Set<string>();
  readonly #slices: [number, number, number, number][] = [];

  constructor(from: number) {
    this.#from = from;
    this.#to = from - 1;
  }

  /**
   * The facts in order, from the block's first one.
   * @param bytes of its JSON form
   */
  apply(raw: Recorded, bytes: number): void {
    const fact = upcast(raw);
    const { seq, at, stream, type } = fact;
    const kind = kindOf(stream);
    this.#to = seq;
    this.#first = Math.min(this.#first, at);
    this.#last = Math.max(this.#last, at);
    const size = this.#types.get(type) ?? { facts: 0, bytes: 0 };
    this.#types.set(type, { facts: size.facts + 1, bytes: size.bytes + bytes });
    this.#stats.apply(fact);
    this.#slice(fact, kind);
    if (kind !== 'request') this.#note(kind, fact);
    else if (this.#isTold(fact)) this.#told.push(seq);
    if (kind === 'request' || kind === 'endpoint') this.#recent.apply(fact);
  }

  #slice({ seq, at, type, data }: Recorded, kind: string): void {
    const place = Math.floor((seq - this.#from) / sliceFacts);
    const slice = this.#slices[place] ?? [0, 0, 0, 0];
    this.#slices[place] = slice;
    slice[0] = at - this.#first;
    if (kind !== 'request' || type === 'RequestCancelled') return;
    if (type !== 'RequestServed') slice[3]++;
    else slice[hasMoved(data as Served) ? 2 : 1]++;
  }

  /** One that began before the block may be named there. */
  #isTold({ type, stream, at, cause, data }: Recorded): boolean {
    const { attempts, durationMs } = data as Served;
    const isPlain = type === 'RequestServed' && cause === null && !('request' in data) && attempts.length === 1;
    if (!isPlain || attempts[0]?.outcome !== 'answered') return true;
    return at - durationMs <= this.#first || this.#named.has(stream);
  }

  #note(kind: string, { seq, type, stream, cause, data }: Recorded): void {
    const { request } = data as { request?: unknown };
    if (typeof request === 'string') this.#named.add(`request/${request}`);
    const key = `${kind} ${type}`;
    const known = this.#rare.get(key);
    if (known) known[2].push(seq);
    else this.#rare.set(key, [kind, type, [seq]]);
    if (kind !== 'endpoint' || cause === null || cause >= this.#from) return;
    const endpoint = nameOf(stream);
    if (changesState.has(type) && this.#recent.lastProbeOf(endpoint) === 0) this.#early.push([endpoint, cause]);
  }

  toJSON(): RollUp {
    return {
      from: this.#from,
      to: this.#to,
      first: this.#first,
      last: this.#last,
      types: [...this.#types].map(([type, { facts, bytes }]) => ({ type, facts, bytes })),
      stats: this.#stats.toJSON(),
      recent: this.#recent.toJSON(),
      early: this.#early,
      rare: [...this.#rare.values()],
      told: this.#told,
      slices: this.#slices,
    };
  }
}
