/** An endpoint that fails by a script: one trouble after the other, each for a while, until its horizon. */
import type { Millis } from '../../events/fact.ts';
import { hour, second } from '../support/given.ts';
import { Chance } from './chance.ts';

export const troubles = [
  'refused',
  'reset',
  'silent',
  'certificate',
  'serverError',
  'flaky',
  'overloaded',
  'limited',
  'quota',
  'credential',
  'billing',
  'noModel',
  'misconfigured',
  'junk',
  'cut',
  'slow',
  'warned',
] as const;
export type Trouble = (typeof troubles)[number];

type Said =
  | { readonly kind: 'served'; readonly ttftMs: Millis; readonly warned: Millis | null }
  | { readonly kind: 'broken' }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'lost'; readonly code: string };

export interface Answer {
  readonly afterMs: Millis;
  readonly said: Said;
}

const usualMs = 300;
const wellForMs = 400 * second;
const badForMs = 60 * second;
/** Nothing that a script advertises lies further away. */
export const advertisedMaxMs = hour / 6;

const lost = (code: string): Said => ({ kind: 'lost', code });
const refused = (status: number, body = '{}', headers: Record<string, string> = {}): Said => ({
  kind: 'refused',
  status,
  headers,
  body,
});

/** One life in so many has vendors that refuse a field of each request until they are sent none with it. */
const particularEach = 7;
const particularShare = 0.5;
/** What they refuse. */
export const refusedField = 'context_management';

export class SimulatedEndpoint {
  /** It refuses the field. */
  readonly isParticular: boolean;
  readonly #chance: Chance;
  readonly #possible: readonly Trouble[];
  readonly #horizonMs: Millis;
  #trouble: { readonly kind: Trouble; readonly from: Millis; readonly to: Millis } | undefined;

  constructor(seed: number, name: string, without: ReadonlySet<string>, horizonMs: Millis) {
    this.#chance = new Chance(seed, `endpoint ${name}`);
    this.#possible = troubles.filter((kind) => !without.has(kind));
    this.#horizonMs = without.has(name) ? 0 : horizonMs;
    // Dice of its own: other lives stay as they are.
    const isPossible = seed % particularEach === particularEach - 1;
    this.isParticular = isPossible && new Chance(seed, `vendor ${name}`).happens(particularShare);
    this.#plan(0);
  }

  /** Whether it would answer, if it were asked now. */
  isWell(now: Millis): boolean {
    const kind = this.#now(now);
    return kind === null || kind === 'slow' || kind === 'warned';
  }

  /** A new key: what was refused is refused no more. */
  mend(now: Millis): void {
    if (this.#trouble && this.#trouble.from <= now) this.#plan(now);
  }

  answer(now: Millis, wall: Millis): Answer {
    const chance = this.#chance;
    const kind = this.#now(now);
    const quick = (said: Said): Answer => ({ afterMs: chance.whole(1, 40), said });
    switch (kind) {
      case 'refused':
        return quick(lost('ECONNREFUSED'));
      case 'reset':
        return quick(lost('ECONNRESET'));
      case 'silent':
        return { afterMs: chance.whole(5, 90) * second, said: lost('QCC_TIMEOUT') };
      case 'certificate':
        return quick(lost('CERT_HAS_EXPIRED'));
      case 'serverError':
        return quick(refused(chance.pick([500, 502, 503, 504])));
      case 'flaky':
        return chance.happens(0.5) ? quick(refused(503)) : this.#served(1, null);
      case 'overloaded':
        return quick(refused(529));
      case 'limited':
        return quick(refused(429, '{}', chance.happens(0.5) ? { 'retry-after': String(chance.whole(1, 120)) } : {}));
      case 'quota':
        return quick(
          refused(429, '{}', {
            'anthropic-ratelimit-unified-status': 'rejected',
            'anthropic-ratelimit-unified-reset': String(Math.ceil((wall + chance.next() * advertisedMaxMs) / second)),
          }),
        );
      case 'credential':
        return quick(refused(401));
      case 'billing':
        return quick(refused(402));
      case 'noModel':
        return quick(refused(404, '{"error":{"type":"not_found_error","message":"model"}}'));
      case 'misconfigured':
        return quick(refused(404, '<html>'));
      case 'junk':
        return quick(lost('HPE_INVALID_CONSTANT'));
      case 'cut':
        return { afterMs: chance.whole(200, 5_000), said: { kind: 'broken' } };
      case 'slow':
        return this.#served(12, null);
      case 'warned':
        return this.#served(1, wall + chance.whole(1, advertisedMaxMs));
      case null:
        return this.#served(1, null);
    }
  }

  #served(factor: number, warned: Millis | null): Answer {
    const ttftMs = factor * usualMs + this.#chance.span(usualMs / 3);
    return { afterMs: ttftMs + this.#chance.span(2 * second), said: { kind: 'served', ttftMs, warned } };
  }

  #now(now: Millis): Trouble | null {
    while (this.#trouble && this.#trouble.to <= now) this.#plan(this.#trouble.to);
    return this.#trouble && this.#trouble.from <= now ? this.#trouble.kind : null;
  }

  #plan(after: Millis): void {
    const from = after + this.#chance.span(wellForMs);
    const forMs = this.#chance.span(badForMs);
    const place = Math.floor(this.#chance.next() * troubles.length);
    const kind = this.#possible[place % this.#possible.length];
    this.#trouble =
      from >= this.#horizonMs || !kind ? undefined : { kind, from, to: Math.min(from + forMs, this.#horizonMs) };
  }
}
