/** How many requests run at once, how many wait in the backlog, and how many may come in a second. */
import type { Millis } from '../../../events/fact.ts';
import { secondMs } from '../../../events/units.ts';
import type { Settings } from '../../config/settings/settings.ts';

export interface AdmissionRules {
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
  /** Requests a second; 0 is no limit. */
  readonly rateLimit: number;
}

export function admissionRules(settings: Settings): AdmissionRules {
  return {
    maxConcurrent: settings['proxy.max_concurrent'],
    maxWaiting: settings['proxy.max_waiting'],
    rateLimit: settings['proxy.rate_limit'],
  };
}

type State = 'waiting' | 'running' | 'parked' | 'over';

/** One request's place. Its owner leaves it once, from wherever it is; what comes after that changes nothing. */
export class Place {
  state: State = 'waiting';
  /** The neighbours in the backlog: a place that leaves from the middle costs no search. */
  before: Place | undefined;
  behind: Place | undefined;
  /** Who waits hears whether its turn has come, or it has left. */
  told: ((isIn: boolean) => void) | undefined;
  readonly #admission: Admission;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** True at once for who runs. Resolves with true when the turn comes, and with false when the place is left before that. */
  turn(): true | Promise<boolean> {
    if (this.state === 'running') return true;
    return new Promise((resolve) => {
      if (this.state === 'waiting') this.told = resolve;
      else resolve(this.state !== 'over');
    });
  }

  leave(): void {
    this.#admission.leave(this);
  }

  /** The queue holds it: it waits for an endpoint and not for a place, so it takes none from those that can be answered. */
  park(): void {
    this.#admission.park(this);
  }

  /** Back at once: a parked request has waited, and the queue sends no more than there is room for. */
  unpark(): void {
    this.#admission.unpark(this);
  }
}

export class Admission {
  #rules: AdmissionRules;
  readonly #now: () => Millis;
  #first: Place | undefined;
  #last: Place | undefined;
  #waiting = 0;
  #running = 0;
  #parked = 0;
  #tokens = 0;
  #refilledAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(rules: AdmissionRules, now: () => Millis) {
    this.#rules = rules;
    this.#now = now;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get running(): number {
    return this.#running;
  }

  get parked(): number {
    return this.#parked;
  }

  /** A request that comes now is turned away. */
  get isFull(): boolean {
    const { maxWaiting, rateLimit } = this.#rules;
    if (this.#waiting > 0 || !this.#hasRoom()) return this.#waiting >= maxWaiting;
    return rateLimit > 0 && maxWaiting === 0 && !this.#hasToken();
  }

  configure(rules: AdmissionRules): void {
    this.#rules = rules;
    this.#admit();
  }

  /** A place among those that run, or in the backlog; undefined when the backlog is full too. */
  enter(): Place | undefined {
    const place = new Place(this);
    if (this.#waiting === 0 && this.#hasRoom() && this.#takeToken()) {
      place.state = 'running';
      this.#running++;
      return place;
    }
    if (this.#waiting >= this.#rules.maxWaiting) return undefined;
    this.#append(place);
    this.#admit();
    return place;
  }

  leave(place: Place): void {
    const before = place.state;
    place.state = 'over';
    if (before === 'waiting') {
      this.#unlink(place);
      place.told?.(false);
    } else if (before === 'running') {
      this.#running--;
      this.#admit();
    } else if (before === 'parked') this.#parked--;
  }

  park(place: Place): void {
    if (place.state !== 'running') return;
    place.state = 'parked';
    this.#parked++;
    this.#running--;
    this.#admit();
  }

  unpark(place: Place): void {
    if (place.state !== 'parked') return;
    place.state = 'running';
    this.#parked--;
    this.#running++;
  }

  #hasRoom(): boolean {
    return this.#running < this.#rules.maxConcurrent;
  }

  #append(place: Place): void {
    this.#waiting++;
    place.before = this.#last;
    if (this.#last) this.#last.behind = place;
    else this.#first = place;
    this.#last = place;
  }

  #unlink(place: Place): void {
    const { before, behind } = place;
    this.#waiting--;
    if (before) before.behind = behind;
    else this.#first = behind;
    if (behind) behind.before = before;
    else this.#last = before;
    place.before = undefined;
    place.behind = undefined;
  }

  #admit(): void {
    while (this.#first && this.#hasRoom() && this.#takeToken()) {
      const place = this.#first;
      this.#unlink(place);
      place.state = 'running';
      this.#running++;
      place.told?.(true);
    }
    if (this.#first && this.#rules.rateLimit > 0 && this.#hasRoom()) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#admit();
      }, secondMs / this.#rules.rateLimit);
    }
  }

  #takeToken(): boolean {
    if (!this.#hasToken()) return false;
    if (this.#rules.rateLimit > 0) this.#tokens--;
    return true;
  }

  /** A token bucket that holds one second's worth. */
  #hasToken(): boolean {
    const { rateLimit } = this.#rules;
    if (rateLimit === 0) return true;
    const now = this.#now();
    this.#tokens = Math.min(Math.max(1, rateLimit), this.#tokens + ((now - this.#refilledAt) / secondMs) * rateLimit);
    this.#refilledAt = now;
    return this.#tokens >= 1;
  }
}
