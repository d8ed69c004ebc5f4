/**
 * A life of the gateway without sockets and without waiting: the real core, machines, routing and projections; a clock,
 * endpoints, clients and a user that a seed makes. Everything goes wrong for a while, then nothing does any more.
 * Promises are held against every fact, and, at the end, against what has become of it all.
 */
import type { Failure } from '../../events/endpoint.ts';
import type { Fact, Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, type ProfileName, type RequestId, streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { type Attempt, endedOf, servedBy } from '../../events/request.ts';
import { isAvailable } from '../../machines/available.ts';
import { missingFor } from '../../machines/capabilities.ts';
import {
  attemptFailure,
  brokenVerdict,
  classifyStatus,
  classifyTransport,
  clientsAffair,
  type Verdict,
} from '../../machines/classify.ts';
import { endpointStatus, timerOf } from '../../machines/endpoint.ts';
import type { EndpointPolicy } from '../../machines/endpoint-policy.ts';
import { Failover } from '../../machines/failover.ts';
import type { FailoverDeps, Input } from '../../machines/failover-commands.ts';
import { type FailoverPolicy, mayAskAnother, timeLeftMs } from '../../machines/failover-policy.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import { isNetworkGone, weighFailure } from '../../machines/network.ts';
import { isPassedOver } from '../../machines/passed-over.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { PriorityPolicy } from '../../machines/priority-policy.ts';
import { type Probe, type ProbePolicy, probesDue } from '../../machines/probe-plan.ts';
import { type Candidate, plan } from '../../machines/route.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { adjustWeight } from '../../machines/weight-policy.ts';
import { steady } from '../../src/platform/clock.ts';
import { InFlight } from '../../src/proxy/admission/in-flight.ts';
import { Sessions } from '../../src/proxy/sessions.ts';
import { Core, type Policies } from '../../src/runtime/core.ts';
import { foldLog } from '../../src/runtime/fold-log.ts';
import { Maintenance } from '../../src/runtime/maintenance.ts';
import { hour, minute, second, start } from '../support/given.ts';
import { endpointSettings, queuePolicy } from '../support/world.ts';
import { Chance } from './chance.ts';
import { Monitor } from './monitor.ts';
import { Broken, type Looking, promise, Rules } from './rules.ts';
import { type Answer, advertisedMaxMs, refusedField, SimulatedEndpoint, troubles } from './simulated-endpoint.ts';
import { SimulatedLog } from './simulated-log.ts';

/** What is done wrongly on purpose, to see that it is found. */
export interface Planted {
  readonly policies: (right: Policies) => Policies;
  readonly route: typeof plan;
  readonly inFlight: () => InFlight;
  readonly log: () => SimulatedLog;
  readonly probes: typeof probesDue;
  readonly network: typeof weighFailure;
  readonly weigh: typeof adjustWeight;
  /** The generation that a timer is reported with: told late, or twice, it is not the current one. */
  readonly gen: (told: number, current: number) => number;
  /** Whether the scheduler looks at all. */
  readonly ticks: boolean;
  /** What happens beside what the user asked. */
  readonly aside: (core: Core) => void;
}

const right: Planted = {
  policies: (policies) => policies,
  route: plan,
  inFlight: () => new InFlight(),
  log: () => new SimulatedLog(),
  probes: probesDue,
  network: weighFailure,
  weigh: adjustWeight,
  gen: (told) => told,
  ticks: true,
  aside: () => {},
};

/** What may be left out of a life, to make the story of a failure short. */
export const ingredients = [
  ...troubles,
  'offline',
  'jumps',
  'sleeps',
  'restarts',
  'cuts',
  'user',
  'leaving',
  'probes',
  'weights',
] as const;

export interface Setup {
  readonly seed: number;
  readonly requests: number;
  readonly planted?: Partial<Planted>;
  readonly without?: ReadonlySet<string>;
}

export interface Report {
  readonly seed: number;
  /** The promise that was broken; null when all were kept. */
  readonly broken: string | null;
  readonly facts: readonly Recorded[];
  readonly counts: Readonly<Record<'requests' | 'served' | 'failed' | 'switches' | 'restarts' | 'settledMs', number>>;
}

interface Client {
  readonly id: RequestId;
  readonly session: string | null;
  readonly startedAt: Millis;
  readonly machine: Failover;
  readonly attempts: Attempt[];
  /** It goes away at this instant. */
  readonly leavesAt: Millis;
  /** Who answered it, and how. */
  answeredBy: Parameters<typeof servedBy>[1] | null;
  /** Whom it was sent to last. */
  asked: Candidate | null;
}

const model = 'claude';
const roomPollMs = 250;
const timersLateMs = 3;
const looksMax = 10;
const calmEveryMs = 5 * second;
const monitorEveryMs = 10 * second;
const weighEvery = 6;
const badRequest = 400;
const refusal = { afterMs: 20, said: { kind: 'refused', status: badRequest, headers: {}, body: '{}' } } as const;
const lostInSleep = { kind: 'lost', code: 'ECONNRESET' } as const;
const lastFailuresMs = 90 * second;
const failoverPolicy: FailoverPolicy = {
  maxAttempts: 8,
  rules: { strategy: 'weighted', healthAware: true },
  stickyMs: 300 * second,
  timeouts: { headersMs: minute, firstContentMs: minute, idleMs: minute, totalMs: 10 * minute },
};

const ids = (count: number): readonly EndpointId[] =>
  Array.from({ length: count }, (_, i) => String(i + 1).repeat(8) as EndpointId);
const tiers = ['primary', 'secondary', 'fallback'] as const;
const names = ['main', 'spare', 'last'] as const;

export async function simulate(setup: Setup): Promise<Report> {
  const simulation = new Simulation(setup);
  try {
    await simulation.live();
    return simulation.report(null);
  } catch (error) {
    if (error instanceof Broken) return simulation.report(error.message);
    throw new Error(`seed ${setup.seed}: ${(error as Error).stack}`);
  }
}

class Simulation {
  readonly #setup: Setup;
  readonly #planted: Planted;
  readonly #without: ReadonlySet<string>;
  readonly #chance: (name: string) => Chance;
  readonly #traffic: Chance;
  readonly #dice: Chance;
  readonly #user: Chance;
  readonly #weather: Chance;
  readonly #monitoring: Chance;
  readonly #probing: ProbePolicy;
  #monitor!: Monitor;
  #looks = 0;
  readonly #policy: { readonly endpoint: EndpointPolicy; readonly priority: PriorityPolicy };
  readonly #meanGapMs: Millis;
  readonly #endpoints = new Map<EndpointId, { readonly profile: ProfileName; readonly simulated: SimulatedEndpoint }>();
  readonly #disabled = new Set<EndpointId>();
  readonly #trials = new Map<EndpointId, number>();
  readonly #queue: { readonly at: Millis; readonly run: () => void | Promise<void> }[] = [];
  /** Milliseconds since the beginning, which cannot be set; the wall clock is `skew` away from it. */
  #now: Millis = 0;
  #skewMs: Millis = 0;
  #offlineUntil: Millis = -1;
  /** When the machine last woke up, by the gateway's clock. */
  #wokeAt: Millis = Number.NEGATIVE_INFINITY;
  #life = 0;
  #sessions = new Sessions();
  #inFlight: InFlight;
  readonly #log: SimulatedLog;
  #core!: Core;
  #broken: Error | undefined;
  #rules: Rules;
  #arrived = 0;
  readonly #figures = { requests: 0, served: 0, failed: 0, restarts: 0, settledMs: 0 };

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#planted = { ...right, ...setup.planted };
    this.#without = setup.without ?? new Set();
    this.#chance = (name) => new Chance(setup.seed, name);
    this.#traffic = this.#chance('traffic');
    this.#dice = this.#chance('dice');
    this.#user = this.#chance('user');
    this.#weather = this.#chance('weather');
    this.#monitoring = this.#chance('monitor');
    const shape = this.#chance('shape');
    this.#meanGapMs = shape.pick([second, 4 * second, 15 * second]);
    const mode = this.#without.has('probes')
      ? 'off'
      : this.#monitoring.pick<ProbePolicy['mode']>(['off', 'off', 'passive', 'active']);
    this.#policy = policyOf(shape, mode !== 'off');
    this.#probing = { mode, intervalMs: minute, credentialIntervalMs: this.#policy.endpoint.credentialIntervalMs };
    this.#rules = new Rules(this.#policy.priority);
    this.#inFlight = this.#planted.inFlight();
    this.#log = this.#planted.log();
    const horizonMs = setup.requests * this.#meanGapMs;
    const count = shape.whole(1, 6);
    for (const [i, id] of ids(count).entries()) {
      const profile = names[i % shape.whole(1, 3)] as ProfileName;
      this.#endpoints.set(id, { profile, simulated: new SimulatedEndpoint(setup.seed, id, this.#without, horizonMs) });
    }
  }

  report(broken: string | null): Report {
    const facts = this.#log.written;
    const switches = facts.filter(({ type }) => type === 'FailedOver' || type === 'Recovered').length;
    return { seed: this.#setup.seed, broken, facts, counts: { ...this.#figures, switches } };
  }

  async live(): Promise<void> {
    await this.#open();
    this.#tellGateway('GatewayStarted', { version: '1', url: '', pid: 1, epoch: 'first' });
    this.#found();
    this.#soon(0, () => this.#arrive());
    this.#soon(monitorEveryMs, () => this.#look());
    this.#soon(this.#user.span(40 * this.#meanGapMs), () => this.#command());
    this.#soon(this.#weather.span(60 * this.#meanGapMs), () => this.#storm());
    await this.#run(() => this.#arrived >= this.#setup.requests);
    await this.#calm();
    this.#notBroken();
    await this.#replays();
  }

  // ------------------------------------------------------------------------------------------------ time

  #soon(ms: Millis, run: () => void | Promise<void>): void {
    const at = this.#now + ms;
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1]?.at ?? 0) > at) place--;
    this.#queue.splice(place, 0, { at, run });
  }

  async #run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const next = this.#queue[0];
      const dueAt = this.#planted.ticks ? this.#core.nextDueAt() : null;
      const dueInMs = dueAt === null ? Number.POSITIVE_INFINITY : Math.max(0, dueAt - this.#core.now()) + timersLateMs;
      if (next && this.#now + dueInMs > next.at) {
        this.#queue.shift();
        this.#now = Math.max(this.#now, next.at);
        await next.run();
      } else {
        this.#now += dueInMs;
        this.#tick();
      }
      this.#notBroken();
    }
  }

  #tick(): void {
    this.#stale();
    const isDue = () => (this.#core.nextDueAt() ?? Number.POSITIVE_INFINITY) <= this.#core.now();
    // What elapsed may have begun to wait for no time at all.
    for (let looks = 0; looks < looksMax && isDue(); looks++) this.#core.tick();
    promise(!isDue(), () => 'a timer that was looked at is due still');
  }

  /** Timers of the past, reported again: none of them is armed any more. */
  #stale(): void {
    const id = this.#weather.pick([...this.#endpoints.keys()] as [EndpointId]);
    const timer = timerOf(this.#core.state.endpoint(id));
    if (!timer || timer.dueAt <= this.#core.now()) return;
    const gen = this.#planted.gen(timer.gen - 1, timer.gen);
    const report = { type: 'TimerElapsed', data: { name: timer.name, gen } } as const;
    const { facts } = this.#core.tellEndpoint(id, report, { by: 'timer' });
    promise(facts.length === 0, () => `a timer of an old generation moved endpoint/${id}`);
  }

  // ------------------------------------------------------------------------------------------------ the gateway

  async #open(): Promise<void> {
    const now = steady(
      () => start + this.#now + this.#skewMs,
      () => this.#now,
    );
    const policies: Policies = {
      endpoint: () => this.#policy.endpoint,
      priority: () => this.#policy.priority,
      queue: () => queuePolicy,
    };
    const planted = this.#planted.policies(policies);
    this.#core = await Core.open(this.#log, { now, dice: this.#dice.next }, () => planted);
    this.#monitor = new Monitor(this.#core, this.#probing, this.#monitoring);
    this.#core.onFacts((facts) => {
      if (this.#broken) return;
      try {
        this.#rules.batch(facts, this.#looking);
        promise(this.#core.state.drift.length === 0, () => 'a decision did not land where it says');
      } catch (error) {
        this.#broken = error as Error;
      }
    });
  }

  /** The core goes on when a listener throws: what was found there ends this life here. */
  #notBroken(): void {
    if (this.#broken) throw this.#broken;
  }

  readonly #looking: Looking = {
    exists: (profile) => this.#core.state.profiles.get(profile) !== undefined,
    hasUsable: (profile) => this.#faces(profile).some((status) => isAvailable(status, true, this.#core.now())),
    isOutForCertain: (profile) =>
      this.#faces(profile).every(
        ({ state, held, because }) => state === 'disabled' || held || because === 'unreachable',
      ),
    weight: (endpoint) => this.#core.state.profiles.endpoint(endpoint)?.weight ?? 0,
    results: (endpoint) => this.#core.state.recent.of(endpoint).checks,
  };

  #faces(profile: string) {
    const known = this.#core.state.profiles.get(profile)?.endpoints ?? [];
    return known.map(({ id }) => endpointStatus(this.#core.state.endpoint(id)));
  }

  #found(): void {
    for (const [i, name] of names.entries()) {
      const mine = [...this.#endpoints].filter(([, { profile }]) => profile === name);
      if (mine.length === 0) continue;
      const facts: readonly Fact[] = [
        { type: 'ProfileAdded', data: { name, description: '' } },
        { type: 'TierAssigned', data: { name, tier: tiers[i] } },
        ...mine.map(([id], place) => ({
          type: 'EndpointAdded',
          data: { ...endpointSettings(id), baseUrl: `https://${id}.test`, priority: 1 + (place % 2), maxConcurrent: 8 },
        })),
      ];
      this.#core.report(streams.profile(name as ProfileName), facts, { by: 'cli', sync: true });
    }
  }

  /** The process ends without a word, and another one begins; with a power cut, what was not synced is gone. */
  async #restart(): Promise<void> {
    this.#life++;
    this.#figures.restarts++;
    const before = JSON.stringify(this.#core.state.toJSON());
    const isCut = this.#weather.happens(0.4) && !this.#without.has('cuts');
    if (isCut) this.#cutPower();
    this.#sessions = new Sessions();
    this.#inFlight = this.#planted.inFlight();
    this.#trials.clear();
    if (this.#weather.happens(0.3) && !this.#without.has('jumps')) this.#skewMs -= this.#weather.span(hour);
    await this.#open();
    const after = JSON.stringify(this.#core.state.toJSON());
    if (!isCut) promise(after === before, () => 'the log does not come to the state that was lived');
    promise(this.#core.state.drift.length === 0, () => 'a replayed decision did not land where it says');
    this.#disabled.clear();
    for (const [id] of this.#endpoints)
      if (endpointStatus(this.#core.state.endpoint(id)).state === 'disabled') this.#disabled.add(id);
    this.#tellGateway('GatewayFoundDead', { epoch: '', certainUntil: null });
    this.#tellGateway('GatewayStarted', { version: '1', url: '', pid: 1, epoch: `${this.#life}` });
  }

  #tellGateway(type: string, data: object): void {
    this.#core.report(streams.gateway, [{ type, data }], { by: 'gateway', sync: true });
  }

  #cutPower(): void {
    this.#log.cut(this.#weather.next());
    this.#rules = new Rules(this.#policy.priority);
    this.#rules.batch(this.#log.written);
  }

  async #replays(): Promise<void> {
    const live = JSON.stringify(this.#core.state.toJSON());
    const replayed = JSON.stringify((await foldLog(this.#log)).toJSON());
    promise(replayed === live, () => 'the log does not come to the state that was lived');
    if (!this.#log.hasSnapshot) return;
    const bare = new SimulatedLog();
    await bare.append(this.#log.written, { sync: true });
    const whole = JSON.stringify((await foldLog(bare)).toJSON());
    promise(whole === live, () => 'a snapshot and what came after do not come to what all facts come to');
  }

  // ------------------------------------------------------------------------------------------------ requests

  #arrive(): void {
    this.#arrived++;
    this.#request();
    this.#soon(this.#traffic.span(this.#meanGapMs), () => this.#arrive());
  }

  #request(): void {
    const chance = this.#traffic;
    const session = chance.pick([null, 'a', 'b', 'c']);
    const leaves = chance.happens(0.03) ? chance.span(10 * second) : Number.POSITIVE_INFINITY;
    const startedAt = this.#core.now();
    this.#figures.requests++;
    this.#inFlight.requestCame(startedAt);
    const client: Client = {
      id: `r${this.#figures.requests}` as RequestId,
      session,
      startedAt,
      machine: new Failover(
        { within: null, model, session, isPassthrough: false, isCount: false, bytes: 0, awaitedSince: startedAt },
        this.#failoverDeps(),
      ),
      attempts: [],
      leavesAt: this.#without.has('leaving') ? Number.POSITIVE_INFINITY : this.#now + leaves,
      answeredBy: null,
      asked: null,
    };
    this.#step(client, { type: 'start' });
  }

  #failoverDeps(): FailoverDeps {
    return {
      view: () => this.#core.view(),
      policy: () => failoverPolicy,
      inFlight: this.#inFlight,
      sessions: this.#sessions,
      patienceMs: () => 0,
      route: this.#planted.route,
      dice: this.#dice.next,
    };
  }

  /** What the machine of the request commands is done here at once, or later. */
  #step(client: Client, input: Input): void {
    const command = client.machine.step(input, this.#core.now());
    switch (command.do) {
      case 'try':
        this.#attempt(client, command.candidate);
        break;
      case 'pause':
        this.#wait(client, command.ms);
        break;
      case 'room':
        this.#wait(client, roomPollMs);
        break;
      case 'park':
        this.#step(client, { type: 'notQueued' });
        break;
      case 'refuse':
        this.#refuse(client);
        break;
      case 'pass':
        // It was disabled or ejected while it refused a field, and is not asked once more.
        promise(client.asked !== null, () => `${client.id} is answered, and nobody was asked`);
        this.#tellEnd(client, 'RequestServed', { status: badRequest, ...by(client.asked as Candidate, 0) });
        break;
      case 'end':
        this.#end(client, command.as);
        break;
    }
  }

  #wait(client: Client, ms: Millis): void {
    const life = this.#life;
    this.#soon(ms, () => {
      if (life === this.#life) this.#step(client, { type: client.leavesAt <= this.#now ? 'left' : 'waited' });
    });
  }

  #attempt(client: Client, candidate: Candidate): void {
    const { endpoint, because } = candidate;
    const { id } = endpoint;
    client.asked = candidate;
    this.#mayBeAsked(candidate);
    const at = this.#core.now();
    const end = this.#inFlight.begin(id, because, at);
    if (because === 'trial') this.#trials.set(id, (this.#trials.get(id) ?? 0) + 1);
    const answer = this.#isRefused(client, id) ? refusal : this.#answer(id);
    const life = this.#life;
    const leaves = client.leavesAt < this.#now + answer.afterMs;
    this.#soon(leaves ? Math.max(0, client.leavesAt - this.#now) : answer.afterMs, () => {
      if (life !== this.#life) return;
      end();
      if (because === 'trial') this.#trials.set(id, (this.#trials.get(id) ?? 0) - 1);
      if (leaves) {
        this.#note(client, candidate, 'cancelled', at, null);
        this.#step(client, { type: 'left' });
        return;
      }
      // Connections from before a sleep are gone.
      const said = at < this.#wokeAt ? lostInSleep : answer.said;
      this.#answered(client, candidate, { ...answer, said }, at);
    });
  }

  #mayBeAsked({ endpoint: { id }, because }: Candidate): void {
    const { state, until } = endpointStatus(this.#core.state.endpoint(id));
    promise(!this.#disabled.has(id), () => `${id} was asked (${because}), and is disabled by hand`);
    const isOut = state === 'failed' || (state === 'degraded' && until !== null && until > this.#core.now());
    promise(because === 'lastResort' || !isOut, () => `${id} was asked (${because}), and is out`);
    const permits = this.#trials.get(id) ?? 0;
    promise(because !== 'trial' || permits === 0, () => `${id} has ${permits + 1} trials at once`);
  }

  /** It is sent the field, and does not know it. Shortly before its client has waited long enough, nothing is repaired any more. */
  #isRefused({ startedAt }: Client, id: EndpointId): boolean {
    const now = this.#core.now();
    if (!this.#endpoints.get(id)?.simulated.isParticular || now < this.#offlineUntil) return false;
    if (timeLeftMs(startedAt, now) < minute) return false;
    const { missing } = endpointStatus(this.#core.state.endpoint(id));
    return missingFor(missing, model, now).every(({ what }) => what !== refusedField);
  }

  #answer(id: EndpointId): Answer {
    const endpoint = this.#endpoints.get(id);
    if (!endpoint) throw new Broken(`${id} was asked, and is not there`);
    if (this.#now < this.#offlineUntil) return { afterMs: 1, said: { kind: 'lost', code: 'ENETUNREACH' } };
    return endpoint.simulated.answer(this.#now, this.#core.now());
  }

  #answered(client: Client, candidate: Candidate, { said, afterMs }: Answer, at: Millis): void {
    const { endpoint } = candidate;
    if (said.kind === 'served') {
      this.#note(client, candidate, 'answered', at, 200);
      this.#sessions.bind(client.session, endpoint.id, client.startedAt);
      this.#rules.proven(endpoint.profile);
      const { ttftMs, warned } = said;
      this.#core.modelFound(endpoint.id, model, client.id);
      this.#core.attemptSucceeded(endpoint.id, { request: client.id, ttfbMs: ttftMs, ttftMs });
      if (warned !== null && endpointStatus(this.#core.state.endpoint(endpoint.id)).state === 'healthy') {
        const data = { status: 'allowed_warning', resetAt: warned } as const;
        this.#core.tellEndpoint(endpoint.id, { type: 'LimitsSeen', data }, { by: 'traffic' });
      }
      this.#figures.served++;
      client.answeredBy = by(candidate, ttftMs);
      this.#step(client, { type: 'served' });
      return;
    }
    if (said.kind === 'broken') {
      this.#note(client, candidate, 'brokenAnswer', at, 200);
      this.#sessions.avoid(client.session, endpoint.id, this.#core.now());
      this.#failed(client, candidate, brokenVerdict, 200, { code: null, startedAt: at });
      client.answeredBy = by(candidate, afterMs);
      this.#step(client, { type: 'broken' });
      return;
    }
    const verdict =
      said.kind === 'lost'
        ? { failure: classifyTransport(said.code), retryAfterMs: null, resetAt: null }
        : classifyStatus(
            { ...said, header: (name) => said.headers[name] ?? null, isMessages: true, isCount: false, model },
            this.#core.now(),
          );
    if (said === refusal.said) {
      this.#refusesField(client, candidate, at);
      return;
    }
    this.#note(client, candidate, verdict.failure ?? 'answered', at, said.kind === 'lost' ? null : said.status);
    if (verdict.failure === 'noModel') this.#core.modelNotFound(endpoint.id, model, client.id);
    else {
      const [code, status] = said.kind === 'lost' ? [said.code, null] : [null, said.status];
      this.#failed(client, candidate, verdict, status, { code, startedAt: at });
    }
    const head = said.kind === 'lost' ? null : { status: said.status };
    this.#step(client, { type: 'failed', said: { verdict, detail: reason('told', { text: said.kind }), head } });
  }

  /** It is asked once more without the field, and no other one is; in this life it never refuses it again. */
  #refusesField(client: Client, candidate: Candidate, at: Millis): void {
    const { id } = candidate.endpoint;
    this.#note(client, candidate, 'answered', at, badRequest);
    this.#core.capabilityMissing(id, { model, what: refusedField, limit: null, evidence: 'extraInput' }, client.id);
    const verdict = { ...clientsAffair, repair: refusedField };
    const detail = reason('status', { status: badRequest, type: null });
    this.#step(client, { type: 'failed', said: { verdict, detail, head: { status: badRequest } } });
    const asked = client.asked?.endpoint.id;
    promise(asked === id, () => `${id} refused a field, and ${asked} was asked instead`);
  }

  #failed(
    client: Client,
    { endpoint }: Candidate,
    verdict: Verdict,
    status: number | null,
    { code, startedAt }: { readonly code: string | null; readonly startedAt: Millis },
  ): void {
    const { failure } = verdict;
    if (failure === null || this.#isExcused(endpoint.id, failure, code, startedAt)) return;
    const data = attemptFailure({ ...verdict, failure }, { status, request: client.id, detail: null });
    this.#core.tellEndpoint(endpoint.id, { type: 'AttemptFailed', data }, { by: 'traffic' });
  }

  /** As the monitor does it. Whether there was a network is known here. */
  #isExcused(id: EndpointId, failure: Failure, code: string | null, startedAt: Millis): boolean {
    const { wokeAt } = gatewayStatus(this.#core.state.gateway);
    const isProbing = this.#probing.mode !== 'off';
    const isOffline = this.#core.state.gatewayState === 'offline';
    const about = { failure, code, startedAt, isLocal: false };
    const said = this.#planted.network(about, { isOffline, wokeAt, isProbing });
    const isGone = this.#now < this.#offlineUntil && isNetworkGone(code);
    if (said === 'doubtful' && isGone) this.#network(false);
    const isExcused = said === 'void' || (said === 'doubtful' && isGone);
    const isSlept = startedAt < this.#wokeAt && (failure === 'timeout' || failure === 'unreachable');
    promise(isExcused || !isGone || !isProbing, () => `${id} was blamed for a network that had gone`);
    promise(isExcused || !isSlept, () => `${id} was blamed for what was slept through`);
    const mayBe = isGone || isOffline || startedAt < this.#wokeAt;
    promise(!isExcused || mayBe, () => `${id} was excused (${failure}), and there was a network`);
    return isExcused;
  }

  #network(online: boolean): void {
    this.#tellGateway(online ? 'Online' : 'Offline', {});
    if (online) this.#monitor.changedAt = this.#core.now();
  }

  #note(
    client: Client,
    { endpoint, because }: Candidate,
    outcome: Attempt['outcome'],
    at: Millis,
    status: number | null,
  ): void {
    const ttfbMs = outcome === 'answered' ? this.#core.now() - at : null;
    client.attempts.push({ endpoint: endpoint.id, at, outcome, status, ttfbMs, because });
  }

  #refuse(client: Client): void {
    const { id, attempts, startedAt } = client;
    const now = this.#core.now();
    // Otherwise its attempts or its time ran out.
    if (mayAskAnother(attempts.length, timeLeftMs(startedAt, now), failoverPolicy)) {
      const view = this.#core.view();
      const tried = new Set(attempts.map(({ endpoint }) => endpoint as EndpointId));
      const isOpen = (one: RoutableEndpoint) =>
        one.state === 'healthy' && !tried.has(one.id) && !isPassedOver(one, view, { within: null, tried, model }, now);
      const missed = view.ladder.flatMap(({ endpoints }) => endpoints).find(isOpen);
      promise(!missed, () => `${id} was refused, and ${missed?.id} is healthy and was not asked`);
    }
    this.#figures.failed++;
    this.#tellEnd(client, 'RequestFailed', { because: 'nobodyAnswers' });
  }

  #end(client: Client, as: 'served' | 'broken' | 'cancelled'): void {
    if (as === 'cancelled') this.#tellEnd(client, 'RequestCancelled', {});
    else if (as === 'served') this.#tellEnd(client, 'RequestServed', {});
    else this.#tellEnd(client, 'AnswerBroken', { failure: brokenVerdict.failure });
  }

  #tellEnd({ id, session, attempts, startedAt, answeredBy }: Client, type: string, more: object): void {
    const ended = endedOf(
      { session, model, stream: true, path: '/v1/messages', within: null },
      { attempts, status: 200, durationMs: this.#core.now() - startedAt, view: this.#core.view().seq },
    );
    const data = { ...(answeredBy ? servedBy(ended, answeredBy) : ended), ...more };
    this.#core.requestEnded(streams.request(id), { type, data });
  }

  // ------------------------------------------------------------------------------------------------ probes and weights

  #look(): void {
    if (this.#core.state.gatewayState === 'offline' && this.#now >= this.#offlineUntil) this.#network(true);
    const isOffline = this.#core.state.gatewayState === 'offline';
    for (const probe of this.#monitor.due(isOffline, this.#planted.probes)) this.#probe(probe);
    this.#looks++;
    if (this.#looks % weighEvery === 0 && !this.#without.has('weights')) {
      for (const { id, fact } of this.#monitor.weigh(this.#planted.weigh))
        this.#core.report(streams.endpoint(id), [fact], { by: 'gateway' });
    }
    this.#soon(monitorEveryMs, () => this.#look());
  }

  #probe(probe: Probe): void {
    const id = probe.id as EndpointId;
    promise(!this.#disabled.has(id), () => `${id} is probed (${probe.because}), and is disabled by hand`);
    const answer = this.#answer(id);
    const life = this.#life;
    this.#soon(answer.afterMs, () => {
      if (life !== this.#life) return;
      const profile = this.#endpoints.get(id)?.profile;
      if (profile && probe.depth === 'conversation' && answer.said.kind === 'served') this.#rules.proven(profile);
      const isGone = this.#now < this.#offlineUntil && answer.said.kind === 'lost' && isNetworkGone(answer.said.code);
      if (isGone && this.#core.state.gatewayState !== 'offline') this.#network(false);
      if (isGone) this.#monitor.lost(id);
      else this.#monitor.ended(probe, answer);
    });
  }

  // ------------------------------------------------------------------------------------------------ what else happens

  async #command(): Promise<void> {
    if (!this.#without.has('user')) this.#act();
    this.#soon(this.#user.span(40 * this.#meanGapMs), () => this.#command());
  }

  #act(): void {
    const user = this.#user;
    const id = user.pick([...this.#endpoints.keys()] as [EndpointId]);
    const profiles = [...new Set([...this.#endpoints.values()].map(({ profile }) => profile))] as [ProfileName];
    const by = { by: 'cli', sync: true } as const;
    const tell = (type: 'EndpointDisabled' | 'EndpointEnabled' | 'EndpointReset' | 'KeyChanged') =>
      this.#core.tellEndpoint(id, { type, data: {} }, by);
    switch (user.pick(['disable', 'enable', 'enable', 'reset', 'key', 'switch', 'release', 'weight'])) {
      case 'disable':
        this.#disabled.add(id);
        tell('EndpointDisabled');
        break;
      case 'enable':
        this.#disabled.delete(id);
        tell('EndpointEnabled');
        break;
      case 'reset':
        tell('EndpointReset');
        break;
      case 'key':
        this.#endpoints.get(id)?.simulated.mend(this.#now);
        tell('KeyChanged');
        break;
      case 'switch': {
        const to = user.pick(profiles);
        this.#rules.asked({ switchTo: to });
        this.#core.tellPriority({ type: 'SwitchByHand', to, reason: 'try' }, by);
        this.#planted.aside(this.#core);
        break;
      }
      case 'release':
        this.#release();
        break;
      case 'weight': {
        const endpoint = this.#core.state.profiles.endpoint(id);
        if (!endpoint) break;
        const changes = { weight: user.whole(1, 1_000) };
        this.#core.report(
          streams.profile(endpoint.profile),
          [{ type: 'EndpointChanged', data: { endpoint: id, changes } }],
          by,
        );
      }
    }
    this.#rules.asked({});
  }

  #release(): void {
    this.#rules.asked({ release: true });
    this.#core.tellPriority({ type: 'ReleasePin' }, { by: 'cli', sync: true });
    this.#rules.asked({});
  }

  async #storm(): Promise<void> {
    const { happens, span, pick } = bound(this.#weather);
    const kind = pick(['offline', 'jumps', 'sleeps', 'restarts', 'snapshot', 'trim']);
    if (!this.#without.has(kind)) {
      if (kind === 'offline') this.#offlineUntil = this.#now + span(20 * second);
      if (kind === 'jumps') {
        this.#skewMs += (happens(0.5) ? 1 : -1) * span(happens(0.2) ? 24 * hour : minute);
        this.#monitor.changedAt = this.#core.now();
      }
      if (kind === 'sleeps') this.#sleep(6 * second + span(20 * minute));
      if (kind === 'restarts') await this.#restart();
      if (kind === 'snapshot') await this.#core.snapshot();
      if (kind === 'trim') await new Maintenance(this.#core, () => ({ days: 0.002, bytes: 0 })).trim();
    }
    this.#soon(span(60 * this.#meanGapMs), () => this.#storm());
  }

  /** The wall clock goes on, and nothing else does. */
  #sleep(forMs: Millis): void {
    this.#skewMs += forMs;
    this.#wokeAt = this.#core.now();
    this.#tellGateway('Slept', { forMs });
    this.#monitor.changedAt = this.#wokeAt;
  }

  // ------------------------------------------------------------------------------------------------ when nothing goes wrong any more

  async #calm(): Promise<void> {
    this.#queue.length = 0;
    this.#life++;
    this.#inFlight = this.#planted.inFlight();
    this.#trials.clear();
    this.#offlineUntil = -1;
    if (this.#core.state.gatewayState === 'offline') this.#network(true);
    // Scripts end at their horizon; the clock may not have come there yet.
    this.#now = Math.max(this.#now, this.#setup.requests * this.#meanGapMs * 3);
    this.#tickAll();
    this.#release();
    this.#disabled.clear();
    for (const id of this.#endpoints.keys())
      this.#core.tellEndpoint(id, { type: 'EndpointEnabled', data: {} }, { by: 'cli', sync: true });
    const began = this.#now;
    const limitMs = this.#boundMs();
    const again = () => {
      this.#request();
      this.#soon(calmEveryMs, again);
    };
    this.#soon(0, again);
    this.#monitor = new Monitor(this.#core, this.#probing, this.#monitoring);
    this.#soon(monitorEveryMs, () => this.#look());
    await this.#run(() => this.#unsettled() === null || this.#now - began > limitMs);
    this.#figures.settledMs = this.#now - began;
    const left = this.#unsettled();
    promise(left === null, () => `${limitMs / second} s after the last fault ${left}`);
  }

  #tickAll(): void {
    if (this.#planted.ticks) this.#core.tick();
  }

  /** The longest wait that the rules allow, in sequence. */
  #boundMs(): Millis {
    const { credentialIntervalMs, backoffMaxMs, slowStartMs } = this.#policy.endpoint;
    const { cooldownMs, recoveryDelayMs } = this.#policy.priority;
    const outMs = Math.max(credentialIntervalMs, backoffMaxMs, advertisedMaxMs + minute, hour / 6);
    const trialsMs = 20 * minute;
    return lastFailuresMs + outMs + trialsMs + slowStartMs + cooldownMs + recoveryDelayMs + failoverPolicy.stickyMs;
  }

  /** What is not as it should be when nothing is wrong; null when all is well. */
  #unsettled(): string | null {
    const { active, state } = priorityStatus(this.#core.state.priority);
    const top = this.#core.state.profiles.ladder()[0]?.name ?? null;
    for (const id of this.#endpoints.keys()) {
      const status = endpointStatus(this.#core.state.endpoint(id));
      const isOver = status.state === 'healthy' || (status.state === 'recovering' && this.#probing.mode === 'off');
      if (!isOver) return `${id} is ${status.state} still (${status.because})`;
    }
    if (!this.#policy.priority.autoRecovery) return null;
    if (active !== top) return `${active} is active still, and ${top} is well (the ladder is ${state})`;
    return state === 'healthy' ? null : `the ladder is ${state} still`;
  }
}

function by({ endpoint }: Candidate, ttftMs: Millis): Client['answeredBy'] {
  return { endpoint: endpoint.id, profile: endpoint.profile, ttfbMs: ttftMs, ttftMs, bytes: 1_000, usage: null };
}

function bound(chance: Chance) {
  return {
    happens: (probability: number) => chance.happens(probability),
    span: (mean: number) => chance.span(mean),
    pick: <T>(among: readonly [T, ...T[]]) => chance.pick(among),
  };
}

function policyOf(
  shape: Chance,
  probing: boolean,
): { readonly endpoint: EndpointPolicy; readonly priority: PriorityPolicy } {
  return {
    endpoint: {
      maxFailures: shape.whole(1, 4),
      backoffBaseMs: shape.pick([second, 10 * second]),
      backoffMaxMs: shape.pick([minute, 5 * minute]),
      slowStartMs: shape.pick([0, 10 * second, minute]),
      credentialIntervalMs: shape.pick([minute, 10 * minute]),
      probing,
    },
    priority: {
      auto: shape.happens(0.9),
      autoRecovery: shape.happens(0.9),
      failureThreshold: shape.whole(1, 3),
      recoveryChecks: shape.whole(1, 3),
      cooldownMs: shape.pick([0, 10 * second, 5 * minute]),
      recoveryDelayMs: shape.pick([0, 5 * second, minute]),
      maxPerHour: shape.pick([1, 3, 10]),
      healthAware: true,
    },
  };
}
