/** Probes made from here: the verdicts are shown, and count for nothing. */
import type { ProbeResult } from '../../workers/probe.ts';
import { openPool } from '../pool.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';
import { endpointNamed, type Installation, profileNamed } from './installation.ts';
import type { Answer, CheckRow, Params } from './operations.ts';
import { iso } from './rows.ts';

const secondMs = 1_000;

export async function testEndpoints(
  installation: Installation,
  params: Params<'endpoint.test'>,
): Promise<Answer<'endpoint.test'>> {
  const endpoints = chosen(installation, params);
  const pool = openPool();
  try {
    return { checks: await Promise.all(endpoints.map(async (endpoint) => check(installation, endpoint, pool))) };
  } finally {
    await pool.close();
  }
}

function chosen(installation: Installation, { profile, id }: Params<'endpoint.test'>): readonly KnownEndpoint[] {
  if (id !== undefined) return [endpointNamed(installation, id, profile)];
  if (profile !== undefined) return profileNamed(installation, profile).endpoints;
  return installation.core.state.profiles.endpoints();
}

async function check(
  installation: Installation,
  endpoint: KnownEndpoint,
  pool: ReturnType<typeof openPool>,
): Promise<CheckRow> {
  const settings = installation.settings();
  const result: ProbeResult = await pool.probe({
    endpoint: endpoint.id,
    baseUrl: endpoint.baseUrl,
    auth: endpoint.auth,
    key: installation.vault.get(endpoint.secret) ?? '',
    model: settings['health.model'] || null,
    timeoutMs: settings['health.timeout'] * secondMs,
    dice: installation.world.dice(),
  });
  const { verdict, responseMs, ttftMs, score, valid, model, tokens, error } = result;
  const at = iso(installation.world.now());
  return {
    endpoint: endpoint.id,
    profile: endpoint.profile,
    at,
    verdict,
    responseMs,
    ttftMs,
    score,
    valid,
    model,
    tokens,
    error,
  };
}
