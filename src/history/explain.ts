/** Why: from a request to its attempts, to the state that chose them, to the facts that led there. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import type { GatewayFact } from '../../events/gateway.ts';
import { type EndpointId, kindOf, nameOf, type RequestId, streams } from '../../events/ids.ts';
import { adaptationOf } from '../../events/profile.ts';
import type { LadderReason } from '../../events/reason.ts';
import { hourMs } from '../../events/units.ts';
import { lacksUntil } from '../../machines/available.ts';
import { type EndpointStatus, endpointStatus, targetState } from '../../machines/endpoint.ts';
import { isModelExcluded, sentModel } from '../../machines/model-map.ts';
import { type Exclusion, exclusionOf, failureOf } from '../../machines/why-not.ts';
import type { EndpointStory, RequestStory, RouteRow } from '../contract/history.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { timeOf } from '../platform/uuid.ts';
import type { KnownEndpoint, KnownProfile } from '../projections/profiles.ts';
import { factRow, switchRow } from '../runtime/rows.ts';
import type { State } from '../runtime/state.ts';
import { backwards } from './backwards.ts';
import { calledThen, decidedBy, type Ended, isTroubled, requestTold } from './decided.ts';
import { requestNamed, unknownRequest } from './known.ts';
import { machineRows, machinesAbout } from './machines.ts';
import { seqOfMoment, settingsThen, stateAt } from './moment.ts';

// A chain goes back to when the endpoint was last healthy; for one that never was, it ends after this many facts.
const chainMax = 50;
const switchesShown = 3;

/** A request by its id or its short form, an endpoint by a unique beginning of its id or by its name, or the subject of a fact. */
export async function explain(
  log: ReadableLog,
  { about: given }: Params<'history.explain'>,
): Promise<Answer<'history.explain'>> {
  const { about, seq } = given === undefined ? await lastTroubled(log) : await toldBy(log, given);
  const ended = await endOf(log, about.replace(/^request\//, ''));
  if (ended) return explainRequest(log, nameOf(ended.stream), ended);
  const endpoint = await endpointNamed(log, about);
  if (endpoint !== undefined) return explainEndpoint(log, endpoint, seq);
  const request = await requestNamed(log, about);
  const found = request === undefined ? undefined : await endOf(log, request);
  if (request !== undefined && found) return explainRequest(log, request, found);
  if (/^[0-9a-f]{1,8}$/i.test(about)) return explainEndpoint(log, about, seq);
  throw unknownRequest(given ?? about, await certainUntilOf(log, about));
}

interface About {
  readonly about: string;
  /** The last fact that is read. */
  readonly seq: number;
}

async function lastTroubled(log: ReadableLog): Promise<About> {
  for await (const facts of backwards(log)) {
    const last = facts.findLast(isTroubled);
    if (last) return { about: nameOf(last.stream), seq: log.head };
  }
  throw new QccError('QCC_HISTORY_NO_TROUBLE', {}, exitCodes.notFound);
}

/** A fact's number stands for the request that the fact is about, or otherwise for the endpoint at that time. */
async function toldBy(log: ReadableLog, given: string): Promise<About> {
  const [, number] = /^#(\d+)$/.exec(given) ?? [];
  if (number === undefined) return { about: given, seq: log.head };
  const seq = await seqOfMoment(log, { seq: Number(number) });
  const chain = await causesOf(log, seq);
  const [fact] = chain;
  const request = requestTold(chain) ?? (fact && (await queuedRequest(log, fact)));
  if (request !== undefined) return { about: request, seq };
  const { endpoint } = (fact?.data ?? {}) as { endpoint?: unknown };
  if (fact && kindOf(fact.stream) === 'endpoint') return { about: fact.stream, seq };
  if (typeof endpoint === 'string') return { about: endpoint, seq };
  throw new QccError('QCC_HISTORY_NO_STORY', { given }, exitCodes.notFound);
}

/** A fact, and the facts that caused it. */
async function causesOf(log: ReadableLog, seq: number): Promise<readonly Recorded[]> {
  const chain: Recorded[] = [];
  for (let next: number | null = seq; next !== null && chain.length < chainMax; ) {
    let found: Recorded | undefined;
    for await (const facts of log.read(next, next)) found = facts[0] ?? found;
    if (found) chain.push(found);
    next = found?.cause ?? null;
  }
  return chain;
}

/** For an item of the queue, only its first fact names the request. */
async function queuedRequest(log: ReadableLog, { stream }: Recorded): Promise<string | undefined> {
  if (kindOf(stream) !== 'queue') return undefined;
  for await (const facts of log.readStream(stream)) return requestTold(facts);
  return undefined;
}

async function endOf(log: ReadableLog, request: string): Promise<Ended | undefined> {
  const found: Recorded[] = [];
  for await (const facts of log.readStream(streams.request(request as RequestId))) found.push(...facts);
  return found.at(-1) as Ended | undefined;
}

/** By a beginning of its id, or by its name. */
async function endpointNamed(log: ReadableLog, text: string): Promise<string | undefined> {
  if (text.startsWith('endpoint/')) return text;
  const { profiles } = await stateAt(log, log.head);
  const all = profiles.endpoints();
  if (all.some(({ id }) => id.startsWith(text.toLowerCase()))) return text;
  const named = all.filter(({ profile, name }) => name === text || `${profile}/${name}` === text);
  return named.length === 1 ? named[0]?.id : undefined;
}

/** For a request that is not recorded, but may have reached a gateway that was killed: until when that gateway's record is certain. */
async function certainUntilOf(log: ReadableLog, about: string): Promise<Millis | null> {
  const cameAt = timeOf(about);
  if (cameAt === null) return null;
  for await (const facts of log.readStream(streams.gateway)) {
    for (const fact of facts) {
      if (fact.at < cameAt || (fact.type !== 'GatewayFoundDead' && fact.type !== 'GatewayStopped')) continue;
      // The end of the life that received it.
      return fact.type === 'GatewayFoundDead' ? (upcast(fact) as Recorded<FoundDead>).data.certainUntil : null;
    }
  }
  return null;
}

type FoundDead = Extract<GatewayFact, { type: 'GatewayFoundDead' }>;

async function explainRequest(log: ReadableLog, request: string, ended: Ended): Promise<RequestStory> {
  const { attempts, view, within } = ended.data;
  const then = await stateAt(log, Math.max(view, log.tail - 1));
  const around = await factsAround(log, view + 1, ended.seq, request);
  const facts = new Map<number, Recorded>([...around, ended].map((fact) => [fact.seq, fact]));
  const route: RouteRow[] = [];
  for (const [profile, endpoint] of onTheWay(then, within)) {
    const row = routeRow(then, profile, endpoint, ended);
    const isWell = row.state === 'healthy' && row.because !== 'heard' && row.because !== 'hinted';
    const chain = isWell ? [] : await chainOf(log, then, endpoint.id);
    const said = await saidOf(log, then, endpoint, row, ended);
    if (said && !chain.some(({ seq }) => seq === said.seq)) chain.push(said);
    for (const fact of chain) facts.set(fact.seq, fact);
    route.push({ ...row, facts: chain.map(({ seq }) => seq) });
  }
  const startedAt = ended.at - ended.data.durationMs;
  const decided = decidedBy(then, ended, route);
  const before = then.switches.latest(switchesShown).filter(({ at }) => at >= startedAt - hourMs);
  const switches = [...switchesIn(around), ...before].map(switchRow);
  return {
    request,
    decided,
    session: ended.data.session,
    ...(ended.data.token === undefined ? {} : { token: ended.data.token }),
    model: ended.data.model,
    status: ended.data.status,
    startedAt: iso(startedAt),
    durationMs: ended.data.durationMs,
    view,
    attempts: attempts.map((attempt) => ({
      ...attempt,
      at: iso(attempt.at),
      name: calledThen(then, attempt.endpoint),
    })),
    route,
    switches,
    facts: [...facts.values()].sort((a, b) => a.seq - b.seq).map(factRow),
  };
}

/** Consequences of the request's own failures follow right after them, and name them as their cause. */
async function factsAround(log: ReadableLog, from: number, to: number, request: string): Promise<readonly Recorded[]> {
  const kept: Recorded[] = [];
  const told = new Set<number>();
  for await (const facts of log.read(from, to)) {
    for (const fact of facts) {
      const isIts = (fact.data as { request?: string }).request === request;
      if (!isIts && !(fact.cause !== null && told.has(fact.cause))) continue;
      told.add(fact.seq);
      kept.push(upcast(fact));
    }
  }
  return kept;
}

function switchesIn(facts: readonly Recorded[]) {
  return facts
    .filter(({ type }) => type === 'FailedOver' || type === 'Recovered')
    .map(({ at, seq, type, data }) => {
      const { from, to, because } = data as { from: string; to: string; because: LadderReason };
      return {
        at,
        seq,
        kind: type === 'FailedOver' ? ('failover' as const) : ('recovery' as const),
        from,
        to,
        reason: because,
      };
    })
    .reverse();
}

function onTheWay(then: State, within: string | null): readonly (readonly [KnownProfile, KnownEndpoint])[] {
  const only = within === null ? undefined : then.profiles.get(within);
  const profiles = within === null ? then.profiles.ladder() : [only].filter((one) => one !== undefined);
  return profiles.flatMap((profile) => profile.endpoints.map((endpoint) => [profile, endpoint] as const));
}

/** An endpoint as it was when the request chose, and the rule that selected it or left it out. */
function routeRow(
  then: State,
  profile: KnownProfile,
  endpoint: KnownEndpoint,
  { data: { attempts, model, durationMs, passedOver }, at }: Ended,
): Omit<RouteRow, 'facts'> {
  const status = endpointStatus(then.endpoint(endpoint.id));
  const healthAware = settingsThen(then)['loadbalancer.health_aware'];
  const attempt = attempts.find((one) => one.endpoint === endpoint.id);
  const { models } = adaptationOf(endpoint);
  const isUnfit = passedOver?.some((one) => one.endpoint === endpoint.id) === true;
  const out = isModelExcluded({ models }, model)
    ? modelExcluded
    : (exclusionOf(status, healthAware) ??
      lackingOf(status, sentModel(models, model), at - durationMs) ??
      (isUnfit ? noThinkingHere : null));
  return {
    endpoint: endpoint.id,
    name: endpoint.name,
    profile: profile.name,
    tier: profile.tier,
    state: status.state,
    weight: endpoint.effectiveWeight,
    chosen: attempt !== undefined,
    because: attempt?.because ?? out?.rule ?? 'notNeeded',
    failure: out && !ofModels.has(out.rule) ? failureOf(out as Exclusion, status) : null,
    until: isoOf(out?.until ?? null),
  };
}

const modelExcluded = { rule: 'modelExcluded', until: null } as const;
const noThinkingHere = { rule: 'noThinkingHere', until: null } as const;
/** Rules that say nothing of its health. */
const ofModels: ReadonlySet<string> = new Set(['lacksModel', 'modelExcluded', 'noThinkingHere']);

/** An otherwise healthy endpoint that has said it lacks the requested model. */
function lackingOf({ lacks }: EndpointStatus, model: string | null, at: Millis) {
  const until = lacksUntil(lacks, model, at);
  return until === null ? null : { rule: 'lacksModel' as const, until };
}

/** Where its own word left it out: the fact that holds the word. */
async function saidOf(
  log: ReadableLog,
  then: State,
  endpoint: KnownEndpoint,
  { because }: Pick<RouteRow, 'because'>,
  { data: { model, passedOver } }: Ended,
): Promise<Recorded | undefined> {
  if (because === 'lacksModel')
    return saidToLack(log, then, endpoint.id, sentModel(adaptationOf(endpoint).models, model));
  const told = because === 'noThinkingHere' ? passedOver?.find((one) => one.endpoint === endpoint.id) : undefined;
  return told && endOf(log, told.request);
}

/** When it last said so. */
async function saidToLack(
  log: ReadableLog,
  state: State,
  id: EndpointId,
  model: string | null,
): Promise<Recorded | undefined> {
  let said: Recorded | undefined;
  for await (const facts of log.readStream(streams.endpoint(id))) {
    for (const fact of facts) {
      if (fact.seq > state.seq) return said;
      if (fact.type === 'ModelNotFound' && (fact.data as { model: string }).model === model) said = upcast(fact);
    }
  }
  return said;
}

const isoOf = (at: Millis | null) => (at === null ? null : iso(at));

/** The facts that led to an endpoint's state: all of its stream since it was last healthy. */
async function chainOf(log: ReadableLog, state: State, id: EndpointId): Promise<Recorded[]> {
  const stream = streams.endpoint(id);
  const version = state.versions.get(stream) ?? 0;
  const all: Recorded[] = [];
  for await (const facts of log.readStream(stream, Math.max(1, version - chainMax + 1))) {
    const past = facts.filter(({ seq }) => seq <= state.seq);
    all.push(...past.map(upcast));
    if (past.length < facts.length) break;
  }
  const well = all.findLastIndex((fact) => targetState(fact) === 'healthy');
  // A healthy endpoint is explained by its latest recovery.
  return well === all.length - 1 && well >= 0 ? all.slice(well) : all.slice(well + 1);
}

async function explainEndpoint(log: ReadableLog, about: string, seq: number): Promise<EndpointStory> {
  const state = await stateAt(log, seq);
  const rows = machineRows(state, settingsThen(state), []).filter(({ machine }) => machine === 'endpoint');
  const [machine] = machinesAbout(rows, about.toLowerCase());
  if (!machine) throw new Error('machinesAbout gives one, or throws');
  const chain = await chainOf(log, state, nameOf(machine.id) as EndpointId);
  const requests = chain.map(({ data }) => (data as { request?: string | null }).request).filter((one) => one);
  return { ...machine, at: iso(state.at), requests: [...new Set(requests as string[])], facts: chain.map(factRow) };
}
