import { metricsOf } from '../../history/as-was.ts';
/** The operations of health: the state, its reasons, its past, and a check now. */

import { endpointStatus } from '../../../machines/endpoint.ts';
import { nextOf } from '../../../machines/endpoint-next.ts';
import type { PlannedProbe } from '../../../machines/probe-plan.ts';
import type { SettingKey } from '../../config/settings/settings.ts';
import type { CheckRow } from '../../contract/endpoint.ts';
import { type HealthRow, type healthContract, healthSettings, type MetricsRow } from '../../contract/health.ts';
import { Json } from '../../contract/json.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { endpointNamed, type Installation } from '../../installation/installation.ts';
import type { LiveSide } from '../../installation/live-side.ts';
import { iso, isoOrNull } from '../../platform/time.ts';
import { endpointPolicy } from '../../policies/policies.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import type { KnownEndpoint } from '../../projections/profiles.ts';
import { Recent } from '../../projections/recent.ts';
import { healthRow } from '../../runtime/rows.ts';
import { setSettings } from '../config/operation.ts';
import { resetHealth } from '../endpoint/operation.ts';
import { checkRow } from '../endpoint/test-operation.ts';
import type { Handlers } from '../handler.ts';
import { asker, question } from '../history/asker.ts';

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
  { core, settings }: Installation,
  endpoint: KnownEndpoint,
  recent: Recent,
  probe: PlannedProbe | undefined,
): HealthRow {
  const { state } = core;
  const next = nextOf(state.endpoint(endpoint.id), endpointPolicy(settings(), endpoint));
  return {
    ...healthRow(state, endpoint, recent, core.now()),
    next: next.map((step) => ({ ...step, at: isoOrNull(step.at) })),
    nextProbe: { at: isoOrNull(probe?.at ?? null), depth: probe?.depth ?? null, because: probe?.because ?? null },
  };
}

/** With `since`, folds only that span of the log again. */
export async function healthMetrics(
  installation: Installation,
  { id, since }: Params<'health.metrics'>,
  live: LiveSide | undefined,
): Promise<Answer<'health.metrics'>> {
  const { state } = installation.core;
  const endpoints = id === undefined ? state.profiles.endpoints() : [endpointNamed(installation, id)];
  const recent = since === undefined ? state.recent : await recentSince(installation, since, live?.replay);
  const probes = live?.nextProbes();
  return {
    since: since === undefined ? null : iso(since),
    endpoints: endpoints.map((endpoint): MetricsRow => {
      const row = rowOf(installation, endpoint, recent, probes?.get(endpoint.id));
      return { ...row, ...metricsOf(recent, endpoint) };
    }),
  };
}

async function recentSince(installation: Installation, since: number, replay: ReplayPool | undefined): Promise<Recent> {
  const answer = await asker(installation, 'health.since', replay)({ since });
  const { recent } = answer instanceof Json ? (JSON.parse(answer.text) as Answer<'health.since'>) : answer;
  return Recent.from(recent);
}

/** Probes now, through the gateway; verdicts change the state. */
export async function checkHealth(
  installation: Installation,
  { id }: Params<'health.check'>,
  live: LiveSide,
): Promise<Answer<'health.check'>> {
  const { state } = installation.core;
  const isEnabled = (endpoint: KnownEndpoint) => endpointStatus(state.endpoint(endpoint.id)).state !== 'disabled';
  const endpoints = id === undefined ? state.profiles.endpoints().filter(isEnabled) : [endpointNamed(installation, id)];
  const results = await live.check(endpoints.map((endpoint) => endpoint.id));
  const at = installation.world.now();
  return { checks: endpoints.map((endpoint): CheckRow => checkRow(endpoint, results.get(endpoint.id) ?? null, at)) };
}

const historyDefault = 50;

/** Newest first, with the consequences of each. */
export function healthHistory(
  installation: Installation,
  { id, limit = historyDefault }: Params<'health.history'>,
  replay: ReplayPool | undefined,
): Promise<Answer<'health.history'> | Json> {
  const { id: endpoint, profile } = endpointNamed(installation, id);
  return asker(installation, 'health.checks', replay)({ endpoint, profile, limit });
}

const settingOf = healthSettings satisfies Readonly<Record<keyof Params<'health.config'>, SettingKey>>;

/** Sets the given values, all or nothing, and returns the resulting `health.*` settings. */
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

export const healthHandlers: Handlers<typeof healthContract> = {
  'health.status': (it, _, live) => healthStatus(it, live),
  'health.check': checkHealth,
  'health.metrics': healthMetrics,
  'health.history': (it, params, live) => healthHistory(it, params, live?.replay),
  'health.config': configureHealth,
  'health.reset': resetHealth,
  'health.checks': question('health.checks'),
  'health.since': question('health.since'),
};
