/**
 * Who acts for all on a thing that several gateways have: the one that holds its register. The revision is the fencing token: a gateway that was
 * overtaken cannot renew with an old one. A holder counts itself as one from before it asked, so that there are never two. Without an answer
 * of the engine no other is known to act, and each acts for itself.
 */
import type { Millis } from '../../events/fact.ts';
import { minuteMs, secondMs } from '../../events/units.ts';
import type { Engine } from './engine.ts';

// Another gateway has taken over within five seconds of a holder's end: this, and two looks.
export const heldMs = 3 * secondMs;
// One renewal may be lost.
const tendEveryMs = secondMs;
// A server may not let us: that is asked seldom.
const refusedMs = minuteMs;
const keysMax = 64;

export interface LeasePorts {
  readonly engine: Pick<Engine, 'swap' | 'read'>;
  readonly now: () => Millis;
  readonly claim: (key: string) => Uint8Array;
  /** The member that wrote this for this key; null when no member did. */
  readonly holder: (bytes: Uint8Array, key: string) => string | null;
  readonly member: string;
}

export class Leases {
  readonly #ports: LeasePorts;
  readonly #held = new Map<string, { readonly revision: number; readonly until: Millis }>();
  /** Until when another member is taken for the holder. */
  readonly #elsewhere = new Map<string, Millis>();
  #dueAt: Millis = 0;

  constructor(ports: LeasePorts) {
    this.#ports = ports;
  }

  isHeld(key: string): boolean {
    return (this.#held.get(key)?.until ?? 0) > this.#ports.now();
  }

  isElsewhere(key: string): boolean {
    return !this.isHeld(key) && (this.#elsewhere.get(key) ?? 0) > this.#ports.now();
  }

  /** Takes what is free, and keeps what it has. Never rejects. */
  async tend(keys: readonly string[]): Promise<void> {
    const now = this.#ports.now();
    if (now < this.#dueAt) return;
    this.#dueAt = now + tendEveryMs;
    const wanted = keys.slice(0, keysMax);
    for (const known of [this.#held, this.#elsewhere])
      for (const key of known.keys()) if (!wanted.includes(key)) known.delete(key);
    await Promise.all(wanted.map((key) => this.#tendOne(key))).catch(() => {
      this.#dueAt = this.#ports.now() + refusedMs;
    });
  }

  async #tendOne(key: string): Promise<void> {
    const { engine, now, claim, holder, member } = this.#ports;
    const askedAt = now();
    let after = this.#held.get(key)?.revision;
    if (after === undefined) {
      const found = await engine.read(`lease.${key}`);
      const by = found && holder(found.bytes, key);
      // What no member wrote holds nothing; what a former life of ours wrote is ours; what is old has no holder any more.
      if (found && by !== null && by !== member && found.ageMs < heldMs)
        return void this.#elsewhere.set(key, askedAt + heldMs - found.ageMs);
      after = found?.revision ?? 0;
    }
    const revision = await engine.swap(`lease.${key}`, after, claim(key));
    if (revision === null) return void this.#held.delete(key);
    this.#elsewhere.delete(key);
    this.#held.set(key, { revision, until: askedAt + heldMs });
  }
}
