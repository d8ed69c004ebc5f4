/** A command that changes nothing writes no fact: the history holds events, and an audit holds changes by users. */
import { describe, expect, it } from 'vitest';
import { defaultOf, settingKeys } from '../../src/config/settings/settings.ts';
import type { OperationName } from '../../src/contract/operations.ts';
import { memoryInstallation } from '../support/installation.ts';

async function lived() {
  const it = await memoryInstallation();
  const endpoint = { baseUrl: 'https://relay.test', key: 'sk-ant-0123456789abcdef', name: 'relay' };
  await it.call('profile.add', { name: 'work', tier: 'primary', endpoint });
  await it.call('profile.add', {
    name: 'spare',
    tier: 'primary',
    endpoint: { ...endpoint, baseUrl: 'https://b.test' },
  });
  const { endpoints } = await it.call('endpoint.list', { profile: 'work' });
  return { ...it, id: endpoints[0]?.id ?? '' };
}

describe('no fact is written', () => {
  it.each(settingKeys)('when %s is set to its present value', async (key) => {
    const { call, core } = await lived();
    const before = core.state.seq;
    await call('config.set', { key, value: String(defaultOf(key)) });
    expect(core.state.seq).toBe(before);
  });

  it('when a setting is set to the same value twice, a secret one included', async () => {
    const { call, core } = await lived();
    for (const [key, value] of [
      ['queue.hold', '9'],
      ['notify.webhook', 'https://hooks.example.com/token-of-mine'],
      ['notify.secret', 'of-mine'],
    ] as const) {
      await call('config.set', { key, value });
      const before = core.state.seq;
      await call('config.set', { key, value });
      expect([key, core.state.seq]).toEqual([key, before]);
    }
  });

  it.each([
    ['priority.policy', { autoFailover: true, maxPerHour: 10, cooldownS: 300 }],
    ['queue.config', { enabled: true, max_size: 1_000, strategy: 'exponential' }],
    ['health.config', { mode: 'passive', intervalS: 60, minChecks: 3, weightAdjustment: true, model: '' }],
    ['priority.set', { profile: 'spare', tier: 'primary' }],
    ['profile.default', { name: 'work' }],
    ['priority.release', {}],
    ['config.reset', {}],
    ['config.reset', { key: 'queue.hold' }],
    ['queue.retryAll', {}],
    ['queue.clear', {}],
  ] as const)('by %s %j, which changes nothing', async (name, params) => {
    const { call, core } = await lived();
    const before = core.state.seq;
    await call(name as OperationName, params as never);
    expect(core.state.seq).toBe(before);
  });

  it.each([
    ['priority.policy', { autoFailover: false }],
    ['priority.set', { profile: 'work', tier: null }],
    ['priority.switch', { profile: 'spare', reason: 'x' }],
    ['endpoint.update', { weight: 30, name: 'other' }],
    ['endpoint.disable', {}],
    ['config.set', { key: 'proxy.port', value: '1' }],
  ] as const)('by a repetition of %s %j', async (name, params) => {
    const { call, core, id } = await lived();
    const whole = name.startsWith('endpoint.') ? { profile: 'work', id, ...params } : params;
    await call(name as OperationName, whole as never);
    const before = core.state.seq;
    await call(name as OperationName, whole as never);
    expect(core.state.seq).toBe(before);
  });

  it('by enabling an enabled endpoint', async () => {
    const { call, core, id } = await lived();
    const before = core.state.seq;
    await call('endpoint.enable', { profile: 'work', id });
    expect(core.state.seq).toBe(before);
  });
});

it('a switch to a profile without an endpoint is refused, with the command that adds one', async () => {
  const { call, core } = await lived();
  await call('profile.add', { name: 'empty', tier: 'secondary' });
  const before = core.state.seq;
  await expect(call('priority.switch', { profile: 'empty' })).rejects.toMatchObject({
    code: 'QCC_PROFILE_BARE',
    hint: expect.stringContaining('qcc endpoint add empty'),
    exit: 5,
  });
  expect(core.state.seq).toBe(before);
});
