/** The differences between two moments, and the facts that caused them. */
import { describe, expect, it } from 'vitest';
import { ask } from '../../src/history/questions.ts';
import { attemptFailed, coreWithLadder, first } from '../support/world.ts';

async function failover() {
  const { core, log, world } = await coreWithLadder();
  const good = core.state.seq;
  core.tellEndpoint(first, attemptFailed('unreachable'), { by: 'traffic' });
  world.pass(1_000);
  core.tellEndpoint(first, attemptFailed('unreachable'), { by: 'traffic' });
  const { facts } = core.tellEndpoint(first, attemptFailed('unreachable'), { by: 'traffic' });
  return { core, log, good, bad: core.state.seq, facts };
}

describe('the difference of two moments', () => {
  it('lists each change, with its values and the facts that caused it', async () => {
    const { log, good, bad, facts } = await failover();
    const { from, to, changes } = await ask(log, 'history.diff', { from: { seq: good }, to: { seq: bad } });
    expect([from, to]).toEqual([good, bad]);
    const failed = facts.find(({ type }) => type === 'EndpointFailed')?.seq;
    const switched = facts.find(({ type }) => type === 'FailedOver')?.seq;
    const change = (stream: string, path: string) => changes.find((one) => one.stream === stream && one.path === path);
    expect(change(`endpoint/${first}`, 'state')).toMatchObject({ from: 'healthy', to: 'failed' });
    expect(change(`endpoint/${first}`, 'state')?.facts.at(-1)).toBe(failed);
    expect(change('priority', 'active')).toEqual({
      stream: 'priority',
      path: 'active',
      from: 'main',
      to: 'spare',
      facts: [switched],
    });
    expect(changes.every(({ path }) => !/gen|timer/.test(path))).toBe(true);
    expect(changes.every(({ stream }) => stream !== 'endpoint/22222222')).toBe(true);
  });

  it('is empty for equal moments, and reversed for reversed ones', async () => {
    const { log, good, bad } = await failover();
    expect((await ask(log, 'history.diff', { from: { seq: bad }, to: { seq: bad } })).changes).toEqual([]);
    const there = await ask(log, 'history.diff', { from: { seq: good }, to: { seq: bad } });
    const back = await ask(log, 'history.diff', { from: { seq: bad }, to: { seq: good } });
    expect(back.changes.map(({ from, to }) => [to, from])).toEqual(there.changes.map(({ from, to }) => [from, to]));
  });

  it('omits values that returned to what they were', async () => {
    const { core, log, good } = await failover();
    core.tellEndpoint(first, { type: 'KeyChanged', data: {} }, { by: 'cli' });
    const { changes } = await ask(log, 'history.diff', { from: { seq: good }, to: { seq: core.state.seq } });
    const state = changes.find(({ stream, path }) => stream === `endpoint/${first}` && path === 'state');
    expect(state).toMatchObject({ from: 'healthy', to: 'recovering' });
    core.report('config', [{ type: 'SettingChanged', data: { key: 'queue.hold', from: 120, to: 5 } }], { by: 'cli' });
    const set = core.state.seq;
    core.report('config', [{ type: 'SettingChanged', data: { key: 'queue.hold', from: 5, to: null } }], { by: 'cli' });
    const settings = async (from: number, to: number) =>
      (await ask(log, 'history.diff', { from: { seq: from }, to: { seq: to } })).changes.filter(
        ({ stream }) => stream === 'config',
      );
    expect(await settings(set - 1, set)).toMatchObject([{ path: 'queue.hold', from: null, to: 5, facts: [set] }]);
    expect(await settings(set - 1, core.state.seq)).toEqual([]);
  });

  it('includes added and removed profiles and endpoints, with their settings', async () => {
    const { core, log, bad } = await failover();
    core.report('profile/main', [{ type: 'EndpointChanged', data: { endpoint: first, changes: { weight: 7 } } }], {
      by: 'cli',
    });
    const changed = core.state.seq;
    core.report('profile/main', [{ type: 'EndpointRemoved', data: { endpoint: first } }], { by: 'cli' });
    const to = { seq: core.state.seq };
    const weight = (await ask(log, 'history.diff', { from: { seq: bad }, to: { seq: changed } })).changes;
    expect(weight).toContainEqual(
      expect.objectContaining({ stream: 'profile/main', path: `endpoints.${first}.weight`, from: 100, to: 7 }),
    );
    const gone = (await ask(log, 'history.diff', { from: { seq: bad }, to })).changes;
    expect(gone).toContainEqual(
      expect.objectContaining({ stream: `endpoint/${first}`, path: 'state', from: 'failed', to: null }),
    );
  });
});
