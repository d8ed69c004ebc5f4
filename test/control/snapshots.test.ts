import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/contract/operations.ts';
import { differences } from '../../src/projections/configuration.ts';
import { memoryInstallation } from '../support/installation.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const otherKey = 'sk-ant-api03-9876543210zyxwvutsrqponmlkjihg';

async function withEndpoint() {
  const it = await memoryInstallation();
  await it.call('profile.add', { name: 'work', tier: 'primary' });
  const endpoint = await it.call('endpoint.add', { profile: 'work', baseUrl: 'https://a.example.com', key });
  return { ...it, endpoint };
}

describe('a snapshot', () => {
  it('is a name for the present configuration, with its hash', async () => {
    const { call } = await withEndpoint();
    const first = await call('config.snapshot', { description: 'before the move' });
    expect(first).toMatchObject({ id: `s${first.seq}`, reason: 'hand', description: 'before the move' });
    const second = await call('config.snapshot', { description: '' });
    expect(second.hash).toBe(first.hash);
    await call('config.set', { key: 'queue.hold', value: '55' });
    expect((await call('config.snapshot', { description: '' })).hash).not.toBe(first.hash);
    expect((await call('config.snapshots', {})).snapshots.at(-1)).toEqual(first);
  });

  it('is taken before all settings are reset', async () => {
    const { call } = await withEndpoint();
    await call('config.set', { key: 'queue.hold', value: '55' });
    await call('config.reset', {});
    const [taken] = (await call('config.snapshots', {})).snapshots;
    expect(taken?.reason).toBe('reset');
    await call('config.rollback', { to: { snapshot: taken?.id ?? '' } });
    expect((await call('config.get', { key: 'queue.hold' })).value).toBe(55);
  });

  it('is one of at most twenty automatic ones, while manual ones are all kept', async () => {
    const { call, core } = await withEndpoint();
    await call('config.snapshot', { description: 'mine' });
    for (let i = 0; i < 25; i++) {
      await call('config.set', { key: 'queue.hold', value: String(i) });
      await call('config.reset', {});
    }
    const reasons = core.state.snapshots.all().map(({ reason }) => reason);
    expect(reasons).toEqual(['hand', ...Array.from({ length: 20 }, () => 'reset')]);
  });

  it('still allows a rollback when the facts before it are gone', async () => {
    const { call, core, configuration } = await withEndpoint();
    const then = configuration();
    const { id } = await call('config.snapshot', { description: '' });
    await call('config.set', { key: 'queue.hold', value: '55' });
    await core.snapshot();
    await core.log.trim(core.log.head);
    await expect(call('config.diff', { from: { seq: 2 }, to: { now: true } })).rejects.toMatchObject({
      code: 'QCC_HISTORY_TRIMMED',
      exit: 5,
    });
    await call('config.rollback', { to: { snapshot: id } });
    expect(differences(configuration(), then)).toEqual([]);
  });
});

describe('a diff', () => {
  it('compares any two moments: a fact, an instant, a snapshot, now', async () => {
    const { call, core, world } = await withEndpoint();
    const seq = core.state.seq;
    const at = world.now();
    world.pass(1_000);
    await call('config.set', { key: 'queue.hold', value: '55' });
    const { id } = await call('config.snapshot', { description: '' });
    await call('config.set', { key: 'queue.hold', value: '66' });
    const holds = async (from: Parameters<typeof call<'config.diff'>>[1]['from']) =>
      (await call('config.diff', { from, to: { now: true } })).changes;
    const change = (from: number | null) => [{ path: 'settings/queue.hold', from, to: 66 }];
    expect(await holds({ seq })).toEqual(change(null));
    expect(await holds({ at })).toEqual(change(null));
    expect(await holds({ snapshot: id })).toEqual(change(55));
    expect(await holds({ now: true })).toEqual([]);
  });

  it('rejects a moment that never was', async () => {
    const { call, core } = await withEndpoint();
    const to = { now: true } as const;
    await expect(call('config.diff', { from: { snapshot: 's1' }, to })).rejects.toMatchObject({
      code: 'QCC_SNAPSHOT_UNKNOWN',
      exit: 5,
    });
    await expect(call('config.diff', { from: { seq: core.state.seq + 1 }, to })).rejects.toMatchObject({ exit: 5 });
  });
});

describe('a rollback', () => {
  it('previews its effect, and changes nothing', async () => {
    const { call, core } = await withEndpoint();
    const { id } = await call('config.snapshot', { description: '' });
    await call('config.set', { key: 'queue.hold', value: '55' });
    const head = core.state.seq;
    const planned = await call('config.rollback', { to: { snapshot: id }, dryRun: true });
    expect(planned).toMatchObject({
      to: id,
      changes: [{ path: 'settings/queue.hold', from: 55, to: null }],
      snapshot: null,
    });
    expect(core.state.seq).toBe(head);
  });

  it('is one batch: a snapshot, the rollback, and the facts that lead there', async () => {
    const { call, core } = await withEndpoint();
    const { id } = await call('config.snapshot', { description: '' });
    await call('config.set', { key: 'queue.hold', value: '55' });
    const head = core.state.seq;
    await call('config.rollback', { to: { snapshot: id } });
    const { facts } = await call('history.read', { fromSeq: head + 1 });
    expect(facts.map(({ type }) => type).slice(0, 3)).toEqual(['SnapshotTaken', 'ConfigRolledBack', 'SettingChanged']);
    expect(facts[2]?.data).toEqual({ key: 'queue.hold', from: 55, to: null });
    expect(facts.slice(1, 3).map(({ cause }) => cause)).toEqual([head + 1, head + 1]);
  });

  it('undoes the whole last command, and then its own undoing', async () => {
    const { call, configuration } = await withEndpoint();
    const before = configuration();
    await call('priority.policy', { cooldownS: 5, maxPerHour: 2 });
    const after = configuration();
    await call('config.rollback', { to: { last: true } });
    expect(differences(configuration(), before)).toEqual([]);
    await call('config.rollback', { to: { last: true } });
    expect(differences(configuration(), after)).toEqual([]);
  });

  it('has nothing to undo in a new home', async () => {
    const { call } = await memoryInstallation();
    await expect(call('config.rollback', { to: { last: true } })).rejects.toMatchObject({
      code: 'QCC_ROLLBACK_UNCHANGED',
    });
  });

  it('that removes an endpoint keeps its key until it is undone, or until the next one', async () => {
    const it = await withEndpoint();
    const { id } = await it.call('config.snapshot', { description: '' });
    await it.call('endpoint.add', { profile: 'work', baseUrl: 'https://b.example.com', key: otherKey });
    await it.call('config.rollback', { to: { snapshot: id } });
    expect((await it.call('endpoint.list', { profile: 'work' })).endpoints).toHaveLength(1);
    await it.call('config.rollback', { to: { last: true } });
    expect((await it.call('endpoint.list', { profile: 'work' })).endpoints).toHaveLength(2);
    await it.call('config.rollback', { to: { snapshot: id } });
    expect([...it.vault.secrets.values()]).toContain(otherKey);
    await it.call('config.set', { key: 'queue.hold', value: '55' });
    await it.call('config.rollback', { to: { snapshot: id } });
    expect([...it.vault.secrets.values()]).not.toContain(otherKey);
  });

  it('cannot restore a destroyed key, reports it, and restores the rest if allowed', async () => {
    const { call, endpoint, vault } = await withEndpoint();
    await call('config.set', { key: 'queue.hold', value: '33' });
    const { id } = await call('config.snapshot', { description: '' });
    await call('endpoint.remove', { profile: 'work', id: endpoint.id });
    await call('config.set', { key: 'queue.hold', value: '55' });
    await expect(call('config.rollback', { to: { snapshot: id } })).rejects.toMatchObject({
      code: 'QCC_ROLLBACK_PARTIAL',
      exit: 6,
      hint: `qcc config rollback ${id} --partial restores the rest`,
    });
    expect((await call('config.get', { key: 'queue.hold' })).value).toBe(55);
    const done = await call('config.rollback', { to: { snapshot: id }, partial: true });
    const command = `qcc endpoint add work --base-url ${endpoint.baseUrl} --api-key-stdin`;
    const path = expect.stringMatching(new RegExp(`^profiles.work.endpoints.${endpoint.id}$`));
    expect(done.lost).toEqual([{ path, because: 'keyGone', blocks: true, command }]);
    expect((await call('config.get', { key: 'queue.hold' })).value).toBe(33);
    expect([...vault.secrets.values()]).not.toContain(key);
  });

  it('keeps a key that was replaced since, for its host alone', async () => {
    const { call, endpoint, core, vault } = await withEndpoint();
    const { id } = await call('config.snapshot', { description: '' });
    await call('endpoint.update', { profile: 'work', id: endpoint.id, key: otherKey, weight: 5 });
    const done = await call('config.rollback', { to: { snapshot: id } });
    expect(done.lost.map(({ because }) => because)).toEqual(['keyReplaced']);
    expect(done.changes.map(({ path }) => path)).toEqual([`profiles/work/endpoints/${endpoint.id}/weight`]);
    await call('endpoint.update', { profile: 'work', id: endpoint.id, baseUrl: 'https://b.example.com' });
    await expect(call('config.rollback', { to: { snapshot: id } })).rejects.toMatchObject({
      code: 'QCC_ROLLBACK_NOTHING',
    });
    const now = core.state.profiles.endpoint(endpoint.id);
    expect([now?.baseUrl, vault.get(now?.secret ?? '')]).toEqual(['https://b.example.com', otherKey]);
  });

  it('to the start restores the starting state, after any changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { maxLength: 12 }), async (commands) => {
        const { call, configuration } = await withEndpoint();
        await call('profile.add', { name: 'spare', tier: 'secondary' });
        await call('config.set', { key: 'queue.hold', value: '33' });
        const start = configuration();
        const { id } = await call('config.snapshot', { description: 'start' });
        // What is refused, because what it is about is gone, changes nothing.
        for (const command of commands) await command(call).catch(() => {});
        await call('config.rollback', { to: { snapshot: id } });
        expect(configuration()).toEqual(start);
      }),
      { numRuns: 60 },
    );
  });
});

/** Whatever a person does, but for taking a key away: that is said to be for ever. */
const anyOf = <T>(...list: readonly T[]) => fc.constantFrom(...list);
const ownProfile = async (call: Call) => (await call('endpoint.list', { profile: 'work' })).endpoints[0]?.id ?? '';
const changes: fc.Arbitrary<(call: Call) => Promise<unknown>> = fc.oneof(
  fc
    .integer({ min: 1, max: 280 })
    .map((value) => (call: Call) => call('config.set', { key: 'queue.hold', value: String(value) })),
  anyOf('queue.hold', 'failover.auto').map((key) => (call: Call) => call('config.reset', { key })),
  fc.constant((call: Call) => call('config.reset', {})),
  fc.tuple(anyOf('work', 'spare'), anyOf('primary' as const, 'secondary' as const, 'fallback' as const, null)).map(
    ([profile, tier]) =>
      (call: Call) =>
        call('priority.set', { profile, tier }),
  ),
  anyOf('work', 'spare').map((name) => (call: Call) => call('profile.default', { name })),
  anyOf('x', 'y', 'z').map((name) => (call: Call) => call('profile.add', { name, tier: 'primary' }).catch(() => {})),
  anyOf('x', 'y', 'z', 'spare').map((name) => (call: Call) => call('profile.remove', { name }).catch(() => {})),
  fc
    .nat(99)
    .map(
      (n) => (call: Call) =>
        call('endpoint.add', { profile: 'work', baseUrl: `https://${n}.example.com`, key: otherKey }).catch(() => {}),
    ),
  fc
    .integer({ min: 1, max: 1_000 })
    .map(
      (weight) => async (call: Call) =>
        call('endpoint.update', { profile: 'work', id: await ownProfile(call), weight }),
    ),
  anyOf('endpoint.enable' as const, 'endpoint.disable' as const).map(
    (name) => async (call: Call) => call(name, { profile: 'work', id: await ownProfile(call) }),
  ),
  fc.constant((call: Call) => call('config.rollback', { to: { last: true } })),
  fc.constant((call: Call) => call('config.snapshot', { description: 'between' })),
);

describe('the audit', () => {
  it('lists actions with time, source, target and former value, newest first, and no name of a key', async () => {
    const { call, endpoint } = await withEndpoint();
    await call('config.set', { key: 'queue.hold', value: '55' });
    await call('endpoint.update', { profile: 'work', id: endpoint.id, key: otherKey });
    const { entries } = await call('config.audit', {});
    expect(entries.map(({ action, target }) => [action, target])).toEqual([
      ['endpoint.update', `work/${endpoint.id}`],
      ['config.set', 'queue.hold'],
      ['endpoint.add', `work/${endpoint.id}`],
      ['priority.set', 'work'],
      ['profile.add', 'work'],
    ]);
    expect(entries[1]).toMatchObject({ details: { from: 120, to: 55 }, by: 'cli' });
    expect(JSON.stringify(entries)).not.toContain('"secret"');
  });

  it('shows the former value of every change', async () => {
    const { call, endpoint } = await withEndpoint();
    await call('endpoint.update', { profile: 'work', id: endpoint.id, weight: 7, name: 'other' });
    await call('priority.set', { profile: 'work', tier: 'fallback' });
    await call('profile.add', { name: 'spare', tier: 'secondary' });
    await call('profile.default', { name: 'spare' });
    await call('endpoint.remove', { profile: 'work', id: endpoint.id });
    await call('profile.remove', { name: 'work' });
    const { entries } = await call('config.audit', { limit: 8 });
    const told = entries.map(({ action, details }) => [action, details] as const);
    expect(told).toMatchObject([
      ['profile.remove', { from: { tier: 'fallback', endpoints: [] }, to: null }],
      ['endpoint.remove', { from: { name: 'other', baseUrl: endpoint.baseUrl }, to: null }],
      ['profile.default', { from: 'work', to: 'spare' }],
      ['priority.set', { from: null, to: 'secondary' }],
      ['profile.add', {}],
      ['priority.set', { from: 'primary', to: 'fallback' }],
      ['endpoint.update', { from: { weight: endpoint.weight, name: endpoint.name }, to: { weight: 7, name: 'other' } }],
      ['endpoint.add', {}],
    ]);
    // Of a part of the log, too: what was before lies outside of it.
    const [newest] = (await call('config.audit', { action: 'priority.set', target: 'work', limit: 1 })).entries;
    const from = Date.parse(newest?.at ?? '');
    expect((await call('config.audit', { from, action: 'priority.set', target: 'work' })).entries).toEqual([newest]);
  });

  it('is filtered by action, target, time and source', async () => {
    const { call, world } = await withEndpoint();
    world.pass(1_000);
    const from = world.now();
    await call('config.set', { key: 'queue.hold', value: '55' });
    await call('config.reset', { key: 'queue.hold' });
    const of = async (params: Parameters<typeof call<'config.audit'>>[1]) =>
      (await call('config.audit', params)).entries.map(({ action }) => action);
    expect(await of({ from })).toEqual(['config.reset', 'config.set']);
    expect(await of({ to: from })).toEqual(['endpoint.add', 'priority.set', 'profile.add']);
    expect(await of({ action: 'config.set' })).toEqual(['config.set']);
    expect(await of({ target: 'work' })).toEqual(['endpoint.add', 'priority.set', 'profile.add']);
    expect(await of({ by: 'gateway' })).toEqual([]);
    expect(await of({ limit: 1 })).toEqual(['config.reset']);
  });
});
