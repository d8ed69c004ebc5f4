/**
 * What each gateway of the fleet has used: the owner folds its own facts, and tells the sums by hours and days. Only sums cross: no name of
 * an endpoint, a model, a token or a session. What others have told is kept in memory, so that a question waits for no other machine.
 */
import type { Millis } from '../../events/fact.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../../events/units.ts';
import { type FleetMessage, membersMax } from './message.ts';

export interface Used {
  readonly requests: number;
  readonly attempts: number;
  readonly failures: number;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
  /** Null: nothing of it has a price. */
  readonly totalUsd: number | null;
  /** How many models have none. */
  readonly unpriced: number;
}

/** A gateway's usage since an instant, or all of it. */
export interface UsedSince extends Used {
  readonly member: string;
  readonly name: string;
  /** The hour, or the day, that the instant is in; null: all. */
  readonly since: Millis | null;
  readonly asOf: Millis;
}

type Told = Extract<FleetMessage, { kind: 'usage' }>;
type Numbers = Told['all'];
type Span = Told['spans'][number];

// It is a table, not a meter; and so seldom is cheap enough for a server that keeps a day of it.
const tellEveryMs = 5 * minuteMs;
// An hour is what others hear again when they come: it is told anew before that.
const againEveryMs = 20 * minuteMs;
const retryMs = minuteMs;
// A gateway that has just come has other things to do first.
const startMs = 10 * secondMs;
const days = 30;
const micro = 1_000_000;

export interface UsagePorts {
  readonly now: () => Millis;
  /** Out of this gateway's own log, beside its main loop. @param until null: to its end; since null: all that was ever counted */
  readonly read: (since: Millis | null, until: Millis | null) => Promise<Used>;
}

/** This gateway's own, as it is told. */
export class OwnUsage {
  readonly #ports: UsagePorts;
  /** Hours and days that are over, by their beginning and length: no fact can come to them any more. */
  #over = new Map<string, Span>();
  #isReading = false;
  #isNew = true;
  #dueAt: Millis = 0;
  #againAt: Millis = 0;

  constructor(ports: UsagePorts) {
    this.#ports = ports;
  }

  /** A request has ended. */
  heard(): void {
    this.#isNew = true;
  }

  /** A server that has just been reached may not know it. */
  isReached(): void {
    this.#dueAt = this.#ports.now() + startMs;
    this.#againAt = this.#dueAt;
  }

  /** Tells it when it is time. Nothing waits for that, and what fails is tried again. */
  tend(tell: (usage: Pick<Told, 'all' | 'spans'>) => Promise<void>): void {
    const { now } = this.#ports;
    if (this.#isReading || now() < (this.#isNew ? this.#dueAt : this.#againAt)) return;
    this.#isReading = true;
    this.#isNew = false;
    this.#read()
      .then(tell)
      .then(() => {
        this.#dueAt = now() + tellEveryMs;
        this.#againAt = now() + againEveryMs;
      })
      .catch(() => {
        this.#isNew = true;
        this.#dueAt = now() + retryMs;
      })
      .finally(() => {
        this.#isReading = false;
      });
  }

  async #read(): Promise<Pick<Told, 'all' | 'spans'>> {
    const now = this.#ports.now();
    const known = new Map<string, Span>();
    const spans: Span[] = [];
    for (const [from, hours] of parts(now)) {
      const key = `${from} ${hours}`;
      const until = from + hours * hourMs;
      const isOver = until <= now;
      const span = this.#over.get(key) ?? (await this.#span(from, hours, isOver ? until : null));
      if (isOver) known.set(key, span);
      // Requests are what all else comes of.
      if (span[3] > 0) spans.push(span);
    }
    this.#over = known;
    return { all: numbersOf(await this.#ports.read(null, null)), spans };
  }

  async #span(from: Millis, hours: number, until: Millis | null): Promise<Span> {
    return [Math.floor(from / hourMs), hours, ...numbersOf(await this.#ports.read(from, until))];
  }
}

/** A month by days, the last two of them by hours. */
function parts(now: Millis): readonly (readonly [Millis, number])[] {
  const today = Math.floor(now / dayMs) * dayMs;
  const byDay = Array.from({ length: days - 1 }, (_, n) => [today - (days - n) * dayMs, 24] as const);
  const hours = Math.floor((now - today) / hourMs) + 25;
  return [...byDay, ...Array.from({ length: hours }, (_, n) => [today - dayMs + n * hourMs, 1] as const)];
}

/** What others have told of themselves, by their names: one that has joined anew, out of a backup, tells of the same log. */
export class UsageTold {
  readonly #told = new Map<string, { readonly told: Told; readonly heardAt: Millis }>();

  take(told: Told, heardAt: Millis): void {
    const { name } = told;
    const before = this.#told.get(name)?.told;
    if (before && !isNewer(told, before)) return;
    if (!before && this.#told.size >= membersMax) this.#forgetOldest();
    this.#told.set(name, { told, heardAt });
  }

  /** It is of the fleet no more. */
  left({ name, member }: Pick<Told, 'name' | 'member'>): void {
    if (this.#told.get(name)?.told.member === member) this.#told.delete(name);
  }

  /** @param own this gateway's name: a former life of it is no other gateway */
  since(since: Millis | null, own: string): readonly UsedSince[] {
    const others = [...this.#told.values()].filter(({ told }) => told.name !== own);
    return others.map(({ told, heardAt }) => {
      const { member, name, all, spans } = told;
      if (since === null) return { member, name, since, asOf: heardAt, ...usedOf(all) };
      // What is older than its table begins with it.
      const from = Math.max(since, Math.floor(heardAt / dayMs) * dayMs - days * dayMs);
      const counted = spans.filter(([hour, hours]) => (hour + hours) * hourMs > from);
      const begins = Math.min(beginOf(from, heardAt), ...counted.map(([hour]) => hour * hourMs));
      return { member, name, since: begins, asOf: heardAt, ...usedOf(sumOf(counted)) };
    });
  }

  clear(): void {
    this.#told.clear();
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#told].sort(([, a], [, b]) => a.heardAt - b.heardAt);
    if (oldest) this.#told.delete(oldest[0]);
  }
}

/** The beginning of the part that an instant is in. */
function beginOf(at: Millis, now: Millis): Millis {
  const byHour = Math.floor(now / dayMs) * dayMs - dayMs;
  return at >= byHour ? Math.floor(at / hourMs) * hourMs : Math.floor(at / dayMs) * dayMs;
}

function isNewer(one: Told, other: Told): boolean {
  const [a, b] = [one, other].map(({ epoch, seq, at }) => [epoch, seq, at] as const) as [Order, Order];
  const place = a.findIndex((number, n) => number !== b[n]);
  return place >= 0 && Number(a[place]) > Number(b[place]);
}

type Order = readonly [number, number, number];

function numbersOf({ requests, attempts, failures, tokens, totalUsd, unpriced }: Used): Numbers {
  const { input, output, cacheRead, cacheWrite } = tokens;
  const cost = totalUsd === null ? null : Math.round(totalUsd * micro);
  return [requests, attempts, failures, input, output, cacheRead, cacheWrite, cost, unpriced];
}

function usedOf([requests, attempts, failures, input, output, cacheRead, cacheWrite, cost, unpriced]: Numbers): Used {
  const tokens = { input, output, cacheRead, cacheWrite };
  return { requests, attempts, failures, tokens, totalUsd: cost === null ? null : cost / micro, unpriced };
}

/** Of models without a price the most that one part has: the same ones come again. */
function sumOf(spans: readonly Span[]): Numbers {
  const sum = (of: (span: Span) => number) => spans.reduce((all, span) => all + of(span), 0);
  const costs = spans.flatMap((span) => span[9] ?? []);
  return [
    sum((span) => span[2]),
    sum((span) => span[3]),
    sum((span) => span[4]),
    sum((span) => span[5]),
    sum((span) => span[6]),
    sum((span) => span[7]),
    sum((span) => span[8]),
    costs.length === 0 ? null : costs.reduce((all, cost) => all + cost),
    Math.max(0, ...spans.map((span) => span[10])),
  ];
}
