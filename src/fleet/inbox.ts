/**
 * The door for what other gateways say. It is measured, opened, and told to the core as what it is: a report about an endpoint, on which the
 * machine decides. A malicious member can keep an endpoint out for an hour, and no more.
 */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { hourMs, secondMs } from '../../events/units.ts';
import { aboutWhat, heardUntil, hearsayMaxMs } from '../../machines/hearsay.ts';
import type { Core } from '../runtime/core.ts';
import type { Board } from './board.ts';
import type { Delivered } from './engine.ts';
import type { FleetKeys } from './identity.ts';
import { type FleetMessage, membersMax, opened, type Refused } from './message.ts';
import type { Subjects } from './subjects.ts';
import type { UsageTold } from './usage.ts';

// An hour of a busy gateway is read again now and then; what comes all the time is a hundredth of it.
const burstMax = 1_000;
const perSecond = 10;
// Clocks may be wrong by hours. What is older was recorded on the way, and is played again.
const clockErrorMs = 26 * hourMs;
const forgottenAfterMs = hourMs;

export interface Member {
  readonly member: string;
  readonly name: string;
  readonly epoch: Millis;
  /** How far it has published its log. */
  readonly seq: number;
  /** By our clock. */
  readonly seenAt: Millis;
  readonly heard: number;
}

/** That a gateway cannot reach a vendor. */
export interface PathFailure {
  readonly member: string;
  readonly name: string;
  /** Of this gateway, at that vendor. */
  readonly endpoints: readonly EndpointId[];
  readonly because: Failure;
  readonly heardAt: Millis;
  readonly until: Millis;
}

const pathsMax = 256;

export interface InboxPorts {
  readonly core: Pick<Core, 'state' | 'now' | 'tellEndpoint'>;
  readonly keys: FleetKeys;
  readonly subjects: Subjects;
  readonly board: Board;
  readonly usage: UsageTold;
  readonly member: string;
  /** A message of ours, by its number and the fact's id: from this life, or from another one of this home. */
  readonly own: (message: FleetMessage) => void;
}

export class Inbox {
  readonly #ports: InboxPorts;
  readonly #members = new Map<string, Member>();
  readonly #budgets = new Map<string, { left: number; at: Millis }>();
  readonly #paths = new Map<string, PathFailure>();
  readonly refused = new Map<Refused, number>();
  /** When the newest of them was said. */
  readonly #refusedAt = new Map<Refused, Millis>();
  received = 0;
  /** When the engine last brought anything at all. */
  lastAt: Millis;

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.lastAt = ports.core.now();
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** What other gateways cannot reach from where they are, of what this one has. */
  paths(now: Millis): readonly PathFailure[] {
    return [...this.#paths.values()].filter(({ until }) => until > now);
  }

  /** Why messages are refused that are not from the past. */
  refusedSince(at: Millis): readonly Refused[] {
    return [...this.#refusedAt].filter(([, saidAt]) => saidAt >= at).map(([why]) => why);
  }

  receive(delivered: Delivered): void {
    const now = this.#ports.core.now();
    this.lastAt = now;
    const message = this.#opened(delivered, now);
    if (typeof message === 'string') this.#refuse(message, now - delivered.ageMs);
    else if (message.member === this.#ports.member) this.#ports.own(message);
    else this.#take(message, delivered.ageMs, now);
  }

  #refuse(why: Refused, saidAt: Millis): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
    this.#refusedAt.set(why, Math.max(saidAt, this.#refusedAt.get(why) ?? 0));
  }

  #opened({ name, bytes, ageMs }: Delivered, now: Millis): FleetMessage | Refused {
    if (!this.#isWithinRate(name, now)) return 'rate';
    const message = opened(this.#ports.keys, name, bytes);
    if (typeof message === 'string') return message;
    if (Math.abs(now - message.at) > clockErrorMs) return 'old';
    return message.member === this.#ports.member || this.#isKnown(message, now - ageMs) ? message : 'members';
  }

  #take(message: FleetMessage, ageMs: Millis, now: Millis): void {
    this.received++;
    const { core, subjects, board } = this.#ports;
    if (message.kind === 'left') this.#left(message);
    if (message.kind === 'usage') this.#ports.usage.take(message, now - ageMs);
    if (message.kind === 'path') this.#notePath(message, ageMs, now);
    if (message.kind !== 'failure' && message.kind !== 'lift') return;
    const { about, member, name, seq } = message;
    const endpoints = subjects.endpoints(about);
    if (message.kind === 'lift') {
      board.lifted(about, message.of);
      const lifted = { type: 'HearsayLifted', data: { by: member, name, of: message.of, heardAt: now } } as const;
      for (const id of endpoints) core.tellEndpoint(id, lifted, { by: 'fleet' });
      return;
    }
    const { because, status, at: saidAt } = message;
    const validMs = Math.min(message.validMs, hearsayMaxMs) - ageMs;
    if (validMs <= 0) {
      this.#over(endpoints, message);
      return;
    }
    if (endpoints.length > 0 && aboutWhat(because) === 'credential') board.said(about, { member, seq }, now - ageMs);
    for (const id of endpoints) {
      const { hearsay } = core.state.endpoint(id).context;
      const until = heardUntil(hearsay, because, validMs, now);
      const data = { member, name, seq, because, status, saidAt, heardAt: now, until };
      core.tellEndpoint(id, { type: 'FailureHeard', data }, { by: 'fleet' });
    }
  }

  #left(message: FleetMessage): void {
    this.#members.delete(message.member);
    this.#ports.usage.left(message);
  }

  /** The newest of each gateway and vendor. It is shown, and no fact: nothing follows from it here. */
  #notePath(
    { about, member, name, because, validMs }: Extract<FleetMessage, { kind: 'path' }>,
    ageMs: Millis,
    now: Millis,
  ): void {
    const endpoints = this.#ports.subjects.endpoints(about);
    const until = now - ageMs + Math.min(validMs, hearsayMaxMs);
    if (endpoints.length === 0 || until <= now) return;
    for (const [key, one] of this.#paths) if (one.until <= now) this.#paths.delete(key);
    const key = `${member} ${about}`;
    if (this.#paths.size < pathsMax || this.#paths.has(key))
      this.#paths.set(key, { member, name, endpoints, because, heardAt: now - ageMs, until });
  }

  /** It is over by now, and so is what the same gateway said before it. */
  #over(endpoints: readonly EndpointId[], { member, name, seq }: FleetMessage): void {
    const { core } = this.#ports;
    for (const id of endpoints) {
      const { words } = core.state.endpoint(id).context.hearsay;
      const isOld = words.some((one) => one.member === member && !one.isHint && one.until !== null && one.seq < seq);
      const data = { by: member, name, of: [{ member, seq }], heardAt: core.now() };
      if (isOld) core.tellEndpoint(id, { type: 'HearsayLifted', data }, { by: 'fleet' });
    }
  }

  #isKnown({ member, name, epoch, seq }: FleetMessage, seenAt: Millis): boolean {
    const known = this.#members.get(member);
    if (!known && this.#members.size >= membersMax) this.#forget(seenAt);
    if (!known && this.#members.size >= membersMax) return false;
    this.#members.set(member, {
      member,
      name,
      epoch,
      seq: Math.max(seq, known?.seq ?? 0),
      seenAt: Math.max(seenAt, known?.seenAt ?? 0),
      heard: (known?.heard ?? 0) + 1,
    });
    return true;
  }

  #forget(now: Millis): void {
    for (const { member, seenAt } of this.members()) if (now - seenAt > forgottenAfterMs) this.#members.delete(member);
  }

  /** By the subject: who may publish on it is the engine's rule, and nothing has been verified yet. */
  #isWithinRate(name: string, now: Millis): boolean {
    const budget = this.#budgets.get(name) ?? { left: burstMax, at: now };
    budget.left = Math.min(burstMax, budget.left + ((now - budget.at) / secondMs) * perSecond);
    budget.at = now;
    if (budget.left < 1) return false;
    budget.left--;
    if (!this.#budgets.has(name) && this.#budgets.size >= 2 * membersMax) this.#budgets.clear();
    this.#budgets.set(name, budget);
    return true;
  }
}
