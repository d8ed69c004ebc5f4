import { describe, expect, it } from 'vitest';
import { Digest } from '../../src/notify/digest.ts';
import { allDown, failover, refusedKey } from './given.ts';

const windowMs = 60_000;
const gatherMs = 1_000;

describe('a digest', () => {
  it('waits for nothing while it is empty', () => {
    expect(new Digest().dueAt(windowMs)).toBeNull();
    expect(new Digest().take(0, windowMs)).toEqual([]);
  });

  it('reports the first notice after a moment, in which others join it', () => {
    const digest = new Digest();
    digest.add(refusedKey('11111111', 5), 5);
    digest.add(refusedKey('22222222', 6), 6);
    expect(digest.dueAt(windowMs)).toBe(5 + gatherMs);
    expect(digest.take(4 + gatherMs, windowMs)).toEqual([]);
    expect(digest.take(5 + gatherMs, windowMs)).toEqual([
      { notice: refusedKey('11111111', 5), count: 1 },
      { notice: refusedKey('22222222', 6), count: 1 },
    ]);
    expect(digest.dueAt(windowMs)).toBeNull();
  });

  it('reports repetitions once, when the window is over, with the newest words and a count', () => {
    const digest = new Digest();
    digest.add(failover(), 0);
    digest.take(gatherMs, windowMs);
    digest.add(failover('main', 'spare', 2_000), 2_000);
    digest.add(failover('main', 'other', 3_000), 3_000);
    expect(digest.dueAt(windowMs)).toBe(gatherMs + windowMs);
    expect(digest.take(gatherMs + windowMs - 1, windowMs)).toEqual([]);
    expect(digest.take(gatherMs + windowMs, windowMs)).toEqual([
      { notice: failover('main', 'other', 3_000), count: 2 },
    ]);
  });

  it('does not delay another profile, or another kind', () => {
    const digest = new Digest();
    digest.add(failover('main'), 0);
    digest.take(gatherMs, windowMs);
    digest.add(failover('spare'), 2_000);
    digest.add(allDown(2_000), 2_000);
    expect(digest.take(2_000 + gatherMs, windowMs)).toHaveLength(2);
  });

  it('reports at once again when the window has passed without a repetition', () => {
    const digest = new Digest();
    digest.add(failover(), 0);
    digest.take(gatherMs, windowMs);
    digest.add(failover(), 2 * windowMs);
    expect(digest.dueAt(windowMs)).toBe(2 * windowMs + gatherMs);
  });

  it('gathers no longer than the window lasts', () => {
    const digest = new Digest();
    digest.add(failover(), 0);
    expect(digest.dueAt(50)).toBe(50);
  });

  it('is not silenced by a clock that was set back', () => {
    const digest = new Digest();
    digest.add(failover(), 1_000_000);
    digest.take(1_000_000 + gatherMs, windowMs);
    digest.add(failover(), 1_000_100);
    expect(digest.take(500, windowMs)).toHaveLength(1);
  });

  it('returns everything at the end', () => {
    const digest = new Digest();
    digest.add(failover('main', 'spare', 2), 2);
    digest.add(allDown(1), 2);
    expect(digest.takeAll(3).map(({ notice }) => notice.kind)).toEqual(['all_down', 'failover']);
    expect(digest.takeAll(3)).toEqual([]);
  });
});
