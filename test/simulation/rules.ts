/** What must hold of every fact that is written: folded beside the real state, with rules of its own. */
import type { EndpointFact } from '../../events/endpoint.ts';
import type { Fact, Millis, Recorded } from '../../events/fact.ts';
import { nameOf } from '../../events/ids.ts';
import type { PriorityFact } from '../../events/priority.ts';
import type { LadderReason } from '../../events/reason.ts';
import type { PriorityPolicy } from '../../machines/priority-policy.ts';
import { hour } from '../support/given.ts';

const resultsMin = 3;
// One bad minute is not the truth: a step is less than a third of the whole way, from a tenth to the double.
const leapMax = 0.6;

/** A promise that was broken: what, in one sentence. */
export class Broken extends Error {}

export function promise(holds: boolean, otherwise: () => string): void {
  if (!holds) throw new Broken(otherwise());
}

/** What the rules ask of the state after a batch. */
export interface Looking {
  readonly exists: (profile: string) => boolean;
  readonly hasUsable: (profile: string) => boolean;
  readonly isOutForCertain: (profile: string) => boolean;
  /** The user's weight of an endpoint. */
  readonly weight: (endpoint: string) => number;
  /** Results that are known of it, of traffic and of probes. */
  readonly results: (endpoint: string) => number;
}

interface Watched {
  readonly profile: string;
  readonly at: Millis;
  proofs: number;
}

export class Rules {
  readonly #policy: PriorityPolicy;
  readonly #versions = new Map<string, number>();
  readonly #failovers: Millis[] = [];
  #seq = 0;
  #at = 0;
  #active: string | null = null;
  #pinned: string | null = null;
  #lastSwitchAt = Number.NEGATIVE_INFINITY;
  #doubts = 0;
  #watched: Watched | null = null;
  #releaseAsked = false;
  #switchAsked: string | null = null;

  constructor(policy: PriorityPolicy) {
    this.#policy = policy;
  }

  /** The user asks: only then may a switch by hand or the end of a pin be told. */
  asked(command: { readonly release?: boolean; readonly switchTo?: string }): void {
    this.#releaseAsked = command.release ?? false;
    this.#switchAsked = command.switchTo ?? null;
  }

  /** An endpoint of the profile has answered. */
  proven(profile: string): void {
    if (this.#watched?.profile === profile) this.#watched.proofs++;
  }

  /** @param look undefined while an old story is folded again: only what facts tell by themselves is held against them */
  batch(facts: readonly Recorded[], look?: Looking): void {
    for (const [index, fact] of facts.entries()) {
      this.#envelope(fact);
      if (fact.stream === 'priority')
        this.#priority(fact as Recorded & PriorityFact, facts.slice(0, index), facts, look);
      else if (fact.stream.startsWith('endpoint/')) this.#endpoint(fact as Recorded & EndpointFact, look);
    }
  }

  #envelope({ seq, at, stream, version, cause }: Recorded): void {
    promise(seq === this.#seq + 1, () => `#${seq} follows #${this.#seq}: a gap`);
    promise(at >= this.#at, () => `#${seq}: time ran backwards`);
    const before = this.#versions.get(stream) ?? 0;
    promise(version === before + 1, () => `#${seq}: version ${version} of ${stream} follows ${before}`);
    promise(cause === null || cause < seq, () => `#${seq} was caused by what came after it`);
    this.#seq = seq;
    this.#at = at;
    if (!stream.startsWith('request/')) this.#versions.set(stream, version);
  }

  #endpoint({ seq, at, stream, type, data, cause }: Recorded & EndpointFact, look?: Looking): void {
    if (type === 'EndpointFailed') {
      promise(cause !== null, () => `#${seq}: out without a reason`);
      promise(data.until - at <= hour, () => `#${seq}: out for more than an hour`);
    }
    if (type === 'WeightAdjusted' && look) this.#weighed(seq, nameOf(stream), data, look);
  }

  #weighed(
    seq: number,
    endpoint: string,
    { from, to, reasons }: { from: number; to: number; reasons: Readonly<Record<string, number>> },
    look: Looking,
  ): void {
    const weight = look.weight(endpoint);
    const share = to / weight;
    promise(share > 0.1 - 1e-9 && share < 2 + 1e-9, () => `#${seq}: weight ${weight} was adjusted to ${to}`);
    const results = look.results(endpoint);
    promise(results >= resultsMin, () => `#${seq}: a weight was adjusted on ${results} results`);
    promise(Object.keys(reasons).length > 0 && to !== from, () => `#${seq}: a weight was adjusted without a reason`);
    // A new weight of the user's may leave the old share far outside.
    const wasWithin = from >= 0.1 * weight && from <= 2 * weight;
    promise(
      !wasWithin || Math.abs(to - from) <= leapMax * weight + 0.1,
      () => `#${seq}: the weight ${weight} leapt from ${from} to ${to}`,
    );
  }

  #priority(
    { seq, at, type, data, cause }: Recorded & PriorityFact,
    before: readonly Recorded[],
    all: readonly Recorded[],
    look?: Looking,
  ): void {
    switch (type) {
      case 'ActiveChosen':
        if (this.#pinned !== null)
          promise(look === undefined || !look.exists(this.#pinned), () => `#${seq}: a pin was lost`);
        this.#settle(data.profile);
        this.#pinned = null;
        return;
      case 'ActiveDoubted':
        this.#doubts = data.reports;
        return;
      case 'ActiveTrusted':
        this.#doubts = 0;
        return;
      case 'RecoveryBegun':
        this.#watched = { profile: data.profile, at, proofs: data.checks };
        return;
      case 'RecoveryChecked':
        // A success has told of itself; in an old story a look was a proof too.
        if (this.#watched && !look) this.#watched.proofs++;
        promise(!look || before.at(-1)?.type !== 'TimerElapsed', () => `#${seq}: a timer was a check`);
        return;
      case 'RecoveryStopped':
        this.#watched = null;
        return;
      case 'SwitchedByHand':
        promise(!look || this.#switchAsked === data.to, () => `#${seq}: nobody asked for a switch to ${data.to}`);
        this.#switchAsked = null;
        this.#settle(data.to);
        this.#pinned = data.to;
        return;
      case 'PinReleased': {
        const follows = all.some(
          (fact) => fact.seq > seq && (fact.type === 'FailedOver' || fact.type === 'ActiveChosen'),
        );
        promise(
          !look || this.#releaseAsked || follows,
          () => `#${seq}: the pin of ${this.#pinned} was released unasked`,
        );
        this.#releaseAsked = false;
        this.#pinned = null;
        return;
      }
      case 'FailedOver':
        this.#reasoned(seq, data.because, cause, before);
        this.#failedOver(seq, at, data.from, look);
        this.#settle(data.to);
        this.#lastSwitchAt = at;
        return;
      case 'Recovered':
        promise(data.because.code === 'checksPassed', () => `#${seq}: a recovery without a reason`);
        this.#recovered(seq, at, data, look);
        this.#settle(data.to);
        this.#lastSwitchAt = at;
        return;
    }
  }

  #settle(active: string | null): void {
    this.#active = active;
    this.#doubts = 0;
    this.#watched = null;
  }

  #reasoned(seq: number, because: LadderReason, cause: number | null, before: readonly Fact[]): void {
    promise(
      because.code !== 'told' && (cause !== null || before.length > 0),
      () => `#${seq}: a failover without a reason`,
    );
  }

  #failedOver(seq: number, at: Millis, from: string, look?: Looking): void {
    const { auto, cooldownMs, maxPerHour, failureThreshold } = this.#policy;
    promise(auto, () => `#${seq}: a failover while failover.auto is off`);
    promise(this.#pinned === null, () => `#${seq}: a failover while ${this.#pinned} is pinned`);
    promise(from === this.#active, () => `#${seq}: a failover from ${from}, while ${this.#active} is active`);
    promise(at - this.#lastSwitchAt >= cooldownMs, () => `#${seq}: a failover within the cooldown`);
    this.#failovers.push(at);
    const lastHour = this.#failovers.filter((one) => at - one < hour).length;
    promise(lastHour <= maxPerHour, () => `#${seq}: ${lastHour} failovers within an hour, ${maxPerHour} are allowed`);
    if (!look) return;
    promise(!look.hasUsable(from), () => `#${seq}: a failover from ${from}, which has a usable endpoint`);
    // The report that was one too many is told by the failover itself.
    promise(
      this.#doubts + 1 >= failureThreshold || look.isOutForCertain(from),
      () => `#${seq}: a failover after ${this.#doubts + 1} of ${failureThreshold} reports`,
    );
  }

  #recovered(seq: number, at: Millis, { from, to }: { from: string; to: string }, look?: Looking): void {
    const { autoRecovery, recoveryDelayMs, recoveryChecks } = this.#policy;
    const watched = this.#watched;
    promise(autoRecovery, () => `#${seq}: a recovery while failover.auto_recovery is off`);
    promise(this.#pinned === null, () => `#${seq}: a recovery while ${this.#pinned} is pinned`);
    promise(from === this.#active, () => `#${seq}: a recovery from ${from}, while ${this.#active} is active`);
    promise(watched?.profile === to, () => `#${seq}: ${to} is back, and nobody had watched it`);
    promise(!watched || at - watched.at >= recoveryDelayMs, () => `#${seq}: ${to} is back before its delay`);
    if (!look) return;
    const proofs = watched?.proofs ?? 0;
    promise(
      look.hasUsable(to) && proofs >= recoveryChecks,
      () => `#${seq}: ${to} is back, proven ${proofs} times out of ${recoveryChecks}`,
    );
  }
}
