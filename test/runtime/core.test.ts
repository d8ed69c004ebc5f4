import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { versionOf } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, type QueueId, type RequestId, streams } from '../../events/ids.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Core } from '../../src/runtime/core.ts';
import { foldLog } from '../../src/runtime/fold-log.ts';
import { Scheduler } from '../../src/runtime/scheduler.ts';
import { queued } from '../support/queue.ts';
import {
  attemptFailed,
  coreWithLadder,
  FakeWorld,
  first,
  openCore,
  policies,
  second,
  types,
} from '../support/world.ts';

async function everything(log: MemoryLog): Promise<readonly Recorded[]> {
  const all: Recorded[] = [];
  for await (const facts of log.read(1)) all.push(...facts);
  return all;
}

describe('the core', () => {
  it('writes a fact and the decisions it caused as one batch, each naming its cause', async () => {
    const { core } = await coreWithLadder();
    core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    const { facts } = core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    expect(types(facts).slice(0, 2)).toEqual(['AttemptFailed', 'EndpointFailed']);
    expect(facts[1]?.cause).toBe(facts[0]?.seq);
    expect(facts[0]?.by).toBe('traffic');
  });

  it('numbers facts without a gap, in the whole and in each stream', async () => {
    const { core, log } = await coreWithLadder();
    for (let i = 0; i < 4; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    const all = await everything(log);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
    const versions = new Map<string, number>();
    for (const { stream, version } of all) {
      expect(version).toBe((versions.get(stream) ?? 0) + 1);
      versions.set(stream, version);
    }
  });

  it('comes to the same state from the log alone, and from a snapshot at any point', async () => {
    const { core, log, world } = await coreWithLadder();
    for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    await core.snapshot();
    world.pass(60_000);
    core.tick();
    const live = JSON.stringify(core.state.toJSON());
    expect(JSON.stringify((await foldLog(log)).toJSON())).toBe(live);
    const bare = new MemoryLog();
    await bare.append(await everything(log), { sync: true });
    const fromFacts = await foldLog(bare);
    expect(JSON.stringify(fromFacts.toJSON())).toBe(live);
    expect(fromFacts.drift).toEqual([]);
  });

  it('waits for the whole time when the clock was set back while no gateway ran', async () => {
    const { core, log, world } = await coreWithLadder();
    for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    const dueInMs = (core.nextDueAt() ?? 0) - core.now();
    world.at -= 86_400_000;
    const again = await Core.open(log, world, () => policies);
    expect((again.nextDueAt() ?? 0) - again.now()).toBe(dueInMs);
    world.pass(dueInMs);
    again.tick();
    expect(endpointStatus(again.state.endpoint(first)).state).toBe('recovering');
  });

  it('counts no failure against a profile that it does not count against an endpoint', async () => {
    const { core } = await coreWithLadder();
    core.tellEndpoint(second, { type: 'EndpointDisabled', data: {} }, { by: 'cli' });
    for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    expect(endpointStatus(core.state.endpoint(first)).state).toBe('failed');
    const { doubts } = priorityStatus(core.state.priority);
    const missing = { ...attemptFailed(), data: { ...attemptFailed().data, failure: 'noModel' as const } };
    expect(core.tellEndpoint(first, missing, { by: 'traffic' }).facts).toEqual([]);
    expect(priorityStatus(core.state.priority).doubts).toBe(doubts);
    expect(doubts).toBeLessThan(3);
  });

  it('never lets time run backwards in the log', async () => {
    const { core, log, world } = await coreWithLadder();
    world.at -= 3_600_000;
    core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    const times = (await everything(log)).map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('moves the active profile down the ladder when its only endpoint is refused for certain', async () => {
    const { core } = await coreWithLadder();
    expect(priorityStatus(core.state.priority).active).toBe('main');
    const { facts } = core.tellEndpoint(first, attemptFailed('credential'), { by: 'traffic' });
    expect(types(facts)).toContain('FailedOver');
    expect(priorityStatus(core.state.priority).active).toBe('spare');
    expect(core.view().ladder.map(({ name }) => name)).toEqual(['spare', 'main']);
  });

  it('counts requests that found the active profile failed, until the switch', async () => {
    const { core } = await coreWithLadder();
    for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    expect(endpointStatus(core.state.endpoint(first)).state).toBe('failed');
    const served = {
      type: 'RequestServed',
      data: { attempts: [], endpoint: '22222222', model: null, usage: null, ttfbMs: 1, ttftMs: null },
    };
    for (let i = 0; i < 3; i++) core.requestEnded(streams.request(`r${i}` as RequestId), served);
    expect(priorityStatus(core.state.priority).active).toBe('spare');
  });

  it('ignores a success that changes nothing', async () => {
    const { core, log } = await coreWithLadder();
    const before = log.head;
    core.attemptSucceeded(first, { request: 'r', ttfbMs: 5, ttftMs: 9 });
    expect(log.head).toBe(before);
  });

  it('makes a new view only after a fact that is not about a request', async () => {
    const { core } = await coreWithLadder();
    const view = core.view();
    core.requestEnded(streams.request('r1' as RequestId), {
      type: 'RequestCancelled',
      data: { attempts: [], model: null },
    });
    expect(core.view()).toBe(view);
    core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    expect(core.view()).not.toBe(view);
    expect(Object.isFrozen(core.view())).toBe(true);
  });

  it('refuses a log that a newer version wrote', async () => {
    const { log } = await coreWithLadder();
    const last = (await everything(log)).at(-1);
    if (!last) throw new Error('nothing was written');
    await log.append([{ ...last, seq: last.seq + 1, v: 99 }], { sync: true });
    await expect(Core.open(log, new FakeWorld(), () => policies)).rejects.toThrow(/newer qcc/);
  });

  it('refuses it even if a snapshot covers what the newer version wrote, of a newer form or of this one', async () => {
    const opens = (log: MemoryLog) => Core.open(log, new FakeWorld(), () => policies);
    const { log, core } = await coreWithLadder();
    await core.snapshot();
    const last = (await everything(log)).at(-1) as Recorded;
    const { data } = (await log.loadSnapshot('state')) ?? {};
    const saved = data as { form: number; catalogue: Readonly<Record<string, number>> };
    const seq = last.seq + 1;
    const snapshots = [
      { ...saved, form: 99, seq },
      { ...saved, catalogue: { ...saved.catalogue, EndpointFailed: 9 }, seq },
    ];
    for (const newer of snapshots) {
      const bare = new MemoryLog();
      await bare.append(await everything(log), { sync: true });
      await bare.append([{ ...last, seq }], { sync: true });
      await bare.saveSnapshot('state', { seq, data: newer });
      await expect(opens(bare)).rejects.toThrow(/newer qcc/);
    }
    for (const fact of [
      { ...last, seq, v: 99 },
      { ...last, seq, type: 'NeverHeardOf' },
    ]) {
      const bare = new MemoryLog();
      await bare.append(await everything(log), { sync: true });
      await bare.append([fact], { sync: true });
      await bare.saveSnapshot('state', { seq, data: { ...saved, seq } });
      await expect(opens(bare)).rejects.toThrow(/newer qcc/);
    }
  });

  it('follows the record where the chart differs, and reports it', async () => {
    const { core, log } = await coreWithLadder();
    core.tellEndpoint(first, attemptFailed('credential'), { by: 'traffic' });
    const all = await everything(log);
    // A recovery that nothing led to: an older rule may have written it.
    const last = all.at(-1) as Recorded;
    const forged = {
      ...last,
      seq: last.seq + 1,
      stream: streams.endpoint(first),
      version: 3,
      type: 'EndpointRecovered',
      v: versionOf('EndpointRecovered'),
      data: {},
    };
    await log.append([forged], { sync: true });
    const state = await foldLog(log);
    expect(endpointStatus(state.endpoint(first)).state).toBe('healthy');
  });
});

describe('the scheduler', () => {
  it('waits for nothing while nothing is wrong', async () => {
    const { core } = await openCore();
    expect(core.nextDueAt()).toBeNull();
  });

  it('wakes a failed endpoint when its time is up, and fires no timer twice', async () => {
    const { core, world } = await coreWithLadder();
    for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    const dueAt = core.nextDueAt();
    expect(dueAt).toBeGreaterThan(world.at);
    world.at = dueAt as number;
    core.tick();
    expect(endpointStatus(core.state.endpoint(first)).state).toBe('recovering');
    const { seq } = core.state;
    core.tick();
    expect(core.state.seq).toBe(seq);
  });

  it('fires without further input', async () => {
    const world = { now: Date.now, dice: () => 0.5 };
    const quick = {
      ...policies,
      endpoint: () => ({ ...policies.endpoint(first), maxFailures: 1, backoffBaseMs: 10, backoffMaxMs: 10 }),
    };
    const core = await Core.open(new MemoryLog(), world, () => quick);
    const scheduler = new Scheduler(core);
    const recovering = new Promise<void>((resolve) => {
      core.onFacts((facts) => {
        if (facts.some(({ type, stream }) => type === 'EndpointRecovering' && kindOf(stream) === 'endpoint')) resolve();
      });
    });
    core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    await recovering;
    scheduler.stop();
    expect(endpointStatus(core.state.endpoint(first)).state).toBe('recovering');
  });
});

describe('a fault of the core', () => {
  it('in a timer is reported once a second, and stops no timer after it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { core, world } = await coreWithLadder();
    const scheduler = new Scheduler(core);
    for (let i = 0; i < 3; i++) core.tellEndpoint(first, attemptFailed(), { by: 'traffic' });
    const tick = vi.spyOn(core, 'tick').mockImplementation(() => {
      throw new Error('a fault of ours');
    });
    const dueMs = (core.nextDueAt() ?? 0) - core.now();
    world.pass(dueMs);
    await expect(vi.advanceTimersByTimeAsync(dueMs)).rejects.toThrow('a fault of ours');
    await expect(vi.advanceTimersByTimeAsync(1_000)).rejects.toThrow('a fault of ours');
    expect(tick).toHaveBeenCalledTimes(2);
    tick.mockRestore();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(endpointStatus(core.state.endpoint(first)).state).toBe('recovering');
    scheduler.stop();
  });

  it('in a listener is reported, and affects neither other listeners nor the reporter', async () => {
    const { core } = await coreWithLadder();
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const heard: string[] = [];
    core.onFacts(() => {
      throw new Error('a listener of ours');
    });
    core.onFacts((facts) => heard.push(...facts.map(({ type }) => type)));
    await core.report(streams.gateway, [{ type: 'Offline', data: {} }], { by: 'gateway' }).done;
    expect(heard).toContain('Offline');
    expect((await warned).message).toBe('a listener of ours');
  });
});

describe('after a sleep, during which the system’s timers stood still,', () => {
  it('all machines whose time has come are handled at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { core, world } = await coreWithLadder();
    const scheduler = new Scheduler(core);
    for (const id of [first, second])
      for (let i = 0; i < 3; i++) core.tellEndpoint(id, attemptFailed(), { by: 'traffic' });
    const item = 'q1' as QueueId;
    const data = queued({ expiresAt: core.now() + 60_000 });
    core.tellQueue(item, { type: 'RequestQueued', data }, { by: 'retry', sync: true });
    const states = () => [first, second].map((id) => endpointStatus(core.state.endpoint(id)).state);
    world.pass(3_600_000);
    await vi.advanceTimersByTimeAsync(1);
    expect([states(), core.state.queue.item(item)?.state]).toEqual([['failed', 'failed'], 'waiting']);
    core.report(streams.gateway, [{ type: 'Slept', data: { forMs: 3_600_000 } }], { by: 'gateway' });
    await vi.advanceTimersByTimeAsync(1);
    expect([states(), core.state.queue.item(item)?.state]).toEqual([['recovering', 'recovering'], 'dead']);
    scheduler.stop();
  });
});

describe('a long fold', () => {
  it('leaves snapshots on its way, so that the past is near again, and none after a loss', async () => {
    const { core, log } = await openCore();
    for (let i = 0; i < 12_000; i++) core.report('gateway', [{ type: 'Online', data: {} }], { by: 'gateway' });
    await openCore(log);
    expect((await log.loadSnapshot('state', 9_000))?.seq).toBe(5_000);
    expect((await log.loadSnapshot('state'))?.seq).toBe(10_000);
    const damaged = new MemoryLog((await everything(log)).filter(({ seq }) => seq !== 3));
    await openCore(damaged);
    expect(await damaged.loadSnapshot('state')).toBeUndefined();
  });

  it('begins with the newest snapshot of its own form, whatever an older qcc has left after it', async () => {
    const { core, log } = await openCore();
    core.report('gateway', [{ type: 'Online', data: {} }], { by: 'gateway' });
    await core.snapshot();
    core.report('gateway', [{ type: 'Online', data: {} }], { by: 'gateway' });
    await log.saveSnapshot('state', { seq: 2, data: { form: 0 } });
    const state = await foldLog(log);
    expect([state.restoredSeq, state.seq]).toEqual([1, 2]);
  });
});
