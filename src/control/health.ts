/** What people ask of health: how it is, why, what it was, and a check now. */
import type { EndpointFact } from '../../events/endpoint.ts';
import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, streams } from '../../events/ids.ts';
import { faceOf } from '../../machines/endpoint.ts';
import { nextOf } from '../../machines/endpoint-next.ts';
import type { PlannedProbe } from '../../machines/probe-plan.ts';
import type { SettingKey } from '../config/settings.ts';
import type { KnownEndpoint, KnownProfile } from '../projections/profiles.ts';
import { Recent } from '../projections/recent.ts';
import { endpointNamed, endpointPolicy, type Installation } from './installation.ts';
import type { Answer, CheckRow, HealthRow, MetricsRow, Params, PastCheckRow } from './operations.ts';
import { healthRow, iso, isoOrNull } from './rows.ts';
import { setSettings } from './settings.ts';
import type { LiveSide } from './table.ts';
import { checkRow } from './testing.ts';

export function healthStatus(installation: Installation, live: LiveSide | undefined): Answer<'health.status'> {
  const { state } = installation.core;
  const probes = live?.nextProbes();
  return {
    endpoints: state.profiles
      .endpoints()
      .map((endpoint) => rowOf(installation, endpoint, state.recent, probes?.get(endpoint.id))),
  };
}

function rowOf(
  { core: { state }, settings }: Installation,
  endpoint: KnownEndpoint,
  recent: Recent,
  probe: PlannedProbe | undefined,
): HealthRow {
  const next = nextOf(state.endpoint(endpoint.id), endpointPolicy(settings(), endpoint));
  return {
    ...healthRow(state, endpoint, recent),
    next: next.map((step) => ({ ...step, at: isoOrNull(step.at) })),
    nextProbe: probe ? { at: iso(probe.at), depth: probe.depth, because: probe.because } : null,
  };
}

/** With `since`, of that time alone: folded from the log again. */
export async function healthMetrics(
  installation: Installation,
  { id, since }: Params<'health.metrics'>,
  live: LiveSide | undefined,
): Promise<Answer<'health.metrics'>> {
  const { state } = installation.core;
  const endpoints = id === undefined ? state.profiles.endpoints() : [endpointNamed(installation, id)];
  const recent = since === undefined ? state.recent : await recentSince(installation, since);
  const probes = live?.nextProbes();
  return {
    since: since === undefined ? null : iso(since),
    endpoints: endpoints.map((endpoint): MetricsRow => {
      const { checks, verdicts, probing, stabilityParts } = recent.of(endpoint.id);
      const row = rowOf(installation, endpoint, recent, probes?.get(endpoint.id));
      const parts = stabilityParts && {
        recent: Math.round(stabilityParts.recent),
        steadiness: Math.round(stabilityParts.steadiness),
        streak: Math.round(stabilityParts.streak),
      };
      return { ...row, checks, verdicts, stabilityParts: parts, probing };
    }),
  };
}

async function recentSince({ core: { log } }: Installation, since: number): Promise<Recent> {
  const recent = new Recent();
  await log.flush();
  for await (const facts of log.read(await log.seqAt(since))) {
    for (const fact of facts) {
      const kind = kindOf(fact.stream);
      if (kind === 'request' || kind === 'endpoint') recent.apply(fact);
    }
  }
  return recent;
}

/** Probes now, through the gateway; what is found counts. */
export async function checkHealth(
  installation: Installation,
  { id }: Params<'health.check'>,
  live: LiveSide,
): Promise<Answer<'health.check'>> {
  const { state } = installation.core;
  const isEnabled = (endpoint: KnownEndpoint) => faceOf(state.endpoint(endpoint.id)).state !== 'disabled';
  const endpoints = id === undefined ? state.profiles.endpoints().filter(isEnabled) : [endpointNamed(installation, id)];
  const results = await live.check(endpoints.map((endpoint) => endpoint.id));
  const at = installation.world.now();
  return { checks: endpoints.map((endpoint): CheckRow => checkRow(endpoint, results.get(endpoint.id) ?? null, at)) };
}

const historyDefault = 50;
const decisions: ReadonlySet<string> = new Set([
  'EndpointDegraded',
  'EndpointFailed',
  'EndpointPaused',
  'EndpointRecovering',
  'EndpointRecovered',
]);

/** Newest first, with what each led to. */
export async function healthHistory(
  installation: Installation,
  params: Params<'health.history'>,
): Promise<Answer<'health.history'>> {
  const { log } = installation.core;
  const { id, profile } = endpointNamed(installation, params.id);
  const limit = params.limit ?? historyDefault;
  await log.flush();
  let checks: PastCheckRow[] = [];
  let seq = 0;
  for await (const facts of log.readStream(streams.endpoint(id))) {
    for (const fact of facts) {
      const row = pastCheck(fact as Recorded & EndpointFact, id, profile);
      const last = checks.at(-1);
      if (row) {
        checks.push(row);
        seq = fact.seq;
      } else if (last && fact.cause === seq && decisions.has(fact.type)) {
        checks[checks.length - 1] = { ...last, led: fact.type };
      }
    }
    if (checks.length > 2 * limit) checks = checks.slice(-limit);
  }
  return { checks: checks.slice(-limit).reverse() };
}

function pastCheck(
  fact: Recorded & EndpointFact,
  endpoint: EndpointId,
  profile: KnownProfile['name'],
): PastCheckRow | undefined {
  const common = { endpoint, profile, at: iso(fact.at), led: null };
  switch (fact.type) {
    case 'ProbeSucceeded': {
      const { responseMs, ttftMs, score, model, tokens } = fact.data;
      const told = { responseMs, ttftMs, score, model, tokens };
      return { ...common, depth: 'conversation', verdict: 'success', ...told, valid: true, error: null };
    }
    case 'ProbeFailed': {
      const { verdict, responseMs, detail } = fact.data;
      const none = { ttftMs: null, score: 0, valid: false, model: null, tokens: 0 };
      return { ...common, depth: null, verdict, responseMs, ...none, error: detail };
    }
    case 'ProbeNoted': {
      const { detail, ...told } = fact.data;
      return { ...common, ...told, valid: told.verdict === 'success', error: detail };
    }
    default:
      return undefined;
  }
}

const settingOf = {
  intervalS: 'health.check_interval',
  timeoutS: 'health.timeout',
  weightAdjustment: 'health.weight_adjustment',
  minChecks: 'health.min_checks',
  model: 'health.model',
  mode: 'health.mode',
} as const satisfies Readonly<Record<keyof Params<'health.config'>, SettingKey>>;

/** Sets what is given, all or nothing, and tells the `health.*` settings as they are then. */
export async function configureHealth(
  installation: Installation,
  changes: Params<'health.config'>,
): Promise<Answer<'health.config'>> {
  const wanted = Object.entries(changes).map(
    ([name, value]) => [settingOf[name as keyof typeof settingOf], String(value)] as const,
  );
  await setSettings(installation, wanted);
  const all = Object.entries(installation.settings());
  return { settings: Object.fromEntries(all.filter(([key]) => key.startsWith('health.'))) };
}
