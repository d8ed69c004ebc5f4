/** What the page computes of what it hears. */
import { describe, expect, it } from 'vitest';
import type { Bands, PageChange, PageEndpoint, PageState } from '../../src/contract/dashboard.ts';
import { changed, newest, withLive } from '../../src/page/change.ts';
import { EventReader } from '../../src/page/event-stream.ts';
import { shareOf } from '../../src/page/headline.ts';
import { bytesText, countText, dollarText, durationText, percentText } from '../../src/page/number-text.ts';
import { elsewhere, fragmentOf, momentIn, placeOf, withOptions } from '../../src/page/place.ts';
import { bandsAfter, piecesOf } from '../../src/page/spans.ts';
import { terminalLine } from '../../src/page/terminal-line.ts';
import { endpointOf, noon, stateOf } from './given.ts';

describe('the stream', () => {
  const whole = ': open\n\nevent: facts\nid: 7\ndata: {"a":"1"}\n\nevent: closed\ndata: {}\n\n';

  it('is the same in whatever pieces it comes', () => {
    const told = [
      { event: 'facts', id: 7, data: '{"a":"1"}' },
      { event: 'closed', id: null, data: '{}' },
    ];
    for (let cut = 0; cut <= whole.length; cut++) {
      const reader = new EventReader();
      expect([...reader.take(whole.slice(0, cut)), ...reader.take(whole.slice(cut))]).toEqual(told);
    }
  });

  it('keeps what is not complete to itself', () => {
    expect(new EventReader().take('event: facts\nid: 7\ndata: {}\n')).toEqual([]);
  });
});

describe('a change', () => {
  const state = stateOf([endpointOf('a'), endpointOf('b')]);
  const change: PageChange = {
    now: '2026-01-01T12:00:05.000Z',
    at: '2026-01-01T12:00:04.000Z',
    state: null,
    endpoints: [endpointOf('b', { state: 'failed' })],
    queue: null,
    live: null,
    facts: [],
    skipped: 0,
  };

  it('replaces the endpoints that it is about, and leaves the others', () => {
    const after = changed(state, change, 12);
    expect(after.seq).toBe(12);
    expect(after.profiles[0]?.endpoints.map(({ id, state: is }) => [id, is])).toEqual([
      ['a', 'healthy'],
      ['b', 'failed'],
    ]);
    expect(after.profiles[0]?.endpoints[0]).toBe(state.profiles[0]?.endpoints[0]);
  });

  it('that brings the whole state replaces all of it', () => {
    const whole = { ...state, seq: 99 };
    expect(changed(state, { ...change, state: whole }, 98)).toBe(whole);
  });

  it('of what runs leaves the rest', () => {
    expect(withLive(state, { now: change.now, live: null, running: [] })).toEqual({ ...state, now: change.now });
  });

  it('adds facts once, and keeps the newest', () => {
    const [one, two, three] = [{ seq: 1 }, { seq: 2 }, { seq: 3 }];
    expect(newest([one, two], [two, three], 2)).toEqual([two, three]);
    const rows = [one, two];
    expect(newest(rows, [two], 2)).toBe(rows);
  });
});

describe('a place', () => {
  it.each(['#/now', '#/endpoint/3f9a2c1b', '#/requests?endpoint=a&at=12', '#/request/a%2Fb'])(
    '%s is read and written alike',
    (given) => {
      expect(fragmentOf(placeOf(given))).toBe(given);
    },
  );

  it.each(['', '#', '#/nowhere', '#t=ticket'])('"%s" leads to the first view', (given) => {
    expect(placeOf(given).view).toBe('now');
  });

  it('with a broken escape is taken as it is', () => {
    expect(placeOf('#/request/%').about).toBe('%');
  });

  it('keeps its moment when one goes elsewhere, and nothing else', () => {
    const place = placeOf('#/requests?endpoint=a&at=12');
    expect(momentIn(place)).toBe(12);
    expect(fragmentOf(elsewhere(place, 'endpoint', 'b'))).toBe('#/endpoint/b?at=12');
    expect(fragmentOf(withOptions(place, { at: null }))).toBe('#/requests?endpoint=a');
    expect(momentIn(placeOf('#/now?at=soon'))).toBeNull();
  });
});

describe('the command of an action', () => {
  it.each([
    [{ operation: 'priority.switch', params: { profile: 'work' } }, 'qcc priority switch work'],
    [{ operation: 'priority.release', params: {} }, 'qcc priority switch --release'],
    [{ operation: 'endpoint.disable', params: { profile: 'wörk', id: 'a1' } }, "qcc endpoint disable 'wörk' a1"],
    [
      { operation: 'config.set', params: { key: 'queue.ttl', value: "it's" } },
      String.raw`qcc config set queue.ttl 'it'\''s'`,
    ],
    [{ operation: 'config.rollback', params: { to: { snapshot: 's12' } } }, 'qcc config rollback s12'],
    [{ operation: 'queue.clear', params: {} }, 'qcc queue clear'],
    [{ operation: 'queue.drop', params: { id: '3f2a' } }, 'qcc queue drop 3f2a'],
  ] as const)('%j is %s', (action, line) => {
    expect(terminalLine(action)).toBe(line);
  });
});

describe('the bands', () => {
  const state = stateOf([endpointOf('a')]);
  const bands: Bands = {
    from: new Date(noon - 3_600_000).toISOString(),
    to: state.now,
    fromSeq: 1,
    toSeq: 10,
    active: [{ from: new Date(noon - 3_600_000).toISOString(), to: state.now, seq: null, profile: 'work' }],
    endpoints: [
      {
        endpoint: 'a',
        name: 'work/a',
        spans: [
          { from: new Date(noon - 3_600_000).toISOString(), to: state.now, seq: null, state: 'healthy', because: null },
        ],
      },
    ],
    marks: [],
    marksLeftOut: 0,
    coarse: false,
    buckets: [],
  };
  const later = (more: Partial<PageEndpoint>): PageState => ({
    ...stateOf([endpointOf('a', more)]),
    seq: 11,
    now: new Date(noon + 5_000).toISOString(),
  });

  it('grow while nothing changes', () => {
    expect(bandsAfter(bands, later({})).endpoints[0]?.spans).toEqual([
      { ...bands.endpoints[0]?.spans[0], to: new Date(noon + 5_000).toISOString() },
    ]);
  });

  it('get a new span when a state changes, from when it did', () => {
    const since = new Date(noon + 3_000).toISOString();
    const spans = bandsAfter(bands, later({ state: 'failed', because: 'timeout', since })).endpoints[0]?.spans;
    expect(spans?.map(({ state: is, from, to }) => [is, from, to])).toEqual([
      ['healthy', bands.from, since],
      ['failed', since, new Date(noon + 5_000).toISOString()],
    ]);
  });

  it('are cut where the picture ends, and what is short is seen all the same', () => {
    const span = (from: number, to: number) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    const pieces = piecesOf(
      [span(-50, 0), span(0, 500), span(500, 500), span(500, 2_000), span(3_000, 4_000)],
      0,
      1_000,
      0.01,
    );
    expect(pieces.map(({ x, width }) => [x, width])).toEqual([
      [0, 0.01],
      [0, 0.5],
      [0.5, 0.01],
      [0.5, 0.5],
    ]);
  });
});

it('shares traffic by weight among those that take it, at one priority', () => {
  const all = [
    endpointOf('a', { effectiveWeight: 30 }),
    endpointOf('b', { effectiveWeight: 10 }),
    endpointOf('c', { state: 'failed', until: new Date(noon + 1).toISOString() }),
    endpointOf('d', { priority: 2 }),
  ];
  expect(all.map((one) => shareOf(one, all))).toEqual([0.75, 0.25, null, 1]);
});

it.each([
  [durationText(840), '840 ms'],
  [durationText(3_240), '3.2 s'],
  [durationText(59_700), '1 min'],
  [durationText(185_000), '3 min 5 s'],
  [durationText(7_440_000), '2 h 4 min'],
  [percentText(0.999), '99 %'],
  [percentText(0.001), '1 %'],
  [percentText(1), '100 %'],
  [countText(9_999), '9999'],
  [countText(14_230), '14.2 k'],
  [bytesText(1_536), '1.5 KiB'],
  [dollarText(0.0123), '$0.0123'],
  [dollarText(12.345), '$12.35'],
])('writes %s as %s', (written, wanted) => {
  expect(written).toBe(wanted);
});
