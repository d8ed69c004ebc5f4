/** The scale of the timeline, and the settings that are tried on the past. */
import { describe, expect, it } from 'vitest';
import { whatIfLine } from '../../src/page/terminal-line.ts';
import { ticksOf, timeScale } from '../../src/page/time-scale.ts';
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
