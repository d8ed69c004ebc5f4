/**
 * The outbox is a position in the log. What is behind it was published, or concerns this gateway alone; what is before it will be. Nothing is
 * held in memory, so that an outage of any length costs nothing and loses nothing. A long way is gone by the log's roll-ups, which name the
 * few facts that are told, and elsewhere in small steps that give way to requests.
 */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { AttemptFailure, EndpointDecision } from '../../events/endpoint.ts';
import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import { secondMs } from '../../events/units.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { aboutWhat, beganAt, isOfThePath, type Success } from '../../machines/hearsay.ts';
import { blocksOf, seqsIn } from '../history/parts.ts';
import type { RollUp } from '../projections/roll-up.ts';
import type { Core } from '../runtime/core.ts';
import type { Board } from './board.ts';
import type { Body, sealed } from './message.ts';
import type { Subjects } from './subjects.ts';

type Unsigned = Parameters<typeof sealed>[2];
type Refusal = Extract<EndpointDecision, { type: 'EndpointFailed' | 'EndpointPaused' }>['data'];

const told: ReadonlySet<string> = new Set(['EndpointFailed', 'EndpointPaused', 'AttemptSucceeded', 'ProbeSucceeded']);

// Of reading 300 µs, and a pause after it: 20,000 facts a second beside requests, and none waits for longer.
const stepFacts = 32;
const pauseMs = 1;
const busyMs = secondMs;
// To look for roll-ups is worth it beyond this.
const farFacts = 4_096;

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
  /** When requests were last seen. */
  #busyAt = 0;
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
    if (kindOf(first.stream) === 'request') this.#busyAt = this.#ports.core.now();
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
      const last = core.state.seq;
      await core.log.flush();
      await this.#tellTo(last);
    }
  }

  async #tellTo(last: number): Promise<void> {
    const { log } = this.#ports.core;
    const isFar = last - this.position > farFacts;
    for await (const block of isFar ? blocksOf(log, [this.position + 1, last]) : []) {
      await this.#read(block.from - 1);
      await this.#tellOf(block);
      await this.#giveWay();
    }
    await this.#read(last);
  }

  /** What is told of a block, and nothing else of it is looked at. */
  async #tellOf(block: RollUp): Promise<void> {
    const { log } = this.#ports.core;
    const seqs = seqsIn(block, (kind, type) => kind === 'endpoint' && (told.has(type) || type === 'AttemptFailed'));
    for (let at = 0; at < seqs.length; at += stepFacts) {
      for await (const facts of log.rollUps?.read(seqs.slice(at, at + stepFacts)) ?? [])
        for (const fact of facts) await this.#tell(fact);
      await this.#giveWay();
    }
    this.position = block.to;
  }

  /** Fact by fact up to this one. */
  async #read(last: number): Promise<void> {
    const { log } = this.#ports.core;
    while (this.position < last) {
      const before = this.position;
      const to = Math.min(last, before + stepFacts);
      for await (const facts of log.read(before + 1, to)) for (const fact of facts) await this.#tell(fact);
      if (this.position === before && !(await this.#skipsHole(last))) return;
      await this.#giveWay();
    }
  }

  /** Whether there is more behind a hole in the log. What is not written yet is none. */
  async #skipsHole(last: number): Promise<boolean> {
    for await (const [first] of this.#ports.core.log.read(this.position + 1, last)) {
      if (!first) continue;
      this.position = first.seq - 1;
      return true;
    }
    return false;
  }

  async #giveWay(): Promise<void> {
    if (this.#ports.core.now() - this.#busyAt < busyMs) await sleep(pauseMs);
    else await setImmediate();
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
