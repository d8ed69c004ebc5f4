/** One gateway on one connection: it tells what is in its log, says that it is there, and hears the others. */
import { randomUUID } from 'node:crypto';
import type { Recorded } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { hourMs, minuteMs } from '../../events/units.ts';
import type { Core } from '../runtime/core.ts';
import { Board } from './board.ts';
import type { Channel, Engine } from './engine.ts';
import { aboutNotice, type FleetKeys, type Identity } from './identity.ts';
import { Inbox, type Member } from './inbox.ts';
import { type Admitted, factAt, isOurs } from './joining.ts';
import { Leases } from './leases.ts';
import { opened, sealed } from './message.ts';
import { Outbox } from './outbox.ts';
import { Subjects } from './subjects.ts';
import type { UsageTold } from './usage.ts';

interface MembershipPorts {
  readonly core: Core;
  readonly engine: Engine;
  readonly keys: FleetKeys;
  readonly secretOf: (id: EndpointId) => string | undefined;
  /** What others have used, as they say. */
  readonly usage: UsageTold;
}

/** A gateway that was not heard for so long is not there, and a subscription that brings not even our own beats is dead. */
export const silenceMs = minuteMs;

const sameMomentMs = 2 * minuteMs;
// Hearsay binds for an hour; then each gateway finds out for itself.
const sameRefusalMs = 2 * hourMs;

type Unsigned = Parameters<typeof sealed>[2];

export class Membership {
  readonly who: Identity;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly #ports: MembershipPorts;
  readonly #subjects: Subjects;
  readonly #leases: Leases;
  /** Another process speaks with our key: a copy of this home, or what this home was before its log went back. */
  isDoubled = false;

  constructor(ports: MembershipPorts, { who, position }: Admitted) {
    const { core, keys, secretOf, usage } = ports;
    this.#ports = ports;
    this.who = who;
    const board = new Board();
    const subjects = new Subjects(core, secretOf, keys);
    this.#subjects = subjects;
    this.inbox = new Inbox({
      core,
      keys,
      subjects,
      board,
      usage,
      member: who.member,
      own: (message) => {
        if (message.kind === 'failure') board.said(message.about, message, message.at);
        if (message.kind === 'lift') board.lifted(message.about, message.of);
        void isOurs(core, message)
          .then((is) => {
            if (!is) this.isDoubled = true;
          })
          .catch(() => {});
      },
    });
    const publish = (message: Unsigned) => this.#publish('fact', message);
    this.outbox = new Outbox({ core, subjects, board, member: who.member, publish }, position);
    this.#leases = new Leases({
      engine: ports.engine,
      now: () => core.now(),
      claim: (about) => this.#claim(about),
      holder: (bytes, about) => this.#claimant(bytes, about),
      member: who.member,
    });
  }

  /** @returns whether there is something to tell */
  heard(facts: readonly Recorded[]): boolean {
    this.#subjects.heard(facts);
    return this.outbox.heard(facts);
  }

  /** It holds how far the log is told: the next life begins there. */
  async beat(): Promise<void> {
    const { core } = this.#ports;
    const { position } = this.outbox;
    const fact = await factAt(core.log, position);
    if (fact) await this.#publish('beat', { kind: 'beat', seq: position, id: fact.id, at: core.now() });
  }

  async sayLeft(): Promise<void> {
    const { core } = this.#ports;
    const fact = await factAt(core.log, this.outbox.position);
    if (fact) await this.#publish('beat', { kind: 'left', seq: fact.seq, id: fact.id, at: core.now() });
  }

  /** What this gateway has used. */
  async sayUsage(usage: Pick<Extract<Unsigned, { kind: 'usage' }>, 'all' | 'spans'>): Promise<void> {
    const { core } = this.#ports;
    const fact = await factAt(core.log, this.outbox.position);
    if (fact) await this.#publish('fact', { kind: 'usage', seq: fact.seq, id: fact.id, at: core.now(), ...usage });
  }

  /** Who probes a key that several have. Alone, there is nothing to ask. */
  async tendLeases(): Promise<void> {
    await this.#leases.tend(this.present().length === 0 ? [] : this.#subjects.credentials());
  }

  /** The other gateways that were heard lately. */
  present(): readonly Member[] {
    const now = this.#ports.core.now();
    return this.inbox.members().filter(({ seenAt }) => now - seenAt < silenceMs);
  }

  /** Another gateway probes this endpoint's key. */
  isLedElsewhere(id: EndpointId): boolean {
    const about = this.#subjects.credential(id);
    return about !== undefined && this.#leases.isElsewhere(about);
  }

  /**
   * Whether it is this gateway that tells a person: it is the first, of all that tell the same person the same. Of a key each finds out at
   * another time, unless it has worked meanwhile; of the ladder all do within moments.
   * @param endpoint whose key it is about
   */
  async isTeller(what: string, endpoint: EndpointId | null): Promise<boolean> {
    const { engine, keys, core } = this.#ports;
    const about = aboutNotice(
      keys,
      `${what}\0${endpoint === null ? '' : (this.#subjects.credential(endpoint) ?? endpoint)}`,
    );
    const found = await engine.read(`kept.${about}`);
    const by = found && this.#claimant(found.bytes, about);
    const toldAt = core.now() - (found?.ageMs ?? 0);
    const liftedAt = endpoint === null ? 0 : (core.state.endpoint(endpoint).context.hearsay.liftedAt ?? 0);
    const within = endpoint === null ? sameMomentMs : sameRefusalMs;
    const isTold = by !== null && by !== this.who.member && (found?.ageMs ?? 0) < within && liftedAt <= toldAt;
    return !isTold && (await engine.swap(`kept.${about}`, found?.revision ?? 0, this.#claim(about))) !== null;
  }

  #claim(about: string): Uint8Array {
    const { keys, core } = this.#ports;
    const head = { seq: this.outbox.position, id: randomUUID(), at: core.now() };
    return sealed(keys, this.who, { kind: 'claim', ...head, about });
  }

  /** The member that has claimed this; null when no member has written it. */
  #claimant(bytes: Uint8Array, about: string): string | null {
    const one = opened(this.#ports.keys, null, bytes);
    return typeof one !== 'string' && one.kind === 'claim' && one.about === about ? one.member : null;
  }

  #publish(channel: Channel, message: Unsigned): Promise<void> {
    const { engine, keys } = this.#ports;
    const { member, name, epoch } = this.who;
    // Each beat is another message, also when nothing was told since; so is what was used.
    const isOfNow = channel === 'beat' || message.kind === 'usage';
    const id = [member, epoch, message.seq, ...(isOfNow ? [message.kind, message.at] : [])].join(':');
    return engine.publish(name, channel, id, sealed(keys, this.who, message));
  }
}
