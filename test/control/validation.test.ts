import { describe, expect, it } from 'vitest';
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import { streams } from '../../events/ids.ts';
import { validate } from '../../src/diagnostics/validation.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { memoryInstallation } from '../support/installation.ts';
import { endpointSettings } from '../support/world.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

async function withLadder() {
  const it = await memoryInstallation();
  await it.call('profile.add', { name: 'work', tier: 'primary' });
  const endpoint = await it.call('endpoint.add', { profile: 'work', baseUrl: 'https://a.example.com', key });
  return { ...it, endpoint };
}

type Opened = Awaited<ReturnType<typeof memoryInstallation>>;
const wrong = async ({ call }: Opened, params: Parameters<Opened['call']>[1] = {}) =>
  (await call('config.validate', params as object)).checks.filter(({ ok }) => !ok);

describe('qcc config validate', () => {
  it('passes for a correct configuration', async () => {
    expect(await wrong(await withLadder(), { whole: true })).toEqual([]);
  });

  it('passes for a new home, which has nothing to validate', async () => {
    expect(await wrong(await memoryInstallation())).toEqual([
      { id: 'profiles', ok: false, severity: 'warning', about: {}, fix: 'qcc init' },
    ]);
  });

  it('checks one profile alone on demand, and refuses a missing one', async () => {
    const it = await withLadder();
    await it.call('profile.add', { name: 'empty', tier: 'fallback' });
    expect(await wrong(it, { profile: 'work' })).toEqual([]);
    await expect(it.call('config.validate', { profile: 'nobody' })).rejects.toMatchObject({ exit: 5 });
  });
});

describe('the check of models', () => {
  const baseUrl = 'https://api.z.ai/api/anthropic';

  it('finds an endpoint of a vendor without a table, and names the rules that help', async () => {
    const it = await withLadder();
    const { id } = await it.call('endpoint.add', { profile: 'work', baseUrl, key });
    const [found, ...others] = await wrong(it);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      id: 'endpoint.models',
      severity: 'warning',
      about: { profile: 'work', endpoint: id, vendor: 'Z.ai' },
      fix: `qcc endpoint update work ${id} --model 'haiku=glm-4.5-air' --model 'claude-*=glm-4.7'`,
    });
    await it.call('endpoint.update', { profile: 'work', id, models: [{ from: '*', to: 'glm-5' }] });
    expect(await wrong(it)).toEqual([]);
  });

  it('finds a rule that is never reached, and the command that brings it forward', async () => {
    const it = await withLadder();
    const models = ['*=any', 'opus=best'].map((text) => ({
      from: text.split('=')[0] ?? '',
      to: text.split('=')[1] ?? '',
    }));
    const { id } = await it.call('endpoint.add', { profile: 'work', baseUrl, key, models });
    expect(await wrong(it)).toMatchObject([
      {
        id: 'endpoint.rules',
        severity: 'warning',
        about: { profile: 'work', endpoint: id, rule: 'opus=best' },
        fix: `qcc endpoint update work ${id} --no-model 'opus' --model 'opus=best'`,
      },
    ]);
    await it.call('endpoint.update', { profile: 'work', id, noModels: ['opus'], models: models.slice(1) });
    expect(await wrong(it)).toEqual([]);
  });

  it('finds nothing with one that comes from its preset', async () => {
    const it = await withLadder();
    await it.call('endpoint.add', { profile: 'work', preset: 'zai', key });
    expect(await wrong(it)).toEqual([]);
  });
});

describe('the check of the ladder', () => {
  it('finds a profile without an available endpoint', async () => {
    const it = await withLadder();
    await it.call('profile.add', { name: 'empty', tier: 'fallback' });
    await it.call('endpoint.disable', { profile: 'work', id: it.endpoint.id });
    expect((await wrong(it)).map(({ id, about, fix }) => [id, about['profile'], fix])).toEqual([
      ['ladder.serves', 'work', `qcc endpoint enable work ${it.endpoint.id}`],
      ['ladder.serves', 'empty', 'qcc endpoint add empty'],
    ]);
  });

  it('notes a profile without a tier, which is no fault', async () => {
    const it = await withLadder();
    await it.call('profile.add', { name: 'aside' });
    await it.call('endpoint.add', { profile: 'aside', baseUrl: 'https://b.example.com', key });
    expect((await wrong(it)).map(({ id, severity }) => [id, severity])).toEqual([['ladder.outside', 'warning']]);
  });

  it('finds the same account twice: a fault on the ladder, and a warning elsewhere', async () => {
    const it = await withLadder();
    await it.call('profile.add', { name: 'spare' });
    const twin = await it.call('endpoint.add', { profile: 'spare', baseUrl: 'https://a.example.com', key });
    const twins = async () => (await wrong(it)).filter(({ id }) => id === 'endpoint.twin');
    expect(await twins()).toMatchObject([{ severity: 'warning' }]);
    await it.call('priority.set', { profile: 'spare', tier: 'secondary' });
    expect(await twins()).toMatchObject([{ severity: 'fault', about: { endpoint: it.endpoint.id, twin: twin.id } }]);
  });
});

describe('the check of an endpoint', () => {
  it.each(['http://127.0.0.1:7860', 'http://localhost:7860/p/work', 'http://[::1]:7860'])(
    'finds this gateway itself as an endpoint: %s',
    async (baseUrl) => {
      const it = await withLadder();
      await it.call('endpoint.add', { profile: 'work', baseUrl, key });
      expect((await wrong(it)).map(({ id }) => id)).toEqual(['endpoint.loop']);
    },
  );

  it('finds the gateway on another port, too', async () => {
    const it = await withLadder();
    await it.call('endpoint.add', { profile: 'work', baseUrl: 'http://127.0.0.1:9999', key });
    expect(await wrong(it)).toEqual([]);
    const { checks } = await validate(it.installation, {}, { url: 'http://127.0.0.1:9999', found: () => [] });
    expect(checks.filter(({ ok }) => !ok).map(({ id }) => id)).toEqual(['endpoint.loop']);
  });

  it('finds an unreadable key, and an address that is no longer accepted', async () => {
    const it = await withLadder();
    it.vault.secrets.clear();
    const data = { ...endpointSettings('99999999' as EndpointId), baseUrl: 'http://relay.example.com' };
    it.vault.secrets.set(data.secret, key);
    it.core.report(streams.profile('work' as ProfileName), [{ type: 'EndpointAdded', data }], { by: 'cli' });
    expect((await wrong(it)).map(({ id, fix }) => [id, fix])).toEqual([
      ['endpoint.address', 'qcc endpoint update work 99999999 --base-url URL'],
      ['endpoint.key', `qcc endpoint update work ${it.endpoint.id} --api-key-stdin`],
    ]);
  });

  it('calls the endpoint on demand', async () => {
    const it = await withLadder();
    const answering = (verdict: string, error: string | null) => () =>
      ({
        probe: async ({ depth }: { depth: string }) => ({ verdict, error: error && `${depth}: ${error}` }),
        close: async () => {},
      }) as unknown as Pool;
    const calls = async (pool: () => Pool) =>
      (await validate(it.installation, { connect: true }, undefined, pool)).checks.filter(({ ok }) => !ok);
    expect(await calls(answering('success', null))).toEqual([]);
    // The depth that costs nothing.
    expect(await calls(answering('failure', 'refused'))).toMatchObject([
      { id: 'endpoint.connects', about: { why: 'api: refused' }, fix: 'qcc endpoint test work' },
    ]);
    expect(await calls(answering('invalid_key', 'refused'))).toMatchObject([
      { fix: `qcc endpoint update work ${it.endpoint.id} --api-key-stdin` },
    ]);
  });
});

describe('the check of policies', () => {
  it.each([
    [{ 'health.backoff_base': '400' }, 'policy.backoff', 'fault'],
    [{ 'queue.base_delay': '400' }, 'policy.queue', 'fault'],
    [{ 'health.timeout': '61' }, 'policy.probes', 'warning'],
    [{ 'proxy.headers_timeout': '91' }, 'policy.timeouts', 'warning'],
    [{ 'failover.auto': 'false' }, 'policy.recovery', 'warning'],
    [{ 'failover.max_per_hour': '0' }, 'policy.failovers', 'warning'],
    [{ 'proxy.tls_cert': '/nowhere.pem' }, 'proxy.tls', 'fault'],
    [{ 'proxy.host': '0.0.0.0' }, 'proxy.open', 'fault'],
    [{ 'proxy.host': '0.0.0.0', 'proxy.require_token': 'true' }, 'proxy.plaintext', 'warning'],
  ])('finds a contradiction: %j', async (settings, id, severity) => {
    const it = await withLadder();
    for (const [name, value] of Object.entries(settings)) await it.call('config.set', { key: name, value });
    const found = await wrong(it);
    expect(found.map((check) => [check.id, check.severity])).toEqual([[id, severity]]);
    expect(found[0]?.fix).toMatch(/^qcc (config (set|reset) |proxy cert$)/);
  });
});

describe('the check of the log', () => {
  it('finds a loss, and a log that is ahead of the clock', async () => {
    const it = await withLadder();
    it.world.at -= 3_600_000;
    expect(await wrong(it, { whole: true })).toMatchObject([
      { id: 'clock', severity: 'warning', about: { minutes: 60 } },
    ]);
    Object.defineProperty(it.core.log, 'damage', { value: [{ from: 2, to: 4, why: 'missing' }] });
    expect((await wrong(it, { whole: true })).map(({ id, about }) => [id, about['facts']])).toContainEqual([
      'log.damage',
      3,
    ]);
  });
});
