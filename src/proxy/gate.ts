/** How many requests run at once, how many wait in line, and how many may come in a second. */
import type { Millis } from '../../events/fact.ts';

const secondMs = 1_000;

export interface GateRules {
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
  /** Requests a second; 0 is no limit. */
  readonly rateLimit: number;
}

export class Gate {
  #rules: GateRules;
  readonly #now: () => Millis;
  readonly #line: (() => void)[] = [];
  #running = 0;
  #parked = 0;
  #tokens = 0;
  #refilledAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(rules: GateRules, now: () => Millis) {
    this.#rules = rules;
    this.#now = now;
  }

  get waiting(): number {
    return this.#line.length;
  }

  get running(): number {
    return this.#running;
  }

  /** Held by the queue: they wait for an endpoint and not for a place, so they take none from those that can be answered. */
  get parked(): number {
    return this.#parked;
  }

  configure(rules: GateRules): void {
    this.#rules = rules;
    this.#admit();
  }

  /** True at once, a promise in line, or false when the line is full too. */
  enter(): true | false | Promise<void> {
    if (this.#line.length === 0 && this.#hasRoom() && this.#takeToken()) {
      this.#running++;
      return true;
    }
    if (this.#line.length >= this.#rules.maxWaiting) return false;
    const turn = new Promise<void>((resolve) => this.#line.push(resolve));
    this.#admit();
    return turn;
  }

  leave(): void {
    this.#running--;
    this.#admit();
  }

  park(): void {
    this.#parked++;
    this.leave();
  }

  /** Back without a line: whoever was parked has waited, and the queue lets out no more than there is room for. */
  unpark(): void {
    this.#parked--;
    this.#running++;
  }

  #hasRoom(): boolean {
    return this.#running < this.#rules.maxConcurrent;
  }

  #admit(): void {
    while (this.#line.length > 0 && this.#hasRoom() && this.#takeToken()) {
      this.#running++;
      this.#line.shift()?.();
    }
    if (this.#line.length > 0 && this.#rules.rateLimit > 0 && this.#hasRoom()) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#admit();
      }, secondMs / this.#rules.rateLimit);
    }
  }

  /** A token bucket that holds one second's worth. */
  #takeToken(): boolean {
    const { rateLimit } = this.#rules;
    if (rateLimit === 0) return true;
    const now = this.#now();
    this.#tokens = Math.min(Math.max(1, rateLimit), this.#tokens + ((now - this.#refilledAt) / secondMs) * rateLimit);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
