/** What the log tells: facts by filter, a request's story, the machines as they stand. */
import type { Recorded } from '../../events/fact.ts';
import { kindOf, type RequestId, streams } from '../../events/ids.ts';
import type { Attempt, Served } from '../../events/request.ts';
import { faceOf } from '../../machines/endpoint.ts';
import { nextOf } from '../../machines/endpoint-next.ts';
import { facePriority, nextOfPriority } from '../../machines/priority.ts';
import { exitCodes, QccError } from '../errors.ts';
import { Stats } from '../projections/stats.ts';
import { foldLog } from '../runtime/core.ts';
import { knownLosses } from '../runtime/losses.ts';
import type { State } from '../runtime/state.ts';
import { endpointNamed, endpointPolicy, type Installation, priorityPolicy, profileNamed } from './installation.ts';
import type { Answer, FactRow, MachineRow, Params } from './operations.ts';
import { factRow, iso, isoOrNull } from './rows.ts';

// Without a limit a look back ends where a person stops reading; a script says how much it wants.
const limitDefault = 1_000;

export async function readHistory(
  { core }: Installation,
  params: Params<'history.read'>,
): Promise<Answer<'history.read'>> {
  const { log } = core;
  await log.flush();
  const limit = params.limit ?? (params.fromSeq === undefined ? limitDefault : Number.POSITIVE_INFINITY);
  const unfiltered =
    params.type === undefined &&
    params.stream === undefined &&
    params.until === undefined &&
    params.toSeq === undefined;
  let from = params.fromSeq ?? log.tail;
  if (params.since !== undefined) from = Math.max(from, await log.seqAt(params.since));
  // Nothing can be left out on the way: the last `limit` numbers are the last `limit` facts.
  if (unfiltered && Number.isFinite(limit)) from = Math.max(from, log.head - limit + 1);
  let kept: FactRow[] = [];
  for await (const facts of log.read(from)) {
    for (const fact of facts) if (matches(fact, params)) kept.push(factRow(fact));
    if (kept.length > 2 * limit) kept = kept.slice(-limit);
    const last = facts.at(-1);
    if (params.until !== undefined && last !== undefined && last.at >= params.until) break;
  }
  return { facts: Number.isFinite(limit) ? kept.slice(-limit) : kept };
}

function matches(fact: Recorded, { type, stream, until, toSeq }: Params<'history.read'>): boolean {
  if (toSeq !== undefined && fact.seq >= toSeq) return false;
  if (type !== undefined && fact.type !== type) return false;
  if (stream !== undefined && fact.stream !== stream && kindOf(fact.stream) !== stream) return false;
  return until === undefined || fact.at < until;
}

export async function explainRequest(
  installation: Installation,
  params: Params<'history.explain'>,
): Promise<Answer<'history.explain'>> {
  const { core } = installation;
  await core.log.flush();
  const found: Recorded[] = [];
  for await (const facts of core.log.readStream(streams.request(params.request as RequestId))) found.push(...facts);
  const ended = found.at(-1);
  if (!ended) {
    throw new QccError(
      'QCC_REQUEST_UNKNOWN',
      `the log knows no request "${params.request}"`,
      'qcc history --stream request --limit 20',
      exitCodes.notFound,
      { request: params.request },
    );
  }
  const data = ended.data as Served;
  const then = await foldLog(core.log, data.view);
  const around: Recorded[] = [];
  for await (const facts of core.log.read(data.view + 1, ended.seq)) {
    around.push(...facts.filter((fact) => (fact.data as { request?: string }).request === params.request));
  }
  return {
    request: params.request,
    attempts: data.attempts.map((attempt) => ({ ...attempt, at: iso(attempt.at) })),
    route: routeThen(then, data.attempts, data.within),
    facts: [...around.filter((fact) => fact.seq !== ended.seq), ended].map(factRow),
  };
}

/** Every endpoint that stood on the request's way, as it was when the request chose. */
function routeThen(then: State, attempts: readonly Attempt[], within: string | null): readonly object[] {
  const profiles =
    within === null ? then.profiles.ladder() : [then.profiles.get(within)].filter((p) => p !== undefined);
  return profiles.flatMap((profile) =>
    profile.endpoints.map((endpoint) => {
      const face = faceOf(then.endpoint(endpoint.id));
      const attempt = attempts.find((one) => one.endpoint === endpoint.id);
      return {
        endpoint: endpoint.id,
        profile: profile.name,
        tier: profile.tier,
        state: face.state,
        weight: endpoint.effectiveWeight,
        chosen: attempt !== undefined,
        because: attempt?.because ?? (face.state === 'healthy' ? 'notNeeded' : (face.because ?? face.state)),
      };
    }),
  );
}

export async function showMachines(
  installation: Installation,
  { about }: Params<'debug.machines'>,
): Promise<Answer<'debug.machines'>> {
  const { state } = installation.core;
  const rows: MachineRow[] = [
    ...state.profiles.endpoints().map(({ id }) => endpointMachine(installation, id)),
    priorityMachine(installation),
    await gatewayMachine(installation),
  ];
  const kinds = rows.some(({ machine }) => machine === about);
  const wanted =
    about === undefined ? rows : rows.filter(({ id, machine }) => (kinds ? machine === about : id === about));
  if (about !== undefined && wanted.length === 0) {
    const { id } = endpointNamed(installation, about);
    wanted.push(endpointMachine(installation, id));
  }
  return { seq: state.seq, at: iso(state.at), machines: wanted };
}

function endpointMachine(
  { core: { state }, settings }: Installation,
  id: Parameters<State['endpoint']>[0],
): MachineRow {
  const snapshot = state.endpoint(id);
  const known = state.profiles.endpoint(id);
  const { state: name, since, ...context } = faceOf(snapshot);
  return {
    id: streams.endpoint(id),
    machine: 'endpoint',
    state: name,
    since: isoOrNull(since ?? known?.addedAt ?? null),
    context: { profile: known?.profile ?? null, name: known?.name ?? null, ...context },
    next: nextOf(snapshot, endpointPolicy(settings(), known)).map((step) => ({ ...step, at: isoOrNull(step.at) })),
  };
}

function priorityMachine({ core: { state }, settings }: Installation): MachineRow {
  const { state: name, since, ...context } = facePriority(state.priority);
  return {
    id: streams.priority,
    machine: 'priority',
    state: name,
    since: isoOrNull(since),
    context,
    next: nextOfPriority(state.priority, priorityPolicy(settings())).map((step) => ({
      ...step,
      at: isoOrNull(step.at),
    })),
  };
}

async function gatewayMachine({ core: { state, log } }: Installation): Promise<MachineRow> {
  const context = { lost: await knownLosses(log) };
  return { id: streams.gateway, machine: 'gateway', state: state.gatewayState, since: null, context, next: [] };
}

export async function readStats(
  installation: Installation,
  params: Params<'stats.read'>,
): Promise<Answer<'stats.read'>> {
  const { core } = installation;
  if (params.profile !== undefined) profileNamed(installation, params.profile);
  const stats = params.since === undefined ? core.state.stats : await statsSince(installation, params.since);
  const profileOf = (endpoint: string) => core.state.profiles.endpoint(endpoint)?.profile ?? null;
  const rows = stats
    .rows(profileOf)
    .filter(({ profile }) => params.profile === undefined || profile === params.profile);
  return { since: params.since === undefined ? null : iso(params.since), stats: rows };
}

async function statsSince({ core: { log } }: Installation, since: number): Promise<Stats> {
  const stats = new Stats();
  await log.flush();
  for await (const facts of log.read(await log.seqAt(since))) {
    for (const fact of facts) if (kindOf(fact.stream) === 'request') stats.apply(fact);
  }
  return stats;
}
