/** Who probes and weighs in a simulated life, by the rules of `machines/`: what it knows is lost with the process. */
import type { EndpointReport, Failure } from '../../events/endpoint.ts';
import type { Fact, Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { checkVerdictOf, classifyStatus, classifyTransport } from '../../machines/classify.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { Probe, ProbePolicy, probesDue } from '../../machines/probe-plan.ts';
import type { adjustWeight } from '../../machines/weight-policy.ts';
import { type ProbeMemory, probedEndpoints, weighedEndpoints } from '../../src/projections/checked.ts';
import type { Core } from '../../src/runtime/core.ts';
import type { Chance } from './chance.ts';
import { promise } from './rules.ts';
import type { Answer } from './simulated-endpoint.ts';

const weights = { enabled: true, minChecks: 3 };
// Of the plan, as a person would check it: none of its own numbers are looked at.
const atOnceMax = 4;
const spreadLeast = 0.75;

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
    const { active, pinned, recovery } = priorityStatus(priority);
    const watched = recovery?.profile ?? null;
    return {
      profiles,
      recent,
      active,
      pinned,
      watched,
      status: (id: EndpointId) => endpointStatus(this.#core.state.endpoint(id)),
    };
  }

  due(isOffline: boolean, probes: typeof probesDue): readonly Probe[] {
    if (this.#policy.mode === 'off') return [];
    const endpoints = probedEndpoints(this.#source(), (id) => this.#knownOf(id), {
      now: this.#core.now(),
      isLedElsewhere: () => false,
    });
    const due = probes(
      endpoints,
      { now: this.#core.now(), isOffline, changedAt: this.changedAt, isAwaited: false },
      this.#policy,
    );
    promise(!isOffline || due.length === 0, () => 'somebody is probed without a network');
    for (const probe of due) {
      const { id } = probe;
      this.#isWise(probe);
      const known = this.#knownOf(id as EndpointId);
      promise(!known.isRunning, () => `${id} is probed twice at once`);
      this.#known.set(id as EndpointId, { ...known, probedAt: this.#core.now(), isRunning: true });
    }
    const running = endpoints.filter(({ id }) => this.#knownOf(id as EndpointId).isRunning).length;
    const room = Math.min(atOnceMax, Math.max(1, endpoints.length >> 1));
    promise(due.length === 0 || running <= room, () => `${running} of ${endpoints.length} are probed at once`);
    return due;
  }

  /** Tokens are spent where the answer decides, after what is free has passed; and what has failed is left alone for a while. */
  #isWise({ id, depth, because }: Probe): void {
    const { state } = endpointStatus(this.#core.state.endpoint(id as EndpointId));
    const { passed, probedAt } = this.#knownOf(id as EndpointId);
    const isPaid = depth === 'conversation' && this.#policy.mode === 'passive';
    // Of a profile above, each answer is a check of the way back.
    const decides = state === 'failed' || state === 'recovering' || because === 'above';
    promise(!isPaid || decides, () => `${id} is ${state}, and a paid probe of it decides nothing`);
    const isFreeFirst = passed === 'connection' || passed === 'api';
    promise(!isPaid || state !== 'failed' || isFreeFirst, () => `${id} is out, and no free probe of it has passed`);
    const leastMs = spreadLeast * this.#policy.intervalMs;
    const isPatient = state !== 'failed' || because === 'changed' || probedAt === null || passed !== null;
    const agoMs = this.#core.now() - (probedAt ?? 0);
    promise(isPatient || agoMs >= leastMs, () => `${id} is probed again ${agoMs} ms after it failed`);
  }

  ended(probe: Probe, { said, afterMs }: Answer): void {
    const { depth } = probe;
    const id = probe.id as EndpointId;
    const now = this.#core.now();
    const failure = failureAt(depth, said, now);
    const passed = failure === null ? depth : null;
    this.#known.set(id, { ...this.#knownOf(id), passed, isRunning: false, dice: this.#chance.next() });
    this.#core.tellEndpoint(id, reportOf(depth, failure, afterMs), { by: 'probe' });
  }

  /** Its probe says nothing: there was no network. */
  lost(id: EndpointId): void {
    this.#known.set(id, { probedAt: this.#core.now(), passed: null, isRunning: false, dice: this.#chance.next() });
  }

  weigh(adjust: typeof adjustWeight): readonly { readonly id: EndpointId; readonly fact: Fact }[] {
    return weighedEndpoints(this.#source()).flatMap(({ id, ...weighed }) => {
      const fact = adjust(weighed, weights);
      return fact ? [{ id, fact }] : [];
    });
  }
}

function reportOf(depth: Probe['depth'], failure: Failure | null, responseMs: Millis): EndpointReport {
  const counts = { responseMs, ttftMs: responseMs, score: 80, model: null, tokens: 1 };
  if (failure === null && depth === 'conversation') return { type: 'ProbeSucceeded', data: counts };
  const verdict = failure === null ? 'success' : checkVerdictOf(failure);
  if (failure === null || failure === 'noModel')
    return { type: 'ProbeNoted', data: { ...counts, depth, verdict, tokens: 0, detail: null } };
  return { type: 'ProbeFailed', data: { verdict, failure, detail: null, responseMs } };
}

/** What a probe of that depth would have seen of it. */
function failureAt(depth: Probe['depth'], said: Answer['said'], now: Millis): Failure | null {
  if (said.kind === 'lost') return classifyTransport(said.code);
  if (depth === 'connection' || said.kind === 'served') return null;
  if (said.kind === 'broken') return depth === 'conversation' ? 'brokenAnswer' : null;
  const header = (name: string) => said.headers[name] ?? null;
  const { failure } = classifyStatus({ ...said, header, isMessages: true, isCount: false, model: null }, now);
  return depth === 'conversation' || failure === 'credential' ? failure : null;
}
