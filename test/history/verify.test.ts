import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { streams } from '../../events/ids.ts';
import { differencesOf } from '../../src/history/difference.ts';
import { sizesOfLog } from '../../src/history/sizes.ts';
import { verifyLog } from '../../src/history/verify.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Core } from '../../src/runtime/core.ts';
import { all } from '../log/facts.ts';
import { FakeWorld, openCore } from '../support/world.ts';

const id = '0a1b2c3d' as Parameters<Core['tellEndpoint']>[0];

/** A log in which an endpoint was added, failed, and the gateway came and went. */
async function told(): Promise<{ log: MemoryLog; core: Core }> {
  const log = new MemoryLog();
  const { core } = await openCore(log, new FakeWorld());
  core.report(streams.profile('work' as never), [{ type: 'ProfileAdded', data: { description: '' } }], { by: 'cli' });
  for (let i = 0; i < 5; i++)
    core.tellEndpoint(
      id,
      { type: 'AttemptFailed', data: { failure: 'serverError', status: 503, request: `r${i}` } } as never,
      { by: 'traffic' },
    );
  return { log, core };
}

const runningOf = (core: Core) => ({ running: core.state.toJSON() });

/** The same log, one fact of which is another. */
async function changed(log: MemoryLog, seq: number, change: (fact: Recorded) => Recorded): Promise<MemoryLog> {
  const facts = await all(log.read(1));
  return new MemoryLog(facts.map((fact) => (fact.seq === seq ? change(fact) : fact)));
}

describe('history verify', () => {
  it('folds the whole log into the running state', async () => {
    const { log, core } = await told();
    const answer = await verifyLog(log, runningOf(core));
    expect(answer).toMatchObject({ ok: true, differences: [], damage: [], from: 1, to: core.state.seq });
    expect(answer.events).toBe(core.state.seq);
  });

  it('begins with the snapshot before the first fact of a trimmed log', async () => {
    const { log, core } = await told();
    await core.snapshot();
    const { seq } = core.state;
    core.report(streams.gateway, [{ type: 'Online', data: {} }], { by: 'gateway' });
    await log.trim(seq + 1);
    expect(await verifyLog(log, runningOf(core))).toMatchObject({ ok: true, events: 1, from: seq + 1 });
  });

  it('finds no difference in a state that a former version saved, which knew of no fleet', async () => {
    const { log, core } = await told();
    await core.snapshot();
    const { seq, data } = (await log.loadSnapshot('state')) as { seq: number; data: never };
    const former = JSON.parse(JSON.stringify(data));
    delete former.gateway.context.fleet;
    await log.saveSnapshot('state', { seq, data: former });
    const { core: next } = await openCore(log, new FakeWorld());
    expect(await verifyLog(log, runningOf(next))).toMatchObject({ ok: true, differences: [] });
  });

  it('reports a difference when the running state is not what the facts make', async () => {
    const { log, core } = await told();
    const running = JSON.parse(JSON.stringify(core.state.toJSON()));
    running.endpoints[0][1].value = 'healthy';
    const answer = await verifyLog(log, { running });
    expect(answer.ok).toBe(false);
    expect(answer.differences).toEqual([
      { stream: `endpoint/${id}`, path: `endpoints.${id}.value`, folded: 'failed', running: 'healthy' },
    ]);
  });

  it('reports a difference when a fact names a later one as its cause', async () => {
    const { log, core } = await told();
    const other = await changed(log, 3, (fact) => ({ ...fact, cause: 9 }));
    const answer = await verifyLog(other, runningOf(core));
    expect(answer.ok).toBe(false);
    expect(answer.differences.map(({ path }) => path)).toContain('#3.cause');
  });

  it('reports a difference when time runs backwards, or a stream skips a version', async () => {
    const { log, core } = await told();
    const back = await changed(log, 4, (fact) => ({ ...fact, at: fact.at - 1 }));
    expect((await verifyLog(back, runningOf(core))).differences.map(({ path }) => path)).toContain('#4.at');
    const gap = await changed(log, 4, (fact) => ({ ...fact, version: fact.version + 7 }));
    expect((await verifyLog(gap, runningOf(core))).differences.map(({ path }) => path)).toContain('#4.version');
  });

  it('reports a difference when a file that the queue names is missing', async () => {
    const { log, core } = await told();
    const answer = await verifyLog(log, { ...runningOf(core), missing: ['0a.body.1'] });
    expect(answer).toMatchObject({ ok: false, differences: [{ stream: 'queue', path: 'bodies/0a.body.1' }] });
  });

  it('reports missing facts, until the history records them', async () => {
    const { log, core } = await told();
    const facts = await all(log.read(1));
    const holed = new MemoryLog(facts.filter(({ seq }) => seq !== 3));
    const before = await verifyLog(holed, runningOf(core));
    expect(before).toMatchObject({ ok: false, damage: [{ from: 3, to: 3, because: 'missing' }], lost: [] });
    const last = facts.at(-1) as Recorded;
    const fact = { ...last, seq: last.seq + 1, stream: 'gateway', version: 1, cause: null };
    const data = { ranges: [[3, 3]], kept: 'log.damaged' };
    await holed.append([{ ...fact, type: 'LogSalvaged', v: 1, data }], { sync: true });
    const after = await verifyLog(holed, {});
    expect(after).toMatchObject({ ok: true, damage: [], lost: [{ from: 3, to: 3, because: 'missing' }] });
  });

  it('continues after a gap from the snapshot that includes the missing facts', async () => {
    const { log, core } = await told();
    await core.snapshot();
    const snapshot = await log.loadSnapshot('state');
    const holed = new MemoryLog((await all(log.read(1))).filter(({ seq }) => seq !== 3));
    if (snapshot) await holed.saveSnapshot('state', snapshot);
    const answer = await verifyLog(holed, runningOf(core));
    expect(answer).toMatchObject({ ok: false, differences: [], damage: [{ from: 3, to: 3 }] });
  });
});

it('a difference between states is listed by its path, up to a limit', () => {
  const folded = { settings: [['a.b', 1]], deep: { list: [1, { x: 2 }] }, same: undefined };
  const running = { settings: [['a.b', 2]], deep: { list: [1, { x: 3 }] } };
  expect(differencesOf(folded, running, 100).map(({ path }) => path)).toEqual(['settings.a.b', 'deep.list.1.x']);
  expect(differencesOf(folded, running, 1)).toHaveLength(1);
  expect(differencesOf(running, running, 100)).toEqual([]);
  // A version that does not know a field has saved the state without it.
  expect(differencesOf({ heard: { liftedAt: null } }, { heard: {} }, 100)).toEqual([]);
  expect(differencesOf({ heard: { liftedAt: 0 } }, { heard: {} }, 100)).toMatchObject([{ folded: 0, running: null }]);
});

it('the size of a log is listed by type of fact', async () => {
  const { log, core } = await told();
  const facts = await all(log.read(1));
  const sizes = await sizesOfLog(log, { disk: 4_096 });
  expect(sizes).toMatchObject({ facts: core.state.seq, diskBytes: 4_096 });
  expect(sizes.types.find(({ type }) => type === 'ProfileAdded')).toEqual({
    type: 'ProfileAdded',
    facts: 1,
    bytes: JSON.stringify(facts.find(({ type }) => type === 'ProfileAdded')).length,
  });
  expect(sizes.types.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(sizes.bytes);
});
