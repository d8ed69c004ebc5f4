/** Abbreviations that people type: short forms are expanded, and an unknown one is reported. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { namesIn } from '../../src/commands/history/operation.ts';
import { Names } from '../../src/commands/names.ts';
import type { Filters } from '../../src/contract/moment.ts';
import { ask } from '../../src/history/questions.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { memoryInstallation } from '../support/installation.ts';

const [first, second, third] = [
  '01a20fdd-0e87-79ef-a970-ef0d05abc123',
  '01a20fdd-0cf4-7a01-9efc-5e9cdaabc123',
  '01a20fdd-0cf4-7a01-9efc-5e9cda4f2a1c',
];

const sessions = [
  '5c1fd3a0-1111-4e5b-8a6e-2f00aa110001',
  '5c1fd3a0-2222-4e5b-8a6e-2f00aa110002',
  '90ab12cd-3333-4e5b-8a6e-2f00aa110003',
];

/** A ladder whose endpoints were renamed and removed, and three requests. */
async function lived() {
  const { call, core } = await memoryInstallation();
  const key = 'sk-ant-0123456789abcdef';
  const add = (profile: string, name: string) =>
    call('endpoint.add', { profile, baseUrl: `https://${name}.test`, key, name });
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('profile.add', { name: 'gone' });
  const [relay, other, removed] = [await add('work', 'relay'), await add('work', 'other'), await add('gone', 'old')];
  const end = (id: string, endpoint: string, session: string | null = null) => {
    const attempts = [{ endpoint, at: 1, outcome: 'answered', status: 200, ttfbMs: 1, because: 'weighted' }];
    const ended = { session, model: 'm', stream: false, path: '/v1/messages', within: null, attempts };
    const data = { ...ended, status: 200, durationMs: 1, view: core.state.seq, endpoint, profile: 'work', ttfbMs: 1 };
    core.report(`request/${id}`, [{ type: 'RequestServed', data: { ...data, ttftMs: null, bytes: 1, usage: null } }], {
      by: 'traffic',
    });
    return core.state.seq;
  };
  const before = end(first, relay.id);
  await call('endpoint.update', { profile: 'work', id: relay.id, name: 'renamed' });
  const between = end(second, removed.id);
  await call('endpoint.remove', { profile: 'work', id: relay.id });
  await call('profile.remove', { name: 'gone' });
  const after = end(third, other.id);
  for (const [n, session] of sessions.entries()) end(third.replace('4f2a1c', `00000${n}`), other.id, session);
  const facts: Recorded[] = [];
  for await (const some of core.log.read(1)) facts.push(...some);
  return { log: new MemoryLog(facts), core, call, relay, other, removed, seqs: { before, between, after } };
}

describe('a session', () => {
  it('is meant by its id, or by the beginning that errors list', async () => {
    const { log } = await lived();
    const [a, b, c] = sessions;
    const whole = async (session: string) => (await ask(log, 'history.filters', { session })).filters.session;
    expect([await whole(String(a)), await whole('5c1fd3a0-2'), await whole('90AB12')]).toEqual([a, b, c]);
    await expect(whole('5c1f')).rejects.toMatchObject({
      code: 'QCC_SESSION_AMBIGUOUS',
      exit: 2,
      message: '"5c1f" may be 2 sessions: 5c1fd3a0-2, 5c1fd3a0-1',
    });
    for (const unknown of ['ffff', '90a', '', '90ab12cd-3333-4e5b-8a6e-2f00aa110004'])
      await expect(whole(unknown)).rejects.toMatchObject({
        code: 'QCC_HISTORY_FILTER',
        exit: 5,
        hint: expect.stringContaining('there are: 90ab12cd, 5c1fd3a0-2, 5c1fd3a0-1'),
      });
    // What may still come is waited for.
    expect((await ask(log, 'history.filters', { session: 'tomorrow', live: true })).filters).toEqual({
      session: 'tomorrow',
    });
    expect((await ask(log, 'history.filters', { session: '90ab12', live: true })).filters).toEqual({ session: c });
  });
});

describe('a filter', () => {
  it('is expanded from a beginning, a name, or an end as the history prints it', async () => {
    const { log, relay, other, removed } = await lived();
    const whole = async (filters: Filters) => (await ask(log, 'history.filters', filters)).filters;
    expect(await whole({ endpoint: other.id.slice(0, 5) })).toEqual({ endpoint: other.id });
    expect(await whole({ endpoint: 'work/other' })).toEqual({ endpoint: other.id });
    // Renamed, and removed since: by each name that it had.
    for (const endpoint of ['relay', 'renamed', relay.id, `endpoint/${relay.id}`])
      expect(await whole({ endpoint })).toEqual({ endpoint: relay.id });
    expect(await whole({ endpoint: 'old', profile: 'gone' })).toEqual({ endpoint: removed.id, profile: 'gone' });
    for (const request of ['4f2a1c', '…4f2a1c', 'request/…4f2a1c', third, `request/${third}`, '4F2A1C'])
      expect(await whole({ request })).toEqual({ request: third });
    expect(await whole({ stream: 'request/…4f2a1c' })).toEqual({ stream: `request/${third}` });
    expect(await whole({ stream: `endpoint/${other.id.slice(0, 6)}` })).toEqual({ stream: `endpoint/${other.id}` });
    expect(await whole({ type: 'RequestServed', stream: 'request' })).toEqual({
      type: 'RequestServed',
      stream: 'request',
    });
  });

  it.each<[Filters, string, number, string]>([
    [{ type: 'RequestServd' }, 'QCC_HISTORY_FILTER', 2, 'RequestServed'],
    [{ type: 'constructor' }, 'QCC_HISTORY_FILTER', 2, 'EndpointAdded'],
    [{ stream: 'requests' }, 'QCC_HISTORY_FILTER', 2, 'request'],
    [{ stream: 'endpoint/nobody' }, 'QCC_HISTORY_FILTER', 5, 'other'],
    [{ endpoint: 'othr' }, 'QCC_HISTORY_FILTER', 5, 'other'],
    [{ profile: 'wrok' }, 'QCC_HISTORY_FILTER', 5, 'work'],
    [{ session: 'nobody' }, 'QCC_HISTORY_FILTER', 5, '90ab12cd'],
    [{ request: 'ffffff' }, 'QCC_REQUEST_UNKNOWN', 5, 'qcc history'],
    [{ request: 'abc123' }, 'QCC_REQUEST_AMBIGUOUS', 2, ''],
  ])('%j matches nothing, or too much, and the error lists candidates', async (filters, code, exit, near) => {
    const { log } = await lived();
    await expect(ask(log, 'history.filters', filters)).rejects.toMatchObject({
      code,
      exit,
      hint: expect.stringContaining(near),
    });
  });

  it('lists both candidates for an end that two requests share', async () => {
    const { log } = await lived();
    await expect(ask(log, 'history.filters', { request: 'abc123' })).rejects.toMatchObject({
      message: expect.stringMatching(/: …(5abc123, …aabc123|aabc123, …5abc123)$/),
    });
  });

  it('for live output may name a future request', async () => {
    const { log } = await lived();
    expect(await ask(log, 'history.filters', { request: 'ffffff', live: true })).toEqual({
      filters: { request: 'ffffff' },
    });
  });

  it('accepts a type that a newer version has written here', async () => {
    const { log } = await lived();
    const fact = { seq: log.head + 1, at: 9, stream: 'gateway', version: 1, type: 'Newest', v: 1, data: {} };
    await log.append([{ ...fact, cause: null, by: 'x' } as unknown as Recorded], { sync: true });
    expect(await ask(log, 'history.filters', { type: 'Newest' })).toEqual({ filters: { type: 'Newest' } });
  });
});

describe('an explanation', () => {
  it('accepts the short form that the history prints, and uses the endpoints’ names of that time', async () => {
    const { log, relay, removed } = await lived();
    for (const about of ['4f2a1c', '…4f2a1c', 'request/…4f2a1c', third])
      expect(await ask(log, 'history.explain', { about })).toMatchObject({ request: third });
    expect(await ask(log, 'history.explain', { about: first })).toMatchObject({
      attempts: [{ endpoint: relay.id, name: 'work/relay' }],
    });
    expect(await ask(log, 'history.explain', { about: second })).toMatchObject({
      attempts: [{ endpoint: removed.id, name: 'gone/old' }],
    });
    await expect(ask(log, 'history.explain', { about: 'abc123' })).rejects.toMatchObject({
      code: 'QCC_REQUEST_AMBIGUOUS',
    });
    for (const about of ['ffffff', 'nonsense', 'request/…ffffff'])
      await expect(ask(log, 'history.explain', { about })).rejects.toMatchObject({ exit: 5 });
  });
});

describe('the name of an endpoint', () => {
  it('is the one that was valid when a fact was written, also after a rename and a removal', async () => {
    const { core, relay, other, removed, seqs } = await lived();
    const names = new Names(namesIn(core.state));
    expect(names.at(seqs.before)[relay.id]).toBe('work/relay');
    expect(names.at(seqs.between)[relay.id]).toBe('work/renamed');
    expect(names.at(seqs.between)[removed.id]).toBe('gone/old');
    expect(names.at(seqs.after)[relay.id]).toBe('work/renamed');
    expect(names.at(seqs.after)[other.id]).toBe('work/other');
    expect(names.latest['constructor']).toBeUndefined();
  });

  it('is kept over a restart from a snapshot', async () => {
    const { core, relay, seqs } = await lived();
    const { State } = await import('../../src/runtime/state.ts');
    const restored = State.from(JSON.parse(JSON.stringify(core.state)));
    if (!restored) throw new Error('a snapshot of today is of the form of today');
    expect(new Names(namesIn(restored)).at(seqs.before)[relay.id]).toBe('work/relay');
  });
});
