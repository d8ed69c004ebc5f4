/**
 * The outbox is a position in the log. What is behind it was published, or concerns this gateway alone; what is before it will be. Nothing is
 * held in memory, so that an outage of any length costs nothing and loses nothing.
 */
import { setImmediate } from 'node:timers/promises';
import type { AttemptFailure, EndpointDecision } from '../../events/endpoint.ts';
import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { aboutWhat, beganAt, isOfThePath, type Success } from '../../machines/hearsay.ts';
import type { Core } from '../runtime/core.ts';
import type { Board } from './board.ts';
import type { Body, sealed } from './message.ts';
import type { Subjects } from './subjects.ts';

type Unsigned = Parameters<typeof sealed>[2];
type Refusal = Extract<EndpointDecision, { type: 'EndpointFailed' | 'EndpointPaused' }>['data'];

const told: ReadonlySet<string> = new Set(['EndpointFailed', 'EndpointPaused', 'AttemptSucceeded', 'ProbeSucceeded']);

export interface OutboxPorts {
  readonly core: Pick<Core, 'state' | 'now' | 'log'>;
  readonly subjects: Subjects;
  readonly board: Board;
  readonly member: string;
  publish(message: Unsigned): Promise<void>;
}

export class Outbox {
  readonly #ports: OutboxPorts;
  /** The last fact that was dealt with. */
  position: number;
  #pumping: Promise<void> | undefined;
  #failed: { readonly seq: number; readonly status: number | null } | undefined;
  published = 0;

  constructor(ports: OutboxPorts, position: number) {
    this.#ports = ports;
    this.position = position;
  }

  /** Whether something has to be published. Most facts concern this gateway alone: then nothing is read. */
  heard(facts: readonly Recorded[]): boolean {
    const [first] = facts;
    const last = facts.at(-1);
    if (!first || !last) return false;
    const isNext = this.#pumping === undefined && first.seq === this.position + 1;
    if (!isNext || facts.some(isTold)) return true;
    this.position = last.seq;
    return false;
  }

  /** Publishes up to the end of the log. Rejects when the engine takes nothing: the position stays where it is. */
  pump(): Promise<void> {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
    });
    return this.#pumping;
  }

  async #pump(): Promise<void> {
    const { core } = this.#ports;
    for (let before = -1; this.position < core.state.seq && before < this.position; ) {
      before = this.position;
      // Only what is written can be read; while the disk takes nothing, nothing is told.
      if (core.log.state !== 'open') return;
      await core.log.flush();
      for await (const facts of core.log.read(this.position + 1)) {
        for (const fact of facts) await this.#tell(fact);
        await setImmediate();
      }
    }
  }

  async #tell(fact: Recorded): Promise<void> {
    if (fact.type === 'AttemptFailed') this.#failed = { seq: fact.seq, status: (fact.data as AttemptFailure).status };
    const message = isTold(fact) ? this.#messageOf(fact) : undefined;
    if (message) {
      await this.#ports.publish(message);
      if (message.kind === 'lift') this.#ports.board.lifted(message.about, message.of);
      this.published++;
    }
    this.position = fact.seq;
  }

  #messageOf(fact: Recorded): Unsigned | undefined {
    const id = nameOf(fact.stream) as EndpointId;
    if (fact.type === 'EndpointFailed' || fact.type === 'EndpointPaused') return this.#failure(id, fact);
    return this.#lift(id, fact as Recorded<Success>);
  }

  /** A decision that another one has replaced, or whose key is another one by now, is told no more. */
  #failure(id: EndpointId, { seq, id: factId, at, data, cause }: Recorded): Unsigned | undefined {
    const { core, subjects, board, member } = this.#ports;
    const { because, until } = data as Refusal;
    const what = aboutWhat(because);
    const status = endpointStatus(core.state.endpoint(id));
    const validMs = Math.round(until - core.now());
    if (validMs <= 0 || status.until !== until || status.because !== because) return undefined;
    const about = what === 'credential' ? subjects.credential(id) : subjects.vendor(id);
    if (about === undefined) return undefined;
    if (what === null) {
      const path = { kind: 'path' as const, seq, id: factId, at, about, validMs };
      return isOfThePath(because) ? { ...path, because: because as OnPath } : undefined;
    }
    if (what === 'credential') board.said(about, { member, seq }, at);
    const heard = this.#failed?.seq === cause ? (this.#failed?.status ?? null) : null;
    return { kind: 'failure', seq, id: factId, at, about, because: because as Failing, status: heard, validMs };
  }

  #lift(id: EndpointId, fact: Recorded<Success>): Unsigned | undefined {
    const { subjects, board } = this.#ports;
    const about = subjects.credential(id);
    if (about === undefined) return undefined;
    const of = board.against(about, beganAt(fact, fact.at));
    if (of.length === 0) return undefined;
    return { kind: 'lift', seq: fact.seq, id: fact.id, at: fact.at, about, of: [...of] };
  }
}

type OnPath = Extract<Body, { kind: 'path' }>['because'];
type Failing = Extract<Body, { kind: 'failure' }>['because'];

function isTold({ stream, type }: Recorded): boolean {
  return kindOf(stream) === 'endpoint' && told.has(type);
}
