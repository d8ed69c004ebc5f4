import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { secretSetting } from '../../src/config/secrets/secret-setting.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import type { Connection } from '../../src/contract/operations.ts';
import { connect } from '../../src/control/client.ts';
import { temporaryHome } from '../support/home.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

async function opened(): Promise<Connection & { home: string }> {
  const home = temporaryHome();
  const connection = await connect({ home });
  onTestFinished(() => connection.close());
  return { ...connection, home };
}

async function withEndpoint() {
  const it = await opened();
  await it.call('profile.add', { name: 'work', tier: 'primary' });
  const endpoint = await it.call('endpoint.add', {
    profile: 'work',
    baseUrl: 'http://127.0.0.1:9/v1/',
    key,
    auth: 'x-api-key',
  });
  return { ...it, endpoint };
}

describe('profiles', () => {
  it('are default and active when they are the first', async () => {
    const { call } = await opened();
    const profile = await call('profile.add', { name: '工作', description: 'at the office' });
    expect(profile).toMatchObject({ name: '工作', default: true, active: true, endpoints: 0, tier: null });
  });

  it('refuse a second one of the same name, and an invalid name', async () => {
    const { call } = await opened();
    await call('profile.add', { name: 'work' });
    await expect(call('profile.add', { name: 'work' })).rejects.toMatchObject({ code: 'QCC_PROFILE_EXISTS', exit: 6 });
    await expect(call('profile.add', { name: '.hidden' })).rejects.toMatchObject({ code: 'QCC_PROFILE_NAME', exit: 2 });
    await expect(call('profile.default', { name: 'wrok' })).rejects.toMatchObject({
      code: 'QCC_PROFILE_UNKNOWN',
      exit: 5,
    });
  });

  it('are on the ladder in the order in which they were put there', async () => {
    const { call } = await opened();
    for (const name of ['a', 'b', 'c']) await call('profile.add', { name, tier: 'secondary' });
    await call('priority.set', { profile: 'a', tier: 'secondary' });
    const { tiers } = await call('priority.list', {});
    expect(tiers.secondary).toEqual(['b', 'c', 'a']);
  });

  it('pass the default on when the default one is removed', async () => {
    const { call } = await opened();
    await call('profile.add', { name: 'a' });
    await call('profile.add', { name: 'b' });
    await call('profile.remove', { name: 'a' });
    const { profiles } = await call('profile.list', {});
    expect(profiles.map(({ name, default: first, active }) => [name, first, active])).toEqual([['b', true, true]]);
  });
});

describe('endpoints', () => {
  it('are normalised, masked, and found by the beginning of their id', async () => {
    const { call, endpoint } = await withEndpoint();
    expect(endpoint).toMatchObject({
      baseUrl: 'http://127.0.0.1:9',
      name: '127.0.0.1:9',
      weight: 100,
      priority: 1,
      state: 'healthy',
      enabled: true,
    });
    expect(endpoint.key).not.toContain(key.slice(8, 30));
    const off = await call('endpoint.disable', { profile: 'work', id: endpoint.id.slice(0, 4) });
    expect(off).toMatchObject({ enabled: false, state: 'disabled' });
    expect(await call('endpoint.enable', { profile: 'work', id: endpoint.id })).toMatchObject({
      enabled: true,
      state: 'recovering',
    });
  });

  it('are refused twice with the same address and key in one profile, not in another', async () => {
    const { call } = await withEndpoint();
    const twin = { baseUrl: 'http://127.0.0.1:9', key };
    await expect(call('endpoint.add', { profile: 'work', ...twin })).rejects.toMatchObject({ exit: 6 });
    await call('profile.add', { name: 'other' });
    await expect(call('endpoint.add', { profile: 'other', ...twin })).resolves.toMatchObject({ profile: 'other' });
  });

  it('need an address and a key, and values in their range', async () => {
    const { call } = await withEndpoint();
    await expect(call('endpoint.add', { profile: 'work', key })).rejects.toMatchObject({ exit: 2 });
    await expect(call('endpoint.add', { profile: 'work', baseUrl: 'http://127.0.0.1:8' })).rejects.toMatchObject({
      exit: 2,
    });
    await expect(
      call('endpoint.add', { profile: 'work', baseUrl: 'http://127.0.0.1:8', key, weight: 0 }),
    ).rejects.toMatchObject({ code: 'QCC_ENDPOINT_INVALID' });
    expect((await call('endpoint.list', { profile: 'work' })).endpoints).toHaveLength(1);
  });

  it('are copied from another profile, key included', async () => {
    const { call } = await withEndpoint();
    await call('profile.add', { name: 'copy' });
    const { added } = await call('endpoint.copy', { profile: 'copy', from: 'work' });
    expect(added).toHaveLength(1);
    expect(added[0]).toMatchObject({ profile: 'copy', baseUrl: 'http://127.0.0.1:9', source: 'work' });
  });

  it('change in the given fields and in no other', async () => {
    const { call, endpoint } = await withEndpoint();
    const changed = await call('endpoint.update', { profile: 'work', id: endpoint.id, weight: 7, name: 'relay' });
    expect(changed).toMatchObject({ weight: 7, effectiveWeight: 7, name: 'relay', priority: 1, key: endpoint.key });
  });
});

describe('a promised result', () => {
  it('is on the disk after the process that promised it is gone', async () => {
    const { call, close, home, endpoint } = await withEndpoint();
    await call('config.set', { key: 'proxy.max_attempts', value: '3' });
    await call('priority.switch', { profile: 'work', reason: 'try it' });
    await close();
    const again = await connect({ home });
    onTestFinished(() => again.close());
    expect(await again.call('config.get', { key: 'proxy.max_attempts' })).toEqual({
      key: 'proxy.max_attempts',
      value: 3,
    });
    expect((await again.call('endpoint.list', { profile: 'work' })).endpoints[0]).toEqual(endpoint);
    expect((await again.call('priority.list', {})).pinned).toBe('work');
    expect((await again.call('priority.history', {})).switches[0]).toMatchObject({
      kind: 'manual',
      to: 'work',
      reason: 'try it',
    });
  });

  it('never contains a readable key', async () => {
    const { call, close, home } = await withEndpoint();
    const { document } = await call('config.export', {});
    expect(JSON.stringify(document)).not.toContain(key.slice(8, 24));
    await close();
    for (const file of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const path = join(home, file);
      if (!statSync(path).isFile()) continue;
      expect(readFileSync(path).includes(key.slice(8, 24)), file).toBe(false);
    }
  });

  it('can be read back from the log, by type, by stream, and newest last', async () => {
    const { call } = await withEndpoint();
    const all = (await call('history.read', {})).facts;
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
    expect((await call('history.read', { type: 'EndpointAdded' })).facts).toHaveLength(1);
    expect(
      (await call('history.read', { stream: 'profile' })).facts.every(({ stream }) => stream === 'profile/work'),
    ).toBe(true);
    expect((await call('history.read', { limit: 1 })).facts).toEqual(all.slice(-1));
  });
});

describe('settings', () => {
  it('refuse invalid values, and change nothing', async () => {
    const { call } = await opened();
    for (const [name, value] of [
      ['proxy.port', '70000'],
      ['proxy.max_attempts', '0'],
      ['no.such_key', '1'],
    ] as const) {
      await expect(call('config.set', { key: name, value })).rejects.toMatchObject({ exit: 2 });
    }
    expect((await call('history.read', {})).facts).toEqual([]);
  });

  it('return to their default, and show the origin of each value', async () => {
    const { call } = await opened();
    await call('config.set', { key: 'proxy.port', value: '7999' });
    expect((await call('config.list', {})).settings['proxy.port']).toMatchObject({ value: 7999, origin: 'set' });
    await call('config.reset', { key: 'proxy.port' });
    expect((await call('config.list', {})).settings['proxy.port']).toMatchObject({ value: 7860, origin: 'default' });
  });

  it('that are secrets are in the vault: not in an answer, a fact, an export, or a readable file', async () => {
    const { call, close, home } = await opened();
    const path = 'T0001/B0002/secret-of-the-hook';
    const shown = 'https://hooks.example.com/…';
    const told = [
      await call('config.set', { key: 'notify.webhook', value: `https://hooks.example.com/services/${path}` }),
      await call('config.get', { key: 'notify.webhook' }),
      await call('config.list', {}),
      await call('history.read', {}),
    ];
    expect(told.slice(0, 2)).toEqual([
      { key: 'notify.webhook', value: shown, restart: false, overriddenBy: null },
      { key: 'notify.webhook', value: shown },
    ]);
    const { document } = await call('config.export', {});
    expect(document).toMatchObject({ settings: {} });
    await close();
    expect(JSON.stringify(told)).not.toContain('secret-of-the-hook');
    for (const file of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const at = join(home, file);
      if (statSync(at).isFile()) expect(readFileSync(at).includes('secret-of-the-hook'), file).toBe(false);
    }
  });

  it('that are secrets change even if their mask stays the same, and are removed by a reset', async () => {
    const { call, home, close } = await opened();
    for (const end of ['a', 'b', 'b'])
      await call('config.set', { key: 'notify.webhook', value: `https://hooks.example.com/${end}` });
    expect((await call('history.read', { type: 'SettingChanged' })).facts).toHaveLength(2);
    expect(secretSetting(await openVault(home), 'notify.webhook', {})).toBe('https://hooks.example.com/b');
    await call('config.reset', { key: 'notify.webhook' });
    expect(await call('config.get', { key: 'notify.webhook' })).toMatchObject({ value: '' });
    expect(secretSetting(await openVault(home), 'notify.webhook', {})).toBe('');
    await close();
  });

  it('define the policy of the ladder', async () => {
    const { call } = await opened();
    expect(await call('priority.policy', { autoFailover: false, cooldownS: 12 })).toMatchObject({
      autoFailover: false,
      cooldownS: 12,
      failureThreshold: 3,
    });
    expect(await call('config.get', { key: 'failover.auto' })).toMatchObject({ value: false });
  });
});
