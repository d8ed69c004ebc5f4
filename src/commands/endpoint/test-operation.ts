/** Probes made from this process: the verdicts are shown, and do not change any state. */

import { adaptationOf } from '../../../events/profile.ts';
import { reason } from '../../../events/reason.ts';
import { secondMs } from '../../../events/units.ts';
import { hiddenRules, isModelExcluded, sentModel } from '../../../machines/model-map.ts';
import type { Depth, ProbeJob, ProbeResult } from '../../../workers/probe.ts';
import { outboundProxy } from '../../config/network/outbound-proxy.ts';
import type { CheckRow, ModelRow } from '../../contract/endpoint.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { endpointNamed, type Installation, profileNamed } from '../../installation/installation.ts';
import { iso } from '../../platform/time.ts';
import type { Pool } from '../../pool/pool.ts';
import type { KnownEndpoint } from '../../projections/profiles.ts';
import type { State } from '../../runtime/state.ts';

export async function testEndpoints(
  installation: Installation,
  params: Params<'endpoint.test'>,
  open: () => Pool | Promise<Pool> = poolOfProbes,
  depth: Depth = 'conversation',
): Promise<Answer<'endpoint.test'>> {
  const endpoints = chosen(installation, params);
  if (endpoints.length === 0) return { checks: [] };
  const pool = await open();
  try {
    return { checks: await Promise.all(endpoints.map((endpoint) => check(installation, endpoint, pool, depth))) };
  } finally {
    await pool.close();
  }
}

/** Loaded on demand: most commands probe nothing. */
export async function poolOfProbes(): Promise<Pool> {
  const { openPool } = await import('../../pool/pool.ts');
  return openPool();
}

function chosen(installation: Installation, { profile, id }: Params<'endpoint.test'>): readonly KnownEndpoint[] {
  if (id !== undefined) return [endpointNamed(installation, id, profile)];
  if (profile !== undefined) return profileNamed(installation, profile).endpoints;
  return installation.core.state.profiles.endpoints();
}

/** Never rejects, so that one failed check does not affect the others. */
async function check(installation: Installation, endpoint: KnownEndpoint, pool: Pool, depth: Depth): Promise<CheckRow> {
  const result = await pool.probe(probeJob(installation, endpoint, depth)).catch(() => null);
  return checkRow(endpoint, result, installation.world.now());
}

/** @param result null when the probe was lost */
export function checkRow({ id, name, profile }: KnownEndpoint, result: ProbeResult | null, now: number): CheckRow {
  const { verdict, responseMs, ttftMs, score, valid, model, tokens, error } = result ?? lostProbe;
  return { endpoint: id, name, profile, at: iso(now), verdict, responseMs, ttftMs, score, valid, model, tokens, error };
}

/** What a worker needs in order to probe an endpoint. */
export function probeJob(
  { core, settings, vault, world }: Installation,
  endpoint: KnownEndpoint,
  depth: Depth,
): ProbeJob {
  const { id, baseUrl, auth, secret } = endpoint;
  const { models } = adaptationOf(endpoint);
  const wanted = settings()['health.model'] || null;
  return {
    endpoint: id,
    baseUrl,
    auth,
    key: vault.get(secret) ?? '',
    depth,
    proxy: outboundProxy(baseUrl, process.env),
    model: isModelExcluded({ models }, wanted) ? null : sentModel(models, wanted),
    isExact: false,
    known: [...new Set([...models.flatMap(({ to }) => to ?? []), ...knownModels(core.state, id)])],
    timeoutMs: settings()['health.timeout'] * secondMs,
    dice: world.dice(),
  };
}

/** The models that this endpoint has answered with, to requests and probes. */
function knownModels({ stats, recent }: State, id: KnownEndpoint['id']): readonly string[] {
  const asked = stats
    .rows(() => null)
    .flatMap(({ endpoint, model, requests }) => (endpoint === id && requests > 0 && model !== null ? [model] : []));
  const { model } = recent.of(id);
  return model === null || asked.includes(model) ? asked : [...asked, model];
}

/** The rules of one endpoint, and whether it has what they promise. */
export async function endpointModels(
  installation: Installation,
  { profile, id, test = false }: Params<'endpoint.models'>,
  open: () => Pool | Promise<Pool> = poolOfProbes,
): Promise<Answer<'endpoint.models'>> {
  const endpoint = endpointNamed(installation, id, profile);
  const { models: rules } = adaptationOf(endpoint);
  const names = [...new Set(rules.flatMap(({ to }) => to ?? []))];
  const checks = test && names.length > 0 ? await checksOf(installation, endpoint, names, await open()) : null;
  const unreached = new Set(hiddenRules(rules));
  const models = rules.map((rule): ModelRow => {
    const hidden = unreached.has(rule);
    return { ...rule, hidden, check: (rule.to === null ? undefined : checks?.get(rule.to)) ?? null };
  });
  return { endpoint: endpoint.id, models };
}

async function checksOf(
  installation: Installation,
  endpoint: KnownEndpoint,
  names: readonly string[],
  pool: Pool,
): Promise<ReadonlyMap<string, NonNullable<ModelRow['check']>>> {
  try {
    const asked = names.map(async (model) => {
      const job = { ...probeJob(installation, endpoint, 'conversation'), model, isExact: true };
      const { verdict, responseMs, error } = (await pool.probe(job).catch(() => null)) ?? lostProbe;
      return [model, { verdict, responseMs, error }] as const;
    });
    return new Map(await Promise.all(asked));
  } finally {
    await pool.close();
  }
}

const lostProbe: Omit<CheckRow, 'endpoint' | 'name' | 'profile' | 'at'> = {
  verdict: 'failure',
  responseMs: 0,
  ttftMs: null,
  score: 0,
  valid: false,
  model: null,
  tokens: 0,
  error: reason('probeLost'),
};
