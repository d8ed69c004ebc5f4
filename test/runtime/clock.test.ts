import { describe, expect, it } from 'vitest';
import { steady } from '../../src/platform/clock.ts';

describe('the steady clock', () => {
  let wall = 0;
  let monotonic = 0;
  const pass = (ms: number) => {
    wall += ms;
    monotonic += ms;
  };
  const begun = () => {
    wall = 1_000_000;
    monotonic = 50;
    return steady(
      () => wall,
      () => monotonic,
    );
  };

  it('is the wall clock while that is not set', () => {
    const now = begun();
    expect(now()).toBe(1_000_000);
    pass(250);
    expect(now()).toBe(1_000_250);
  });

  it('continues from where it was when the wall clock is set back', () => {
    const now = begun();
    now();
    wall -= 86_400_000;
    expect(now()).toBe(1_000_000);
    pass(10_000);
    expect(now()).toBe(1_010_000);
  });

  it('follows the wall clock forward, as after a sleep', () => {
    const now = begun();
    now();
    wall += 3_600_000;
    expect(now()).toBe(4_600_000);
  });

  it('returns whole milliseconds', () => {
    const now = begun();
    now();
    wall -= 1_000;
    monotonic += 0.7;
    expect(now()).toBe(1_000_000);
  });
});
