/** The monitor with a real core: probes, weights, the network. Its clock, its timers and its probes are the test's. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AttemptFailure } from '../../events/endpoint.ts';
import { type EndpointId, type ProfileName, type QueueId, streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { effective } from '../../src/config/settings/settings.ts';
import { Monitor } from '../../src/health/monitor.ts';
import type { Depth, ProbeResult } from '../../workers/probe.ts';
import { good, noNetwork, noProxy } from '../support/probed.ts';
import { queued } from '../support/queue.ts';
import { attemptFailed, coreWithLadder, endpointSettings, first, second } from '../support/world.ts';

const secondMs = 1_000;
const intervalMs = 60 * secondMs;

const timedOut: ProbeResult = {
  ...noNetwork,
  verdict: 'timeout',
  failure: 'timeout',
  connected: true,
  dialError: null,
};
const timeoutMs = 10 * secondMs;
const lost: AttemptFailure = {
  ...attemptFailed('unreachable').data,
  detail: reason('system', { code: 'ENETUNREACH' }),
};

async function monitored(given: Readonly<Record<string, string | number | boolean>> = {}) {
  const { core, world, log } = await coreWithLadder();
  const started = { version: '1.0.0', url: 'http://127.0.0.1:1', pid: 1, epoch: 'first' };
  core.report(streams.gateway, [{ type: 'GatewayStarted', data: started }], { by: 'gateway' });
  // Elsewhere, so that the network may be to blame.
  for (const [profile, id] of [
    ['main', first],
    ['spare', second],
  ] as const)
    core.report(
      streams.profile(profile as ProfileName),
      [{ type: 'EndpointChanged', data: { endpoint: id, changes: { baseUrl: `https://${id}.test` } } }],
      { by: 'cli' },
    );
  const set = new Map(Object.entries(given));
  const asked: [EndpointId, Depth][] = [];
  const answers = new Map<EndpointId, ProbeResult | 'hang' | 'lost' | 'silent'>();
  let changes = 0;
  let wakes = 0;
  let addresses: string | null = 'eth0 10.0.0.1';
  const monitor = new Monitor({
    core,
    world,
    settings: () => effective(set, {}).settings,
    probe: ({ id }, depth, signal) => {
      asked.push([id, depth]);
      const answer = answers.get(id) ?? good;
      if (answer === 'lost') return Promise.reject(new Error('worker exited'));
      if (answer === 'silent') return new Promise((resolve) => setTimeout(() => resolve(timedOut), timeoutMs));
      if (answer !== 'hang') return Promise.resolve({ ...answer, depth });
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    addresses: () => addresses,
    networkChanged: () => changes++,
    isLedElsewhere: () => false,
    resume: () => wakes++,
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= secondMs) {
      world.pass(Math.min(left, secondMs));
      await vi.advanceTimersByTimeAsync(Math.min(left, secondMs));
    }
  };
  const out = (id: EndpointId) => {
    for (let i = 0; i < 3; i++) core.tellEndpoint(id, attemptFailed(), { by: 'traffic' });
  };
  const facts = async (type: string) => {
    await log.flush();
    const all = [];
    for await (const page of log.read(1)) all.push(...page.filter((fact) => fact.type === type));
    return all;
  };
  return {
    core,
    world,
    monitor,
    asked,
    answers,
    pass,
    out,
    facts,
    set,
    state: (id: EndpointId) => endpointStatus(core.state.endpoint(id)).state,
    changes: () => changes,
    wakes: () => wakes,
    moveTo: (other: string | null) => {
      addresses = other;
    },
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] }));
afterEach(() => void vi.useRealTimers());

describe('probing', () => {
  it('skips a healthy endpoint with recent results', async () => {
    const { monitor, asked, pass } = await monitored();
    monitor.start();
    await pass(2 * intervalMs);
    expect(asked).toEqual([]);
  });

  it('restores an ejected endpoint within an interval, and follows each free depth at once', async () => {
    const { monitor, asked, pass, out, state, facts } = await monitored({ 'health.backoff_base': 300 });
    out(first);
    monitor.start();
    await pass(intervalMs);
    expect(asked.slice(0, 3)).toEqual([
      [first, 'connection'],
      [first, 'api'],
      [first, 'conversation'],
    ]);
    expect(state(first)).toBe('recovering');
    expect((await facts('ProbeNoted')).map(({ data }) => data)).toMatchObject([
      { depth: 'connection' },
      { depth: 'api' },
    ]);
    expect((await facts('ProbeSucceeded'))[0]).toMatchObject({ by: 'probe' });
  });

  it('finds within an interval that an endpoint recovered after its last probe began, however long that one hung', async () => {
    const { monitor, asked, answers, pass, out, state } = await monitored({ 'health.backoff_base': 300 });
    out(first);
    answers.set(first, 'silent');
    monitor.start();
    for (let s = 0; asked.length === 0 && s < 60; s++) await pass(secondMs);
    answers.delete(first);
    await pass(intervalMs - 2 * secondMs);
    expect(state(first)).toBe('recovering');
  });

  it('looks six times as often while a queued request waits for an endpoint', async () => {
    const { core, monitor, asked, pass, out } = await monitored({ 'health.backoff_base': 300 });
    out(first);
    monitor.start();
    const data = queued({ expiresAt: core.now() + 10 * intervalMs });
    core.tellQueue('q1' as QueueId, { type: 'RequestQueued', data }, { by: 'retry', sync: true });
    await pass(10 * secondMs);
    expect(asked.slice(0, 3).map(([, depth]) => depth)).toEqual(['connection', 'api', 'conversation']);
  });

  it('probes all in each interval when it is active, and none when it is off, from the next look on', async () => {
    const { monitor, asked, pass, set, out } = await monitored({
      'health.mode': 'active',
      'health.check_interval': 10,
    });
    monitor.start();
    await pass(14 * secondMs);
    expect(asked.map(([id]) => id).sort()).toEqual([first, second]);
    set.set('health.mode', 'off');
    out(first);
    asked.length = 0;
    await pass(100 * secondMs);
    expect(asked).toEqual([]);
    expect(monitor.next().size).toBe(0);
    set.set('health.mode', 'active');
    set.set('health.enabled', false);
    await pass(100 * secondMs);
    expect(asked).toEqual([]);
  });

  it('does not repeat a lost probe again and again', async () => {
    const { monitor, asked, pass, answers } = await monitored({ 'health.mode': 'active' });
    answers.set(first, 'lost').set(second, 'lost');
    monitor.start();
    await pass(1.3 * intervalMs);
    expect(asked).toHaveLength(2);
  });

  it('reports a manual probe at once, and counts it', async () => {
    const { monitor, facts, core } = await monitored({ 'health.mode': 'off' });
    const results = await monitor.check([first, second]);
    expect([...results.values()].map((result) => result?.verdict)).toEqual(['success', 'success']);
    expect(await facts('ProbeSucceeded')).toHaveLength(2);
    expect(core.state.recent.of(first)).toMatchObject({ checks: 1, probing: { probes: 1, tokens: 31, changes: 0 } });
  });

  it('ignores the result for an endpoint that was removed during its probe', async () => {
    const { monitor, answers, core, facts } = await monitored();
    answers.set(first, 'hang');
    const checked = monitor.check([first, second]);
    core.report(streams.profile('main' as ProfileName), [{ type: 'EndpointRemoved', data: { endpoint: first } }], {
      by: 'cli',
    });
    await vi.advanceTimersByTimeAsync(0);
    await monitor.stop();
    expect((await checked).get(first)).toBeNull();
    expect((await facts('ProbeSucceeded')).map(({ stream }) => stream)).toEqual([streams.endpoint(second)]);
  });
});

describe('weights', () => {
  const third = '33333333' as EndpointId;
  async function weighing(given: Readonly<Record<string, string | number | boolean>> = {}) {
    const it = await monitored({ 'health.mode': 'active', 'health.check_interval': 10, ...given });
    const data = { ...endpointSettings(third), baseUrl: 'https://third.test' };
    it.core.report(streams.profile('main' as ProfileName), [{ type: 'EndpointAdded', data }], { by: 'cli' });
    it.answers.set(third, { ...good, responseMs: 4_000 });
    it.monitor.start();
    return { ...it, weight: () => it.core.state.profiles.endpoint(third)?.effectiveWeight };
  }

  it('move away from slow endpoints, with reasons in numbers, and settle', async () => {
    const { pass, facts, weight } = await weighing();
    await pass(400 * secondMs);
    const adjusted = (await facts('WeightAdjusted')).filter(({ stream }) => stream === streams.endpoint(third));
    expect(adjusted[0]?.data).toMatchObject({ from: 100, reasons: { speed: 0.5, success: 1, streak: 1 } });
    expect(weight()).toBeLessThanOrEqual(60);
    const rest = weight();
    await pass(400 * secondMs);
    expect(weight()).toBe(rest);
  });

  it('stay while there is too little evidence, and while there is no new evidence', async () => {
    const { core, pass, facts, set } = await weighing({ 'health.min_checks': 1_000 });
    await pass(100 * secondMs);
    expect(await facts('WeightAdjusted')).toEqual([]);
    set.set('health.min_checks', 1);
    set.set('health.mode', 'off');
    const changed = { key: 'health.min_checks', from: 1_000, to: 1 };
    core.report(streams.config, [{ type: 'SettingChanged', data: changed }], { by: 'cli' });
    await pass(100 * secondMs);
    // One step each of those two that have an equal, and then nothing: no result has come since.
    expect((await facts('WeightAdjusted')).map(({ stream }) => stream)).toEqual([first, third].map(streams.endpoint));
  });

  it('return to the user’s when adjustment is off', async () => {
    const { pass, set, weight } = await weighing();
    await pass(200 * secondMs);
    expect(weight()).toBeLessThan(100);
    set.set('health.weight_adjustment', false);
    await pass(20 * secondMs);
    expect(weight()).toBe(100);
  });
});

describe('the network', () => {
  it('that is down ejects no endpoint: failures of traffic are doubted, and a dial of all endpoints decides', async () => {
    const { monitor, core, answers, state, world, facts } = await monitored();
    answers.set(first, noNetwork).set(second, noNetwork);
    const said = Array.from({ length: 4 }, () =>
      monitor.attemptFailed(first, lost, { code: 'ENETUNREACH', startedAt: world.at }),
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual(Array(4).fill('noNetwork'));
    expect([core.state.gatewayState, state(first)]).toEqual(['offline', 'healthy']);
    expect(core.view().isOffline).toBe(true);
    expect(await facts('AttemptFailed')).toEqual([]);
    const later = monitor.attemptFailed(first, { ...lost, failure: 'timeout' }, { code: null, startedAt: world.at });
    expect(later).toBe('noNetwork');
  });

  it('that is up leaves the failure with the endpoint', async () => {
    const { monitor, core, answers, world, facts } = await monitored();
    answers.set(first, noNetwork);
    monitor.attemptFailed(first, lost, { code: 'ENETUNREACH', startedAt: world.at });
    await vi.advanceTimersByTimeAsync(0);
    expect(core.state.gatewayState).not.toBe('offline');
    expect(await facts('AttemptFailed')).toHaveLength(1);
  });

  it('that is back is noticed within two seconds, and all endpoints are probed', async () => {
    const { monitor, core, answers, asked, pass, world, changes } = await monitored();
    answers.set(first, noNetwork).set(second, noNetwork);
    monitor.start();
    monitor.attemptFailed(first, lost, { code: 'ENETUNREACH', startedAt: world.at });
    await pass(10 * secondMs);
    expect(core.state.gatewayState).toBe('offline');
    answers.clear();
    asked.length = 0;
    await pass(2 * secondMs);
    expect(core.state.gatewayState).toBe('online');
    await pass(secondMs);
    expect(new Set(asked.map(([id]) => id))).toEqual(new Set([first, second]));
    expect(changes()).toBe(1);
  });

  it('behind a proxy that is down is unknown: no endpoint is ejected, offline, or taken for proven', async () => {
    const { monitor, core, answers, asked, pass, out, facts, state } = await monitored({ 'health.backoff_base': 300 });
    out(first);
    answers.set(first, noProxy).set(second, noProxy);
    monitor.start();
    await pass(3 * intervalMs);
    const depths = new Set(asked.map(([, depth]) => depth));
    expect([asked.length > 1, depths]).toEqual([true, new Set(['connection'])]);
    expect(await facts('ProbeFailed')).toEqual([]);
    expect([state(first), state(second), core.state.gatewayState]).toEqual(['failed', 'healthy', 'online']);
  });

  it('with another address closes idle connections, and has all endpoints probed', async () => {
    const { monitor, asked, pass, changes, moveTo } = await monitored();
    monitor.start();
    await pass(10 * secondMs);
    expect([changes(), asked]).toEqual([0, []]);
    moveTo('wlan0 192.168.1.7');
    await pass(10 * secondMs);
    expect(changes()).toBe(1);
    expect(new Set(asked.map(([id]) => id))).toEqual(new Set([first, second]));
  });
});

describe('addresses that the system does not tell', () => {
  it('are not taken for another network, nor are the same ones when they return', async () => {
    const { monitor, pass, changes, moveTo } = await monitored();
    monitor.start();
    for (const seen of [null, 'eth0 10.0.0.1', null]) {
      moveTo(seen);
      await pass(10 * secondMs);
    }
    expect(changes()).toBe(0);
    moveTo('wlan0 192.168.1.7');
    await pass(10 * secondMs);
    expect(changes()).toBe(1);
  });
});

describe('a sleep of the machine', () => {
  it('is recorded, all endpoints are probed, and results of probes that ran through it do not count', async () => {
    const { monitor, asked, pass, world, facts, changes, wakes } = await monitored();
    monitor.start();
    await pass(10 * secondMs);
    const startedAt = world.at;
    world.pass(3_600 * secondMs);
    const timeout = { ...lost, failure: 'timeout' as const };
    expect(monitor.attemptFailed(first, timeout, { code: null, startedAt })).toBe('noNetwork');
    await pass(2 * secondMs);
    expect(await facts('Slept')).toMatchObject([{ data: { forMs: expect.any(Number) } }]);
    expect([changes(), new Set(asked.map(([id]) => id))]).toEqual([1, new Set([first, second])]);
    expect(wakes()).toBe(1);
    expect(monitor.attemptFailed(first, timeout, { code: null, startedAt: world.at })).toBe('counts');
  });
});
