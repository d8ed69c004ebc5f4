/** `endpoint.test`: the jobs for the pool, and the use of its results. */

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RequestId, streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { setSetting } from '../../src/commands/config/operation.ts';
import { addEndpoint } from '../../src/commands/endpoint/operation.ts';
import { probeJob, testEndpoints } from '../../src/commands/endpoint/test-operation.ts';
import { addProfile } from '../../src/commands/profile/operation.ts';
import { type Installation, openInstallation } from '../../src/installation/installation.ts';
import type { Pool } from '../../src/pool/pool.ts';
import type { ProbeJob, ProbeResult } from '../../workers/probe.ts';
import { ended } from '../projections/request-facts.ts';
import { temporaryHome } from '../support/home.ts';
import { good } from '../support/probed.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

async function withEndpoints(...hosts: readonly string[]): Promise<Installation> {
  const installation = await openInstallation(temporaryHome());
  onTestFinished(() => installation.close());
  await addProfile(installation, { name: 'work' });
  for (const host of hosts) await addEndpoint(installation, { profile: 'work', baseUrl: `https://${host}`, key });
  return installation;
}

/** A pool that answers as told, and what it was asked. */
function poolThat(answer: (job: ProbeJob) => Promise<ProbeResult>) {
  const jobs: ProbeJob[] = [];
  let closed = 0;
  const pool: Pool = {
    probe: (job) => {
      jobs.push(job);
      return answer(job);
    },
    close: async () => {
      closed++;
    },
  };
  return { open: () => pool, jobs, closed: () => closed };
}

describe('qcc endpoint test', () => {
  it('holds a conversation with each endpoint, and records nothing', async () => {
    const installation = await withEndpoints('a.example', 'b.example');
    const before = installation.core.state.seq;
    const pool = poolThat(async () => good);
    const { checks } = await testEndpoints(installation, { profile: 'work' }, pool.open);
    expect(checks).toHaveLength(2);
    expect(checks[0]).toMatchObject({ profile: 'work', verdict: 'success', score: 99, tokens: 31, model: 'claude-x' });
    expect(pool.jobs.map(({ baseUrl, depth }) => [baseUrl, depth])).toEqual([
      ['https://a.example', 'conversation'],
      ['https://b.example', 'conversation'],
    ]);
    expect([installation.core.state.seq, pool.closed()]).toEqual([before, 1]);
  });

  it('keeps the other checks when a worker dies under one', async () => {
    const installation = await withEndpoints('a.example', 'b.example', 'c.example');
    const pool = poolThat(({ baseUrl }) =>
      baseUrl.includes('b.') ? Promise.reject(new Error('worker exited')) : Promise.resolve(good),
    );
    const { checks } = await testEndpoints(installation, {}, pool.open);
    expect(checks.map(({ verdict }) => verdict)).toEqual(['success', 'failure', 'success']);
    expect(checks[1]).toMatchObject({ valid: false, score: 0, error: reason('probeLost') });
    expect(pool.closed()).toBe(1);
  });

  it('opens no pool without endpoints', async () => {
    const pool = poolThat(async () => good);
    expect(await testEndpoints(await withEndpoints(), {}, pool.open)).toEqual({ checks: [] });
    expect(pool.closed()).toBe(0);
  });
});

describe('the job of a probe', () => {
  it('uses the proxy of the environment, as traffic does', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.example:3128');
    vi.stubEnv('https_proxy', undefined);
    vi.stubEnv('no_proxy', undefined);
    vi.stubEnv('NO_PROXY', 'b.example');
    onTestFinished(() => void vi.unstubAllEnvs());
    const installation = await withEndpoints('a.example', 'b.example');
    const jobs = installation.core.state.profiles.endpoints().map((one) => probeJob(installation, one, 'connection'));
    expect(jobs.map(({ proxy }) => proxy)).toEqual(['http://proxy.example:3128', null]);
  });

  it('contains the endpoint, its key, the settings and its past', async () => {
    const installation = await withEndpoints('a.example', 'b.example');
    const [a, b] = installation.core.state.profiles.endpoints();
    if (!a || !b) throw new Error('two endpoints were added');
    const answered = (endpoint: string, model: string) =>
      installation.core.requestEnded(streams.request('r' as RequestId), {
        type: 'RequestServed',
        data: ended({ endpoint, model }),
      });
    answered(a.id, 'claude-haiku-9');
    answered(a.id, 'claude-opus-9');
    answered(b.id, 'claude-b');
    expect(probeJob(installation, a, 'api')).toMatchObject({
      endpoint: a.id,
      baseUrl: 'https://a.example',
      key,
      depth: 'api',
      model: null,
      known: ['claude-haiku-9', 'claude-opus-9'],
      timeoutMs: 10_000,
    });
  });

  it('asks for what the endpoint calls the models', async () => {
    const installation = await withEndpoints();
    const rules = [
      { from: 'opus', to: null },
      { from: 'haiku', to: 'glm-4.5-air' },
      { from: '*', to: 'glm-4.6' },
    ];
    await addEndpoint(installation, { profile: 'work', baseUrl: 'https://a.example', key, models: rules });
    const job = () => probeJob(installation, endpointOf(installation), 'conversation');
    expect(job()).toMatchObject({ model: null, isExact: false, known: ['glm-4.5-air', 'glm-4.6'] });
    await setSetting(installation, { key: 'health.model', value: 'claude-haiku-4-5' }, false);
    expect(job().model).toBe('glm-4.5-air');
    await setSetting(installation, { key: 'health.model', value: 'claude-opus-4-6' }, false);
    expect(job().model).toBeNull();
  });
});

function endpointOf({ core }: Installation) {
  const [one] = core.state.profiles.endpoints();
  if (!one) throw new Error('an endpoint was added');
  return one;
}
