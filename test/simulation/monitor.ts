/** Who probes and weighs in a simulated life, by the rules of `machines/`: what it knows is lost with the process. */
import type { EndpointReport, Failure } from '../../events/endpoint.ts';
import type { Fact, Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { checkVerdictOf, classifyStatus, classifyTransport } from '../../machines/classify.ts';
import { faceOf } from '../../machines/endpoint.ts';
import { facePriority } from '../../machines/priority.ts';
import { type Probe, type ProbePolicy, probesDue } from '../../machines/probe-plan.ts';
import type { adjustWeight } from '../../machines/weight-policy.ts';
import { type ProbeMemory, probedEndpoints, weighedEndpoints } from '../../src/projections/checked.ts';
import type { Core } from '../../src/runtime/core.ts';
import type { Chance } from './chance.ts';
import { promise } from './rules.ts';
import type { Answer } from './simulated-endpoint.ts';

const weights = { enabled: true, minChecks: 3 };

export class Monitor {
  readonly #core: Core;
  readonly #policy: ProbePolicy;
  readonly #chance: Chance;
  readonly #known = new Map<EndpointId, ProbeMemory>();
  changedAt: Millis | null = null;

  constructor(core: Core, policy: ProbePolicy, chance: Chance) {
    this.#core = core;
    this.#policy = policy;
    this.#chance = chance;
  }

  #knownOf(id: EndpointId): ProbeMemory {
    const known = this.#known.get(id) ?? { probedAt: null, passed: null, isRunning: false, dice: this.#chance.next() };
    this.#known.set(id, known);
    return known;
  }

  #source() {
    const { profiles, recent, priority } = this.#core.state;
    const { active, pinned } = facePriority(priority);
    return { profiles, recent, active, pinned, face: (id: EndpointId) => faceOf(this.#core.state.endpoint(id)) };
  }

  due(isOffline: boolean): readonly Probe[] {
    if (this.#policy.mode === 'off') return [];
    const endpoints = probedEndpoints(this.#source(), (id) => this.#knownOf(id));
    const due = probesDue(
      endpoints,
      { now: this.#core.now(), isOffline, changedAt: this.changedAt, isAwaited: false },
      this.#policy,
    );
    for (const { id } of due) {
      const known = this.#knownOf(id as EndpointId);
      promise(!known.isRunning, () => `${id} is probed twice at once`);
      this.#known.set(id as EndpointId, { ...known, isRunning: true });
    }
    return due;
  }

  ended(probe: Probe, { said, afterMs }: Answer): void {
    const { depth } = probe;
    const id = probe.id as EndpointId;
    const now = this.#core.now();
    const failure = failureAt(depth, said, now);
    const passed = failure === null ? depth : null;
    this.#known.set(id, { probedAt: now, passed, isRunning: false, dice: this.#chance.next() });
    this.#core.tellEndpoint(id, reportOf(depth, failure, afterMs), { by: 'probe' });
  }

  weigh(adjust: typeof adjustWeight): readonly { readonly id: EndpointId; readonly fact: Fact }[] {
    return weighedEndpoints(this.#source()).flatMap(({ id, ...weighed }) => {
      const fact = adjust(weighed, weights);
      return fact ? [{ id, fact }] : [];
    });
  }
}

function reportOf(depth: Probe['depth'], failure: Failure | null, responseMs: Millis): EndpointReport {
  const figures = { responseMs, ttftMs: responseMs, score: 80, model: null, tokens: 1 };
  if (failure === null && depth === 'conversation') return { type: 'ProbeSucceeded', data: figures };
  const verdict = failure === null ? 'success' : checkVerdictOf(failure);
  if (failure === null || failure === 'noModel')
    return { type: 'ProbeNoted', data: { ...figures, depth, verdict, tokens: 0, detail: failure } };
  return { type: 'ProbeFailed', data: { verdict, failure, detail: failure, responseMs } };
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
