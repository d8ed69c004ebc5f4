/** The scale of the timeline, and the settings that are tried on the past. */
import { describe, expect, it } from 'vitest';
import { whatIfLine } from '../../src/page/terminal-line.ts';
import { axisTicks, openLength, ticksOf, timeScale } from '../../src/page/time-scale.ts';
import { triedIn } from '../../src/page/tried-settings.ts';

const minute = 60_000;

describe('the scale', () => {
  it('draws every second alike where nothing is folded', () => {
    const scale = timeScale(0, 100, [90], false);
    expect(scale.folds).toEqual([]);
    expect([0, 25, 100].map((at) => scale.at(at))).toEqual([0, 0.25, 1]);
  });

  it('folds what is quiet for long, and gives its room to what happened', () => {
    const scale = timeScale(0, 60 * minute, [58 * minute, 59 * minute], true);
    expect(scale.folds).toHaveLength(1);
    const wide = scale.at(60 * minute) - scale.at(58 * minute);
    expect(wide).toBeGreaterThan(0.4);
  });

  it('folds nothing where something happens all the time', () => {
    const busy = Array.from({ length: 30 }, (_, place) => place * 2 * minute);
    expect(timeScale(0, 60 * minute, busy, true).folds).toEqual([]);
  });

  it.each([true, false])('leads from an instant to its place and back, folded: %s', (isFolded) => {
    const scale = timeScale(1_000, 61_000, [20_000, 21_000, 50_000], isFolded);
    for (let at = 1_000; at <= 61_000; at += 500) expect(Math.abs(scale.instant(scale.at(at)) - at)).toBeLessThan(1);
  });

  it('keeps the order of instants', () => {
    const scale = timeScale(0, 60 * minute, [10 * minute, 40 * minute], true);
    const places = Array.from({ length: 61 }, (_, at) => scale.at(at * minute));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});

it('has round ticks, and at most as many as have room', () => {
  expect(ticksOf(61_000, 10 * minute, 8)).toEqual([5 * minute, 10 * minute]);
  expect(ticksOf(0, 24 * 60 * minute, 9).length).toBeLessThanOrEqual(9);
});

describe('the axis', () => {
  it('says where each fold ends, and no two labels stand in the same place', () => {
    const scale = timeScale(0, 60 * minute, [30 * minute, 58 * minute, 59 * minute], true);
    for (const gap of [0.085, 0.27]) {
      const ticks = axisTicks(scale, 0, 60 * minute, gap);
      expect(ticks.filter(({ fold }) => fold).map(({ at }) => at)).toEqual(scale.folds.map(({ to }) => to));
      const places = ticks.filter(({ fold }) => !fold).map(({ at }) => scale.at(at));
      for (const [place, at] of places.slice(1).entries())
        expect(at - (places[place] ?? 0)).toBeGreaterThanOrEqual(gap);
      for (const { at } of ticks.filter(({ fold }) => fold))
        expect(places.filter((one) => one > scale.at(at) && one < scale.at(at) + 1.5 * gap)).toEqual([]);
    }
  });

  it('has round seconds where little more than seconds is left', () => {
    const scale = timeScale(0, 15 * minute, [14.8 * minute, 14.9 * minute], true);
    const round = axisTicks(scale, 0, 15 * minute, 0.085).filter(({ fold }) => !fold);
    expect(round.length).toBeGreaterThan(2);
    expect(round.every(({ at }) => at % 1_000 === 0)).toBe(true);
    expect(openLength(0, 15 * minute, scale)).toBeLessThan(2 * minute);
  });
});

describe('settings that are tried', () => {
  it('are those that decide something that was recorded', () => {
    expect(triedIn({ 'failover.cooldown': '5', 'proxy.port': '1', since: '3600', at: '4' })).toEqual({
      'failover.cooldown': '5',
    });
  });

  it('are a command too', () => {
    expect(whatIfLine({ 'failover.cooldown': '5' }, '-24h')).toBe(
      'qcc history what-if --since -24h --set failover.cooldown=5',
    );
  });
});
