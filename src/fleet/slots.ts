/**
 * This gateway's part of the requests at once that endpoints with shared keys take (`--max-concurrent`). It is taken ahead, in the background:
 * the plan of a request looks at a number. The rule is in `machines/endpoint-slots.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { secondMs } from '../../events/units.ts';
import { evenPart, type Part, partOf, wanted } from '../../machines/endpoint-slots.ts';
import { type Engine, leaseMs } from './engine.ts';
import { aboutSlots, type FleetKeys } from './identity.ts';
import { type FleetMessage, membersMax, opened, sealed } from './message.ts';

/** An endpoint whose limit is another one than that of every endpoint. */
export interface SlotLimit {
  readonly id: EndpointId;
  readonly maxConcurrent: number;
}

export interface SlotRow {
  readonly endpoint: EndpointId;
  readonly limit: number;
  readonly allowed: number;
}

interface Has {
  readonly ids: readonly EndpointId[];
  readonly limit: number;
  taken: number;
  /** Until when the others count on it. */
  until: Millis;
  /** That share it, this one included. Before any word of them: two. */
  gateways: number;
  peak: number;
  isShort: boolean;
}

type Told = Extract<FleetMessage, { kind: 'slots' }>['parts'];

const tendEveryMs = 3 * secondMs;
// A burst finds more room so soon, and costs no more than that.
const shortEveryMs = 100;
const endpointsMax = 64;

export interface SlotPorts {
  readonly now: () => Millis;
  readonly limits: () => readonly SlotLimit[];
  readonly running: (id: EndpointId) => number;
  /** There is something to ask for. */
  readonly isShort: () => void;
}

export class Slots {
  readonly #ports: SlotPorts;
  /** By what the endpoint is called in the fleet: endpoints of one key and address are one. */
  #has = new Map<string, Has>();
  #byEndpoint = new Map<EndpointId, Has>();
  #dueAt: Millis = 0;
  #shortAt: Millis = 0;
  /** No other gateway is there. Before the server was reached, there may be one. */
  #isAlone = false;

  constructor(ports: SlotPorts) {
    this.#ports = ports;
  }

  /** What this gateway may have at once there, of all that share it; asked with what runs there now. Nothing waits for it. */
  most(id: EndpointId, count: number): number {
    const has = this.#byEndpoint.get(id);
    if (!has) return Number.POSITIVE_INFINITY;
    const besides = has.ids.length === 1 ? 0 : this.#running(has) - count;
    const busy = count + besides;
    if (busy >= has.peak) has.peak = busy + 1;
    const most = this.#allowed(has);
    if (busy >= most && most < has.limit) this.#short(has);
    return most - besides;
  }

  rows(): readonly SlotRow[] {
    return [...this.#byEndpoint].map(([endpoint, has]) => ({
      endpoint,
      limit: has.limit,
      allowed: this.#allowed(has),
    }));
  }

  /** It has left the fleet: then each limit is its own again. */
  forget(): void {
    this.#has.clear();
    this.#byEndpoint.clear();
    this.#dueAt = 0;
    this.#isAlone = false;
  }

  /** Which endpoints share, known before the server is reached. @param about of an endpoint's key; undefined where it has none */
  know(about: (id: EndpointId) => string | undefined): void {
    const found = new Map<string, { ids: EndpointId[]; limit: number }>();
    for (const { id, maxConcurrent } of this.#ports.limits().slice(0, endpointsMax)) {
      const key = about(id);
      if (key === undefined) continue;
      const one = found.get(key) ?? { ids: [], limit: 0 };
      found.set(key, { ids: [...one.ids, id], limit: one.limit + maxConcurrent });
    }
    this.#has = new Map([...found].map(([key, { ids, limit }]) => [key, this.#known(key, ids, limit)]));
    this.#byEndpoint = new Map([...this.#has.values()].flatMap((has) => has.ids.map((id) => [id, has] as const)));
  }

  /**
   * Takes what there is to do, and gives back what there is not. Rejects when the engine does not answer.
   * @param others that are there
   */
  async tend(engine: Engine, keys: FleetKeys, who: Parameters<typeof sealed>[1], others: number): Promise<void> {
    const now = this.#ports.now();
    this.#isAlone = others === 0;
    if (this.#isAlone || now < this.#dueAt) return;
    this.#dueAt = now + tendEveryMs;
    for (const [about, has] of this.#has) await this.#take(aboutSlots(keys, about), has, engine, keys, who);
  }

  async #take(about: string, has: Has, engine: Engine, keys: FleetKeys, who: Parameters<typeof sealed>[1]) {
    const askedAt = this.#ports.now();
    const register = `lease.slots-${about}` as const;
    const found = await engine.read(register);
    const parts = found === null ? [] : partsIn(keys, found.bytes, about);
    const others = parts
      .map((part) => ({ ...part, ageMs: part.ageMs + (found?.ageMs ?? 0) }))
      .filter(({ member, ageMs }) => member !== who.member && ageMs < leaseMs)
      .slice(0, membersMax - 1);
    const running = this.#running(has);
    const wants = wanted({ peak: Math.max(has.peak, running), isShort: has.isShort }, has.limit);
    const takes = partOf(others as readonly Part[], who.member, wants, has.limit);
    const mine = { member: who.member, taken: Math.max(takes, running), wants, ageMs: 0 };
    const head = { seq: 0, id: randomUUID(), at: askedAt };
    const body = { kind: 'slots' as const, ...head, about, parts: [...others, mine] };
    const revision = await engine.swap(register, found?.revision ?? 0, sealed(keys, who, body));
    // Another gateway was quicker.
    if (revision === null) return void this.#soon();
    has.taken = takes;
    has.until = askedAt + leaseMs;
    has.gateways = others.length + 1;
    has.peak = running;
    // What is too little for it now is asked for again, when the others have seen what it wants.
    if (has.isShort && takes < wants) this.#soon(secondMs);
    has.isShort = false;
  }

  /** Apart for long, the others count on it no more: then it has an even part at most. */
  #allowed({ limit, taken, until, gateways }: Has): number {
    if (this.#isAlone) return limit;
    if (this.#ports.now() < until) return taken;
    const even = evenPart(limit, gateways);
    return until === 0 ? even : Math.min(taken, even);
  }

  #short(has: Has): void {
    has.isShort = true;
    const now = this.#ports.now();
    if (this.#isAlone || now - this.#shortAt < shortEveryMs) return;
    this.#shortAt = now;
    this.#dueAt = 0;
    this.#ports.isShort();
  }

  #soon(inMs: Millis = shortEveryMs): void {
    this.#dueAt = Math.min(this.#dueAt, this.#ports.now() + inMs);
  }

  #running({ ids }: Has): number {
    return ids.reduce((sum, id) => sum + this.#ports.running(id), 0);
  }

  #known(about: string, ids: readonly EndpointId[], limit: number): Has {
    const before = this.#has.get(about);
    if (before && before.limit === limit && before.ids.join() === ids.join()) return before;
    return { ids, limit, taken: 0, until: 0, gateways: 2, peak: 0, isShort: false };
  }
}

/** What no member has written counts as nothing. */
function partsIn(keys: FleetKeys, bytes: Uint8Array, about: string): Told {
  const one = opened(keys, null, bytes);
  return typeof one !== 'string' && one.kind === 'slots' && one.about === about ? one.parts : [];
}
