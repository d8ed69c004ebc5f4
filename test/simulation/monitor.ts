/** Who probes and weighs in a simulated life, by the rules of `machines/`: what it knows is lost with the process. */
import type { Failure } from '../../events/endpoint.ts';
import type { Fact, Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { checkVerdictOf, classifyStatus, classifyTransport } from '../../machines/classify.ts';
import { faceOf } from '../../machines/endpoint.ts';
import { facePriority } from '../../machines/priority.ts';
import { type Probe, type ProbePolicy, probesDue } from '../../machines/probe-plan.ts';
import type { adjustWeight } from '../../machines/weight-policy.ts';
import type { Core } from '../../src/runtime/core.ts';
import type { Chance } from './chance.ts';
import { promise } from './rules.ts';
import type { Answer } from './simulated-endpoint.ts';

interface Known {
  provenAt: Millis | null;
  probedAt: Millis | null;
  passed: Probe['depth'] | null;
  isRunning: boolean;
  dice: number;
}

const weights = { enabled: true, minChecks: 3 };

export class Monitor {
  readonly #core: Core;
  readonly #policy: ProbePolicy;
  readonly #chance: Chance;
  readonly #known = new Map<EndpointId, Known>();
  changedAt: Millis | null = null;

  constructor(core: Core, policy: ProbePolicy, chance: Chance) {
    this.#core = core;
    this.#policy = policy;
    this.#chance = chance;
  }

  #knownOf(id: EndpointId): Known {
    const known = this.#known.get(id) ?? {
      provenAt: null,
      probedAt: null,
      passed: null,
      isRunning: false,
      dice: this.#chance.next(),
    };
    this.#known.set(id, known);
    return known;
  }

  answered(id: EndpointId): void {
    this.#knownOf(id).provenAt = this.#core.now();
  }

  due(isOffline: boolean): readonly Probe[] {
    if (this.#policy.mode === 'off') return [];
    const { profiles, priority } = this.#core.state;
    const ladder = profiles.ladder().map(({ name }) => name as string);
    const active = ladder.indexOf(facePriority(priority).active ?? '');
    const endpoints = profiles.endpoints().map(({ id, profile }) => ({
      ...faceOf(this.#core.state.endpoint(id)),
      ...this.#knownOf(id),
      id,
      isAbove: ladder.indexOf(profile) < active,
    }));
    const due = probesDue(endpoints, { now: this.#core.now(), isOffline, changedAt: this.changedAt }, this.#policy);
    for (const { id } of due) {
      const known = this.#knownOf(id as EndpointId);
      promise(!known.isRunning, () => `${id} is probed twice at once`);
      known.isRunning = true;
    }
    return due;
  }

  ended({ id, depth }: Probe, { said, afterMs }: Answer): void {
    const known = this.#knownOf(id as EndpointId);
    const failure = failureAt(depth, said, this.#core.now());
    Object.assign(known, {
      isRunning: false,
      probedAt: this.#core.now(),
      passed: failure === null ? depth : null,
      dice: this.#chance.next(),
    });
    if (failure !== null) {
      const data = { verdict: checkVerdictOf(failure), failure, detail: failure, responseMs: afterMs };
      this.#core.tellEndpoint(id as EndpointId, { type: 'ProbeFailed', data }, { by: 'probe' });
    }
    if (failure === null && depth === 'conversation') {
      known.provenAt = this.#core.now();
      const data = { responseMs: afterMs, ttftMs: afterMs, score: 80, model: null, tokens: 1 };
      this.#core.tellEndpoint(id as EndpointId, { type: 'ProbeSucceeded', data }, { by: 'probe' });
    }
  }

  /** The weight of each endpoint against what is usual among all. */
  weigh(adjust: typeof adjustWeight): readonly { readonly id: EndpointId; readonly fact: Fact }[] {
    const { profiles, recent } = this.#core.state;
    const times = profiles.endpoints().flatMap(({ id }) => recent.of(id).avgResponseMs ?? []);
    const usualMs = times.length < 2 ? null : (times.sort((a, b) => a - b)[times.length >> 1] ?? null);
    return profiles.endpoints().flatMap(({ id, weight, effectiveWeight }) => {
      const { recentSuccessRate, avgResponseMs, stability } = recent.of(id);
      if (recentSuccessRate === null || stability === null) return [];
      const { consecutiveFailures } = faceOf(this.#core.state.endpoint(id));
      const figures = { successRate: recentSuccessRate, responseMs: avgResponseMs, usualMs, stability };
      const fact = adjust(
        { weight, effectiveWeight, checks: weights.minChecks, consecutiveFailures, ...figures },
        weights,
      );
      return fact ? [{ id, fact }] : [];
    });
  }
}

/** What a probe of that depth would have seen of it. */
function failureAt(depth: Probe['depth'], said: Answer['said'], now: Millis): Failure | null {
  if (said.kind === 'lost') return classifyTransport(said.code);
  if (depth === 'connection' || said.kind === 'served') return null;
  if (said.kind === 'broken') return depth === 'conversation' ? 'brokenAnswer' : null;
  const header = (name: string) => said.headers[name] ?? null;
  const { failure } = classifyStatus({ ...said, header, isMessages: true, model: null }, now);
  return depth === 'conversation' || failure === 'credential' ? failure : null;
}
