/** The sentence on top of the page says what routing does, and what the cards say. */
import { describe, expect, it } from 'vitest';
import type { PageEndpoint, PageState } from '../../src/contract/dashboard.ts';
import { headline as wordsEn } from '../../src/messages/en/page-headline.ts';
import { headline as wordsZh } from '../../src/messages/zh-CN/page-headline.ts';
import { headline, nextMove, shareOf } from '../../src/page/headline.ts';
import { shortSpan } from '../../src/platform/time.ts';
import { endpointOf, noon, stateOf } from './given.ts';

const said = {
  words: wordsEn,
  stateWord: (one: string) => one,
  why: (one: string) => one,
  rule: (one: string) => one,
  span: shortSpan,
};
const at = (seconds: number) => new Date(noon + seconds * 1_000).toISOString();

function tell(endpoints: readonly PageEndpoint[], more: Partial<PageState> = {}, words = wordsEn): string {
  return headline({ ...stateOf(endpoints), ...more }, noon, { ...said, words });
}

const one = (id: string, more: Partial<PageEndpoint> = {}) => endpointOf(id, { name: id, ...more });
const failed = (id: string, more: Partial<PageEndpoint> = {}) =>
  one(id, { state: 'failed', because: 'serverError', available: false, ...more });
const wait = (seconds: number, to = 'recovering') => ({
  next: [{ on: 'time', to, at: at(seconds), rule: 'outOver', params: { failure: 'serverError', times: 1 } } as const],
});

describe('who serves', () => {
  it('equals share the requests, and no order of theirs is told', () => {
    expect(tell([one('a'), one('b', { effectiveWeight: 900 })])).toBe(
      'work/a and work/b share the requests; if both fail, no other endpoint is left.',
    );
    expect(tell([one('a'), one('b')], {}, wordsZh)).toBe('work/a、work/b 分担请求；如果它们都失败，就没有别的端点了。');
  });

  it('is the first of the list where the strategy asks them in its order', () => {
    expect(tell([one('a'), one('b', { effectiveWeight: 900 })], { strategy: 'failover' })).toBe(
      'work/a serves; if work/a fails, work/b is next.',
    );
  });

  it('is the better priority; among equals a degraded one comes after the others, and one on trial last', () => {
    const all = [
      one('late', { priority: 2 }),
      one('trial', { state: 'recovering', ramp: 0 }),
      one('weak', { state: 'degraded', because: 'slow' }),
      one('well'),
    ];
    expect(tell(all)).toContain('work/well serves');
    expect(tell(all)).toContain('if work/well fails, work/weak is next');
    expect(tell(all.filter(({ name }) => name !== 'weak'))).toContain('if work/well fails, work/trial is next');
  });

  it('shares of traffic leave out one that takes single requests as trials', () => {
    const all = [one('a'), one('b', { state: 'recovering', ramp: 0 })];
    expect(all.map((each) => shareOf(each, all))).toEqual([1, null]);
  });
});

describe('who is ill', () => {
  it('is told with why, and with what comes first: the end of its wait, or the check before it', () => {
    expect(tell([one('a'), failed('b', wait(42))])).toContain(
      'work/b has failed (serverError), the next try is in 42 s',
    );
    const checked = failed('b', { ...wait(42), nextProbe: { at: at(24), depth: 'api', because: null } });
    expect(tell([one('a'), checked])).toContain('work/b has failed (serverError), the next check is in 24 s');
    expect(nextMove(checked, noon)).toEqual({ at: noon + 24_000, isCheck: true, to: 'recovering' });
  });

  it('is also one that is well here, and passed over for what another gateway of the fleet met', () => {
    const heard = { rule: 'heard', until: at(600) } as const;
    expect(tell([one('a', { heard, available: false }), one('b')])).toBe(
      'work/b serves; work/a is passed over (heard), the next try is in 10 min; if work/b fails, no other endpoint is left.',
    );
    // A hint puts it behind the others and keeps no request away: the card says so.
    expect(tell([one('a', { heard: { rule: 'hinted', until: at(60) } })])).not.toContain('passed over');
  });

  it('a check after the wait, or of one that is not ejected, is not told', () => {
    const late = { nextProbe: { at: at(60), depth: 'api', because: null } } as const;
    expect(nextMove(failed('b', { ...wait(42), ...late }), noon)).toMatchObject({ at: noon + 42_000, isCheck: false });
    expect(nextMove(one('b', { state: 'degraded', ...late }), noon)).toBeNull();
  });

  it('one that pauses says when it is what it was', () => {
    const paused = one('b', { state: 'degraded', because: 'rateLimit', available: false, ...wait(120, 'healthy') });
    expect(tell([one('a'), paused])).toContain('work/b is degraded (rateLimit), healthy in 2 min');
  });
});
