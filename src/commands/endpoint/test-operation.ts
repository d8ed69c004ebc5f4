/** Probes made from this process: the verdicts are shown, and do not change any state. */
import { reason } from '../../../events/reason.ts';
import { secondMs } from '../../../events/units.ts';
import type { Depth, ProbeJob, ProbeResult } from '../../../workers/probe.ts';
import { outboundProxy } from '../../config/network/outbound-proxy.ts';
import type { CheckRow } from '../../contract/endpoint.ts';
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
  { id, baseUrl, auth, secret }: KnownEndpoint,
  depth: Depth,
): ProbeJob {
  return {
    endpoint: id,
    baseUrl,
    auth,
    key: vault.get(secret) ?? '',
    depth,
    proxy: outboundProxy(baseUrl, process.env),
    model: settings()['health.model'] || null,
    known: knownModels(core.state, id),
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
