/** What the page shows of the past: its state, its chart and its lists are those that were lived. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, type ProfileName, type RequestId, streams } from '../../events/ids.ts';
import { hourMs, minuteMs } from '../../events/units.ts';
import type { Bands, PageState, RequestRow } from '../../src/contract/dashboard.ts';
import type { Params } from '../../src/contract/operations.ts';
import { settingsThen, stateAt } from '../../src/history/moment.ts';
import { pageState } from '../../src/history/page-state.ts';
import { ask } from '../../src/history/questions.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import type { ReadableLog } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { stepped } from '../../src/page/change.ts';
import type { State } from '../../src/runtime/state.ts';
import { kept, logFolder } from '../log/facts.ts';
import { Chance } from '../simulation/chance.ts';
import { memoryInstallation } from '../support/installation.ts';
import { attemptFailed, coreWithLadder, endpointSettings, first, noon, second } from '../support/world.ts';
import { dayWith } from './lived-day.ts';

const plain = <Value>(value: Value) => JSON.parse(JSON.stringify(value)) as Value;

const shown = (state: State): PageState =>
  plain(pageState(state, settingsThen(state), { now: state.at, probes: new Map(), live: null, requests: () => [] }));

const livedDay = dayWith({ seed: 12, requests: 2_000, share: 0.1, look: shown });

/** On the disk, with snapshots in between. */
async function onDisk(facts: readonly Recorded[], everyFacts = 250) {
  const log = kept(await LevelLog.open(logFolder()));
  for (let from = 0; from < facts.length; from += everyFacts) {
    await log.append(facts.slice(from, from + everyFacts), { sync: false });
    const state = await stateAt(log, log.head);
    await log.saveSnapshot('state', { seq: log.head, data: state.toJSON() });
  }
  return log;
}

const ms = (text: string) => Date.parse(text);

/** One after the other, without a gap if `whole`, and within the chart. */
function expectInOrder(spans: readonly { from: string; to: string }[], chart: Bands, whole: boolean): void {
  for (const [i, { from, to }] of spans.entries()) {
    expect(ms(to)).toBeGreaterThan(ms(from));
    const before = spans[i - 1];
    if (before && whole) expect(from).toBe(before.to);
    else if (before) expect(ms(from)).toBeGreaterThanOrEqual(ms(before.to));
  }
  if (spans.length === 0) return;
  expect(ms(spans[0]?.from ?? '')).toBeGreaterThanOrEqual(ms(chart.from));
  expect(ms(spans.at(-1)?.to ?? '')).toBeLessThanOrEqual(ms(chart.to));
  if (whole) expect([spans[0]?.from, spans.at(-1)?.to]).toEqual([chart.from, chart.to]);
}

const at = <Span extends { from: string; to: string }>(spans: readonly Span[], instant: number) =>
  spans.find(({ from, to }) => ms(from) <= instant && instant < ms(to));

describe('the state of a past moment', () => {
  it('is the one that the page showed then: 25 random moments of a simulated day', async () => {
    const { facts, seen } = await livedDay();
    const log = await onDisk(facts);
    const chance = new Chance(3, 'moments');
    for (let i = 0; i < 25; i++) {
      const then = chance.pick(seen as [PageState, ...PageState[]]);
      expect(plain(await ask(log, 'dashboard.state', { moment: { seq: then.seq } }))).toEqual(then);
    }
    expect(plain(await ask(log, 'dashboard.state', {}))).toEqual(shown(await stateAt(log, log.head)));
  });

  it('leads to the ones after it by what each fact has changed', async () => {
    const { facts } = await livedDay();
    const log = await onDisk(facts);
    const chance = new Chance(4, 'steps');
    for (let i = 0; i < 12; i++) {
      const from = chance.whole(1, facts.length - 60);
      const { steps = [], ...first } = await ask(log, 'dashboard.state', { moment: { seq: from }, steps: 48 });
      expect(steps.map(({ seq }) => seq)).toEqual(Array.from({ length: 48 }, (_, n) => from + 1 + n));
      let state: PageState = first;
      for (const step of plain(steps)) {
        state = stepped(state, step);
        if (step.seq % 5 === 0)
          expect(plain(state)).toEqual(plain(await ask(log, 'dashboard.state', { moment: { seq: step.seq } })));
      }
    }
    const end = await ask(log, 'dashboard.state', { moment: { seq: log.head - 2 }, steps: 48 });
    expect(end.steps?.map(({ seq }) => seq)).toEqual([log.head - 1, log.head]);
  });

  it('tells the queue, the settings and the snapshots as they were then', async () => {
    const { call, core } = await memoryInstallation();
    const before = { seq: core.state.seq };
    await call('config.set', { key: 'failover.cooldown', value: '77' });
    await call('config.snapshot', { description: 'quiet' });
    const between = { seq: core.state.seq };
    await call('config.set', { key: 'failover.cooldown', value: '88' });
    const cooldownAt = async (params: Params<'config.list'>) =>
      (await call('config.list', params)).settings['failover.cooldown'];
    expect(await cooldownAt({ moment: before })).toMatchObject({ origin: 'default' });
    expect(await cooldownAt({ moment: between })).toMatchObject({ origin: 'set', value: 77 });
    expect(await cooldownAt({})).toMatchObject({ origin: 'set', value: 88 });
    expect((await call('config.snapshots', { moment: before })).snapshots).toEqual([]);
    expect((await call('config.snapshots', { moment: between })).snapshots).toMatchObject([{ description: 'quiet' }]);
    expect((await call('queue.list', { moment: between })).items).toEqual([]);
    await expect(call('queue.list', { moment: { seq: 9_999 } })).rejects.toMatchObject({ code: 'QCC_HISTORY_UNKNOWN' });
  });

  it('is named by its instant as well, which is its clock', async () => {
    const { facts } = await livedDay();
    const log = await onDisk(facts);
    const instant = facts[900]?.at ?? 0;
    const then = await ask(log, 'dashboard.state', { moment: { at: instant + 1 } });
    expect(then.now).toBe(new Date(instant + 1).toISOString());
    expect(then.seq).toBe(facts.findLast((one) => one.at <= instant + 1)?.seq);
  });
});

describe('the state of now', () => {
  it('says what the status of health, ladder and queue say', async () => {
    const { call, core, installation } = await memoryInstallation();
    for (const [name, tier] of [
      ['main', 'primary'],
      ['spare', 'secondary'],
      ['aside', undefined],
    ] as const) {
      await call('profile.add', { name, ...(tier && { tier }) });
      for (const baseUrl of ['https://a.test', 'https://b.test'])
        await call('endpoint.add', { profile: name, baseUrl, key: 'sk-ant-0123456789abcdef' });
    }
    const [one] = (await call('endpoint.list', { profile: 'main' })).endpoints;
    const id = (one?.id ?? '') as EndpointId;
    for (let i = 0; i < 3; i++) core.tellEndpoint(id, attemptFailed('credential'), { by: 'traffic' });
    await call('priority.switch', { profile: 'spare' } as never);
    const state = await call('dashboard.state', {});
    expect(state.ladder).toEqual(await call('priority.list', {}));
    expect(state.queue).toEqual(await call('queue.status', {}));
    const { endpoints } = await call('health.status', {});
    const rows = state.profiles.flatMap((profile) => profile.endpoints);
    expect(rows).toHaveLength(6);
    for (const row of rows) {
      expect(row).toMatchObject(endpoints.find((other) => other.id === row.id) ?? { id: 'unknown' });
      const { baseUrl, priority, enabled, maxFailures } = await call('endpoint.show', {
        profile: row.profile,
        id: row.id,
      });
      expect(row).toMatchObject({ baseUrl, priority, enabled, maxFailures });
    }
    expect(rows.find((row) => row.id === id)?.state).toBe('failed');
    expect(state.profiles.map(({ name, active, isOnLadder }) => [name, active, isOnLadder])).toEqual([
      ['main', false, true],
      ['spare', true, true],
      ['aside', false, false],
    ]);
    expect(state).toMatchObject({ seq: core.state.seq, live: null, network: 'online' });
    expect(installation.settings()['dashboard.port']).toBe(7861);
  });
});

describe('the chart', () => {
  it('covers the time without a gap or an overlap, and agrees with the history at 50 random instants', async () => {
    const { facts } = await livedDay();
    const log = await onDisk(facts);
    const [begin, end] = [facts[0]?.at ?? 0, facts.at(-1)?.at ?? 0];
    const chance = new Chance(5, 'instants');
    const within = (from: number, to: number) => from + Math.floor(chance.next() * (to - from));
    for (let round = 0; round < 5; round++) {
      const from = round === 0 ? begin - hourMs : within(begin, end);
      const to = round === 0 ? end + hourMs : within(from + 1, end + hourMs);
      const chart = await ask(log, 'dashboard.bands', { from, to, buckets: 7 });
      expect([ms(chart.from), ms(chart.to), chart.coarse, chart.marksLeftOut]).toEqual([from, to, false, 0]);
      expectInOrder(chart.active, chart, true);
      for (const { spans } of chart.endpoints) expectInOrder(spans, chart, false);
      for (let i = 0; i < 10; i++) {
        const instant = within(from, Math.min(to, end));
        const then = await ask(log, 'dashboard.state', { moment: { at: instant } });
        expect(at(chart.active, instant)?.profile ?? null).toBe(then.ladder.active);
        const bands = chart.endpoints.flatMap(({ endpoint, spans }) => {
          const span = at(spans, instant);
          return span ? [[endpoint, span.state, span.because]] : [];
        });
        const rows = then.profiles.flatMap((profile) =>
          profile.endpoints.map(({ id, state, because }) => [id, state, because]),
        );
        expect(bands.sort()).toEqual(rows.sort());
      }
      const requests = facts.filter(
        ({ stream, type, at: when }) =>
          stream.startsWith('request/') && type !== 'RequestCancelled' && when >= from && when <= to,
      );
      expect(chart.buckets).toHaveLength(7);
      const counted = chart.buckets.reduce((sum, { answered, moved, failed }) => sum + answered + moved + failed, 0);
      expect(counted).toBe(requests.length);
      const moved = (await everyRequest(log, { moved: true })).filter(({ seq }) =>
        requests.some((one) => one.seq === seq),
      );
      expect(chart.buckets.reduce((sum, one) => sum + one.moved, 0)).toBe(moved.length);
    }
  });

  it('names the facts that began each span, and those that are marks', async () => {
    const { facts } = await livedDay();
    const log = new MemoryLog(facts);
    const chart = await ask(log, 'dashboard.bands', { from: 0, to: facts.at(-1)?.at ?? 0 });
    const typeOf = (seq: number) => facts.find((one) => one.seq === seq)?.type;
    for (const { endpoint, spans } of chart.endpoints)
      for (const { seq, from } of spans) {
        const fact = facts.find((one) => one.seq === seq);
        expect(new Date(fact?.at ?? 0).toISOString()).toBe(from);
        expect(fact?.stream === `endpoint/${endpoint}` || fact?.stream.startsWith('profile/')).toBe(true);
      }
    expect(new Set(chart.marks.map(({ kind }) => kind)).size).toBeGreaterThan(2);
    for (const { kind, seq } of chart.marks)
      if (kind === 'switch') expect(['FailedOver', 'Recovered', 'SwitchedByHand']).toContain(typeOf(seq));
  });

  it('ends the band of a removed endpoint, goes on when it comes back, and calls it as it was called last', async () => {
    const { core, log, world } = await coreWithLadder();
    const main = streams.profile('main' as ProfileName);
    const tell = (type: string, data: object) => {
      world.pass(minuteMs);
      core.report(main, [{ type, data } as never], { by: 'cli' });
    };
    tell('EndpointChanged', { endpoint: first, changes: { name: 'renamed' } });
    tell('EndpointRemoved', { endpoint: first });
    const gone = await ask(log, 'dashboard.bands', { from: noon - minuteMs, to: noon + 3 * minuteMs });
    const spansOf = ({ endpoints }: Bands) => endpoints.find(({ endpoint }) => endpoint === first);
    expect(spansOf(gone)).toMatchObject({
      name: 'main/renamed',
      spans: [{ from: new Date(noon).toISOString(), to: new Date(noon + 2 * minuteMs).toISOString() }],
    });
    tell('EndpointAdded', endpointSettings(first));
    const back = await ask(log, 'dashboard.bands', { from: noon, to: noon + 5 * minuteMs });
    expect(spansOf(back)?.spans.map(({ from, to }) => [ms(from) - noon, ms(to) - noon])).toEqual([
      [0, 2 * minuteMs],
      [3 * minuteMs, 5 * minuteMs],
    ]);
    expect(back.endpoints.map(({ endpoint }) => endpoint).sort()).toEqual([first, second]);
  });

  it('of very much is bounded, says so, and still covers the time', async () => {
    const { core, log, world } = await coreWithLadder();
    for (let i = 0; i < 2_500; i++) {
      world.pass(1_000);
      core.tellEndpoint(first, { type: 'EndpointDisabled', data: {} }, { by: 'cli' });
      world.pass(1_000);
      core.tellEndpoint(first, { type: 'EndpointEnabled', data: {} }, { by: 'cli' });
    }
    const chart = await ask(log, 'dashboard.bands', { from: noon, to: world.at });
    const band = chart.endpoints.find((one) => one.endpoint === first);
    expect(chart.coarse).toBe(true);
    expect(band?.spans.length).toBeGreaterThan(500);
    expect(band?.spans.length).toBeLessThanOrEqual(2_000);
    expectInOrder(band?.spans ?? [], chart, true);
    expect(chart.marks.length).toBeLessThanOrEqual(500);
  });

  it('begins where a trimmed log begins, and tells nothing of what came before', async () => {
    const { facts } = await livedDay();
    const log = await onDisk(facts, 1_000);
    await log.trim(1_001);
    const chart = await ask(log, 'dashboard.bands', { from: 0, to: facts.at(-1)?.at ?? 0 });
    expect(ms(chart.from)).toBe(facts[1_000]?.at);
    expectInOrder(chart.active, chart, true);
  });

  it('of an empty log, of an instant, and of a time that was turned round, is empty and no error', async () => {
    const { facts } = await livedDay();
    expect(await ask(new MemoryLog(), 'dashboard.bands', {})).toMatchObject({ endpoints: [], marks: [] });
    const log = new MemoryLog(facts);
    const instant = facts[500]?.at ?? 0;
    for (const from of [instant, instant + hourMs]) {
      const chart = await ask(log, 'dashboard.bands', { from, to: instant });
      expect(chart.from).toBe(chart.to);
      expect(chart.endpoints.every(({ spans }) => spans.length === 0)).toBe(true);
    }
  });
});

async function everyRequest(log: ReadableLog, filters: Params<'dashboard.requests'>): Promise<readonly RequestRow[]> {
  const rows: RequestRow[] = [];
  let before: number | undefined;
  do {
    const page = await ask(log, 'dashboard.requests', { ...filters, ...(before === undefined ? {} : { before }) });
    expect(page.rows.length).toBeLessThanOrEqual(filters.limit ?? 100);
    rows.push(...page.rows);
    before = page.next ?? undefined;
  } while (before !== undefined);
  return rows;
}

describe('the list of requests', () => {
  it('is walked by its cursor, each request once, newest first, whatever the length of a page', async () => {
    const { facts } = await livedDay();
    const log = new MemoryLog(facts);
    const all = facts.filter(({ stream }) => stream.startsWith('request/')).map(({ seq }) => seq);
    for (const limit of [17, 99, 100]) {
      const rows = await everyRequest(log, { limit });
      expect(rows.map(({ seq }) => seq)).toEqual([...all].reverse());
    }
    expect((await ask(log, 'dashboard.requests', { limit: 0 })).rows).toHaveLength(1);
    expect(await ask(log, 'dashboard.requests', { before: 1 })).toEqual({ rows: [], next: null });
    const far = await ask(log, 'dashboard.requests', { before: Number.MAX_SAFE_INTEGER });
    expect(far.rows[0]?.seq).toBe(all.at(-1));
  });

  it('holds with each filter exactly the requests that the filter names', async () => {
    const { facts } = await livedDay();
    const log = new MemoryLog(facts);
    const all = await everyRequest(log, {});
    const byHand = (keeps: (row: RequestRow) => boolean) => all.filter(keeps).map(({ seq }) => seq);
    const some = <Key extends 'endpoint' | 'profile' | 'session' | 'model'>(key: Key) =>
      all.find((row) => row[key] !== null)?.[key] ?? '';
    const dataOf = (seq: number) => facts.find((one) => one.seq === seq) as Recorded;
    const attemptsOf = (seq: number) => (dataOf(seq).data as { attempts: { endpoint: string }[] }).attempts;
    const median = all.map(({ durationMs }) => durationMs).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
    const moved = (row: RequestRow) =>
      row.outcome === 'answered' && attemptsOf(row.seq).length > 1 && attemptsOf(row.seq)[0]?.endpoint !== row.endpoint;
    const filters: readonly (readonly [Params<'dashboard.requests'>, (row: RequestRow) => boolean])[] = [
      ...(['endpoint', 'profile', 'session', 'model'] as const).map(
        (key) => [{ [key]: some(key) }, (row: RequestRow) => row[key] === some(key)] as const,
      ),
      ...(['answered', 'failed', 'cancelled'] as const).map(
        (outcome) => [{ outcome }, (row: RequestRow) => row.outcome === outcome] as const,
      ),
      [{ moved: true }, moved],
      [{ moved: false }, (row) => !moved(row)],
      [{ slowerThan: median }, (row) => row.durationMs >= median],
      [{ outcome: 'answered', slowerThan: median }, (row) => row.outcome === 'answered' && row.durationMs >= median],
      [{ model: 'none of these' }, () => false],
    ];
    for (const [filter, keeps] of filters) {
      const rows = await everyRequest(log, filter);
      expect(
        rows.map(({ seq }) => seq),
        JSON.stringify(filter),
      ).toEqual(byHand(keeps));
      if (filter.model !== 'none of these') expect(rows.length, JSON.stringify(filter)).toBeGreaterThan(0);
    }
  });

  it('reads at most 50,000 facts for a page, and goes on from there', async () => {
    const many = Array.from({ length: 60_000 }, (_, i) => served(i + 1, i === 0 ? 'rare' : 'common'));
    const log = new MemoryLog(many);
    const page = await ask(log, 'dashboard.requests', { model: 'rare' });
    expect(page).toEqual({ rows: [], next: 10_001 });
    expect((await everyRequest(log, { model: 'rare' })).map(({ seq }) => seq)).toEqual([1]);
  });
});

function served(seq: number, model: string): Recorded {
  return {
    seq,
    at: noon + seq,
    stream: streams.request(`r${seq}` as RequestId),
    version: 1,
    type: 'RequestServed',
    v: 1,
    cause: null,
    by: 'proxy',
    data: {
      attempts: [],
      durationMs: 1,
      status: 200,
      session: null,
      model,
      stream: true,
      path: '/v1/messages',
      ttftMs: 1,
      endpoint: first,
      profile: 'main',
      usage: null,
    },
  } as never;
}

it('an endpoint is available as routing sees it: without health awareness, a failure keeps no traffic away', async () => {
  const { facts } = await livedDay();
  const failed = facts.find(({ type, data }) => type === 'EndpointFailed' && !(data as { held: boolean }).held);
  const state = await stateAt(new MemoryLog(facts), failed?.seq ?? 0);
  const available = (healthAware: boolean) => {
    const settings = { ...settingsThen(state), 'loadbalancer.health_aware': healthAware };
    const { profiles } = pageState(state, settings, {
      now: state.at,
      probes: new Map(),
      live: null,
      requests: () => [],
    });
    const all = profiles.flatMap(({ endpoints }) => endpoints);
    return all.find(({ id }) => streams.endpoint(id as EndpointId) === failed?.stream)?.available;
  };
  expect([available(true), available(false)]).toEqual([false, true]);
});
