/** One incident in the making: its endpoints, its effects, and what is not healthy yet. */
import type { AttemptFailure, EndpointFact } from '../../events/endpoint.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import type { AnyFact } from '../../events/traits.ts';
import { minuteMs } from '../../events/units.ts';
import { targetState } from '../../machines/endpoint.ts';
import type { IncidentRow } from '../contract/incidents.ts';
import { iso, isoOrNull } from '../platform/time.ts';
import { factRow } from '../runtime/rows.ts';
import { isMoved } from './decided.ts';

// Failures that changed no state belong together when no more time than this is between them.
const joinedMs = minuteMs;
// A person reads no more of one incident; the rest is counted, and is in the history.
const factsKept = 1_000;
// A client may make up a session for each request: from here on the number says 'at least'.
const sessionsMax = 100_000;

/** The faults that a fact begins, and those that it ends. Endpoints are identified by their streams. */
const begins: Readonly<Record<string, string>> = { FailedOver: 'ladder', AllOut: 'allOut', Offline: 'network' };
const rights: Readonly<Record<string, readonly string[]>> = {
  LadderHealthy: ['ladder', 'allOut'],
  SwitchedByHand: ['ladder'],
  BackInService: ['allOut'],
  Online: ['network'],
};

export class IncidentStory {
  readonly began: Recorded<AnyFact>;
  readonly seqs: number[] = [];
  /** The subjects that are not healthy yet: endpoints by their ids, the ladder, the network. */
  readonly unwell = new Set<string>();
  lastTroubleAt: Millis;
  /** When everything was healthy again, or the last failure that changed no state. */
  to: Millis | null = null;
  #ended: Recorded | null = null;
  #factCount = 0;
  readonly #failures = new Map<string, Map<string, number>>();
  readonly #requests = { failed: 0, broken: 0, moved: 0, queued: 0, answeredLater: 0 };
  readonly #sessions = new Set<string>();
  readonly #switches: { readonly seq: number; readonly from: string | null; readonly to: string }[] = [];
  #tokens = 0;

  constructor(began: Recorded<AnyFact>) {
    this.began = began;
    this.lastTroubleAt = began.at;
  }

  /** Whether later facts may still belong to it. */
  isOver(now: Millis): boolean {
    return this.to !== null && (this.#ended !== null || now - this.to > joinedMs);
  }

  concerns(endpoint: string): boolean {
    return this.#failures.has(endpoint);
  }

  add(fact: Recorded<AnyFact>, isTrouble: boolean): void {
    this.#factCount++;
    if (this.seqs.length < factsKept) this.seqs.push(fact.seq);
    this.#count(fact);
    const had = this.unwell.size;
    this.#weigh(fact);
    if (isTrouble && fact.by !== 'probe' && fact.by !== 'timer') this.lastTroubleAt = fact.at;
    if (this.unwell.size > 0) {
      this.to = null;
      this.#ended = null;
    } else if (had > 0 || this.#ended === null) {
      this.to = fact.at;
      this.#ended = had > 0 ? fact : null;
    }
  }

  /** Subjects that are healthy again, and those that are not. */
  #weigh(fact: Recorded<AnyFact>): void {
    const { type, stream } = fact;
    if (kindOf(stream) === 'endpoint') {
      const state = targetState(fact);
      if (state === 'healthy' || state === 'disabled') this.unwell.delete(nameOf(stream));
      else if (state !== null) this.unwell.add(nameOf(stream));
      return;
    }
    if (type === 'EndpointRemoved') this.unwell.delete(fact.data.endpoint);
    const begun = begins[type];
    if (begun !== undefined) this.unwell.add(begun);
    for (const one of rights[type] ?? []) this.unwell.delete(one);
  }

  #count(fact: Recorded<AnyFact>): void {
    switch (fact.type) {
      case 'AttemptFailed':
      case 'ProbeFailed':
        this.#failed(nameOf(fact.stream), (fact.data as AttemptFailure).failure);
        return;
      case 'FailedOver':
      case 'Recovered':
      case 'SwitchedByHand':
        this.#switches.push({ seq: fact.seq, from: fact.data.from, to: fact.data.to });
        return;
      case 'RequestFailed':
        this.#requests.failed++;
        this.#hit(fact.data);
        return;
      case 'AnswerBroken':
        this.#requests.broken++;
        this.#hit(fact.data);
        return;
      case 'RequestServed':
        if (!isMoved(fact.data)) return;
        this.#requests.moved++;
        this.#hit(fact.data);
        return;
      case 'RequestQueued':
        this.#requests.queued++;
        return;
      case 'RetrySucceeded':
        this.#requests.answeredLater++;
        return;
      default:
        if (kindOf(fact.stream) === 'endpoint') this.#known(nameOf(fact.stream));
    }
  }

  #known(endpoint: string): Map<string, number> {
    const counts = this.#failures.get(endpoint) ?? new Map<string, number>();
    this.#failures.set(endpoint, counts);
    return counts;
  }

  #failed(endpoint: string, failure: string): void {
    const counts = this.#known(endpoint);
    counts.set(failure, (counts.get(failure) ?? 0) + 1);
  }

  #hit({ session, ...data }: Pick<Served, 'session'> & Partial<Pick<Served, 'usage'>>): void {
    if (session !== null && this.#sessions.size < sessionsMax) this.#sessions.add(session);
    const { input, output, cacheRead, cacheWrite } = data.usage ?? {};
    this.#tokens += (input ?? 0) + (output ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0);
  }

  /** @param now the end of the known span: an open incident has lasted until then */
  row(now: Millis): IncidentRow {
    return {
      number: this.began.seq,
      from: iso(this.began.at),
      to: isoOrNull(this.to),
      durationMs: (this.to ?? now) - this.began.at,
      began: factRow(this.began),
      ended: this.#ended && factRow(this.#ended),
      unwell: [...this.unwell],
      endpoints: [...this.#failures].map(([endpoint, counts]) => ({
        endpoint,
        failures: [...counts].map(([failure, count]) => ({ failure, count })),
      })),
      requests: { ...this.#requests },
      sessions: this.#sessions.size,
      tokens: this.#tokens,
      switches: [...this.#switches],
      factCount: this.#factCount,
    };
  }
}

/** Whether a fact may begin an incident, or makes a running one worse. */
export function isTrouble(fact: Recorded<AnyFact>): boolean {
  if (fact.type === 'AttemptFailed' || fact.type === 'ProbeFailed')
    // A missing model is no fault of the endpoint.
    return (fact.data as Extract<EndpointFact, { type: 'ProbeFailed' }>['data']).failure !== 'noModel';
  return troubles.has(fact.type);
}

const troubles: ReadonlySet<string> = new Set<AnyFact['type']>([
  'EndpointDegraded',
  'EndpointPaused',
  'EndpointFailed',
  'FailedOver',
  'AllOut',
  'RequestFailed',
  'AnswerBroken',
  'Offline',
  'GatewayFoundDead',
]);
