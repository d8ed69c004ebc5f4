/** A command that failed was not done, and will not be: on a disk that takes nothing, with real files for the log and the keys. */
import { cpSync, readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EndpointReport } from '../../events/endpoint.ts';
import type { QueueId } from '../../events/ids.ts';
import { paths as pathsOf, prepareHome } from '../../src/config/files/home.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import { contract, type OperationName } from '../../src/contract/operations.ts';
import { operations } from '../../src/control/table.ts';
import { type Installation, policiesOf, settingsOf } from '../../src/installation/installation.ts';
import { forgetUnnamed } from '../../src/installation/keys.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { openBlobs } from '../../src/retry-queue/blobs.ts';
import { Core } from '../../src/runtime/core.ts';
import { Disk } from '../log/disk.ts';
import { all } from '../log/facts.ts';
import { temporaryHome } from '../support/home.ts';
import { queued } from '../support/queue.ts';
import { FakeWorld } from '../support/world.ts';

const soonMs = 20;
const neverMs = 3_600_000;
const patience = { timeout: 10_000, interval: 5 };

async function opened(home: string, disk: Disk, reopenAfterMs: number) {
  prepareHome(home);
  const paths = pathsOf(home);
  const log = await LevelLog.open(paths.log, { open: disk.open, reopenAfterMs });
  onTestFinished(() => (log.state === 'closed' ? undefined : log.close()));
  const world = new FakeWorld();
  const core = await Core.open(log, world, policiesOf());
  const vault = await openVault(home);
  if (core.carriedOut > 0) await forgetUnnamed({ core, vault });
  // Awaited here: a folder that is removed under it would fail a later test.
  const blobs = await openBlobs(paths.bodies, vault.derive('bodies'));
  const settings = settingsOf(core);
  const it: Installation = {
    home,
    paths,
    created: false,
    core,
    vault,
    world,
    settings,
    blobs: async () => blobs,
    close: () => log.close(),
  };
  const table = operations(it, undefined) as Record<string, (params: unknown) => Promise<unknown>>;
  const call = (name: string, params: object = {}) => table[name]?.(params) as Promise<Record<string, unknown>>;
  /** All that a command can change, as it stands in memory and on the disk. */
  const everything = async () => ({
    state: JSON.stringify(core.state.toJSON()),
    view: JSON.stringify(core.view().ladder),
    settings: JSON.stringify(settings()),
    keys: vault.ids().map((id) => [id, vault.get(id)]),
    onDisk: (await openVault(home)).ids().map((id) => [id, vault.get(id)]),
    // A log that is just being opened again cannot be read.
    facts: await vi.waitFor(async () => (await all(log.read(1))).length, patience),
    blobs: readdirSync(paths.bodies),
    beside: readdirSync(home).filter((name) => name.endsWith('.tmp')),
  });
  return { home, paths, disk, log, core, vault, call, everything };
}

/** Two profiles with keys, a setting that is a secret, an item in the queue, a snapshot: something for each command to change. */
async function furnished(reopenAfterMs = soonMs) {
  const disk = new Disk();
  const it = await opened(temporaryHome(), disk, reopenAfterMs);
  const { call, core } = it;
  const endpoint = { baseUrl: 'https://a.test', key: 'sk-ant-first-0123456789' };
  await call('profile.add', { name: 'main', tier: 'primary', endpoint });
  await call('profile.add', { name: 'spare', tier: 'secondary', endpoint: { ...endpoint, baseUrl: 'https://b.test' } });
  await call('token.add', { name: 'spare' });
  await call('config.set', { key: 'notify.secret', value: 'a secret of ours' });
  await call('config.set', { key: 'notify.window', value: '60' });
  await call('config.snapshot', { description: 'before' });
  const exported = JSON.stringify((await call('config.export'))['document']);
  await call('config.set', { key: 'notify.window', value: '61' });
  const id = '01900000-0000-7000-8000-000000000001' as QueueId;
  await core.tellQueue(id, { type: 'RequestQueued', data: queued() }, { by: 'traffic', sync: true }).done;
  const [main] = core.state.profiles.get('main')?.endpoints ?? [];
  const refused = {
    model: 'm',
    what: 'speed',
    limit: null,
    evidence: 'extraInput',
    until: core.now() + 1e9,
    request: null,
  };
  const report = { type: 'CapabilityMissing', data: refused } as const;
  if (main) await core.command({ do: 'tellEndpoint', id: main.id, report: report as EndpointReport });
  const [heardAt, until] = [core.now(), core.now() + 60_000];
  const heard = { member: 'b', name: 'b', seq: 1, because: 'quota', status: 429, saidAt: 0, heardAt, until } as const;
  if (main) await core.command({ do: 'tellEndpoint', id: main.id, report: { type: 'FailureHeard', data: heard } });
  return { ...it, id, exported, endpoint: main?.id ?? '', key: main?.secret ?? '' };
}

type Furnished = Awaited<ReturnType<typeof furnished>>;

/** Commands that take more than the usual fields, or other things in them. */
const commands: Readonly<Record<string, (it: Furnished) => object>> = {
  'profile.add': () => ({ name: 'third', endpoint: { baseUrl: 'https://c.test', key: 'sk-ant-third-0123456789' } }),
  'profile.remove': () => ({ name: 'main' }),
  'endpoint.add': () => ({ profile: 'main', baseUrl: 'https://c.test', key: 'sk-ant-other-0123456789' }),
  'endpoint.copy': () => ({ profile: 'spare', from: 'main' }),
  'endpoint.update': ({ endpoint }) => ({ profile: 'main', id: endpoint, key: 'sk-ant-later-0123456789' }),
  'endpoint.remove': ({ endpoint }) => ({ profile: 'main', id: endpoint }),
  'endpoint.enable': ({ endpoint }) => ({ profile: 'main', id: endpoint }),
  'endpoint.disable': ({ endpoint }) => ({ profile: 'main', id: endpoint }),
  'endpoint.forget': ({ endpoint }) => ({ profile: 'main', id: endpoint }),
  'priority.policy': () => ({ cooldownS: 99 }),
  'health.config': () => ({ intervalS: 77 }),
  'queue.retry': ({ id }) => ({ id }),
  'queue.drop': ({ id }) => ({ id }),
  'queue.config': () => ({ ttl: 7_200 }),
  'client.useGateway': () => ({ url: 'https://gateway.test:7860', token: 'qcc_0000' }),
  'token.change': () => ({ name: 'spare', maxConcurrent: 3 }),
  'token.add': () => ({ name: 'ann' }),
  'config.set': () => ({ key: 'notify.secret', value: 'another secret' }),
  'config.reset': () => ({ key: 'notify.secret' }),
  'config.import': ({ exported }) => ({ text: exported }),
  'config.rollback': () => ({ to: { last: true } }),
};

const changing = (Object.keys(contract) as OperationName[]).filter(
  (name) => contract[name].alone && name !== 'home.freeze',
);

/** The input of a command without a line of its own: something of the home in each known field. */
function inputFor(name: OperationName, it: Furnished): object {
  const own = commands[name];
  if (own) return own(it);
  const usual = { name: 'spare', profile: 'spare', id: it.endpoint, tier: 'fallback', description: 'now' };
  const { entries = {} } = contract[name].input as { readonly entries?: object };
  return Object.fromEntries(Object.entries(usual).filter(([field]) => Object.hasOwn(entries, field)));
}

describe('a command on a full disk', () => {
  it.each(changing)('%s fails without effect: not then, not when there is room, not after a restart', async (name) => {
    const it = await furnished();
    const { disk, log, call, everything, home } = it;
    if (name === 'endpoint.enable') await call('endpoint.disable', inputFor('endpoint.disable', it));
    if (name === 'priority.release') await call('priority.switch', { profile: 'spare' });
    const before = await everything();
    const params = inputFor(name, it);
    disk.full = true;
    // The first one finds the disk full, the second one a log that is suspended.
    for (let n = 0; n < 2; n++) await expect(call(name, params)).rejects.toMatchObject({ code: 'QCC_LOG_SUSPENDED' });
    expect(await everything()).toEqual(before);
    disk.full = false;
    await vi.waitFor(() => expect(log.state).toBe('open'), patience);
    expect(await everything()).toEqual(before);
    await log.close();
    const after = await opened(home, new Disk(), neverMs);
    expect((await after.everything()).facts).toBe(before.facts);
    expect(after.core.state.configuration()).toEqual(it.core.state.configuration());
    // It was the disk, and nothing else.
    await expect(after.call(name, params)).resolves.toBeDefined();
  });
});

describe('a command that the disk has accepted', () => {
  it('is done and answered, though its facts must wait; and after a kill the next start does it', async () => {
    const it = await furnished(neverMs);
    const { disk, log, call, core, home, endpoint, key, vault } = it;
    // As if it was filled between the two writes.
    disk.nearlyFull = true;
    await call('endpoint.remove', { profile: 'main', id: endpoint });
    expect(log.state).toBe('suspended');
    expect(core.state.profiles.get('main')?.endpoints).toEqual([]);
    expect(vault.has(key)).toBe(false);
    // The home as a kill at this moment leaves it.
    const killed = temporaryHome();
    cpSync(home, killed, { recursive: true, filter: (path) => !path.endsWith('LOCK') });
    const next = await opened(killed, new Disk(), neverMs);
    expect(next.core.state.profiles.get('main')?.endpoints).toEqual([]);
    expect((await all(next.log.read(1))).at(-1)).toMatchObject({ type: 'EndpointRemoved', by: 'cli' });
    await next.log.close();
    // Once, and not again.
    const later = await opened(killed, new Disk(), neverMs);
    expect((await all(later.log.read(1))).filter(({ type }) => type === 'EndpointRemoved')).toHaveLength(1);
  });
});
