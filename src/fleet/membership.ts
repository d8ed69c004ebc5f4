/** One gateway on one connection: it tells what is in its log, says that it is there, and hears the others. */
import type { Recorded } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { Core } from '../runtime/core.ts';
import { Board } from './board.ts';
import type { Channel, Engine } from './engine.ts';
import type { FleetKeys, Identity } from './identity.ts';
import { Inbox } from './inbox.ts';
import { type Admitted, factAt, isOurs } from './joining.ts';
import { sealed } from './message.ts';
import { Outbox } from './outbox.ts';
import { Subjects } from './subjects.ts';

interface MembershipPorts {
  readonly core: Core;
  readonly engine: Engine;
  readonly keys: FleetKeys;
  readonly secretOf: (id: EndpointId) => string | undefined;
}

type Unsigned = Parameters<typeof sealed>[2];

export class Membership {
  readonly who: Identity;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly #ports: MembershipPorts;
  readonly #subjects: Subjects;
  /** Another process speaks with our key: a copy of this home, or what this home was before its log went back. */
  isDoubled = false;

  constructor(ports: MembershipPorts, { who, position }: Admitted) {
    const { core, keys, secretOf } = ports;
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

  #publish(channel: Channel, message: Unsigned): Promise<void> {
    const { engine, keys } = this.#ports;
    const { member, name, epoch } = this.who;
    // Each beat is another message, also when nothing was told since.
    const id = [member, epoch, message.seq, ...(channel === 'beat' ? [message.kind, message.at] : [])].join(':');
    return engine.publish(name, channel, id, sealed(keys, this.who, message));
  }
}
