/** Ids that sort by time. */
import { describe, expect, it } from 'vitest';
import { timeOf, uuidv7 } from '../../src/platform/uuid.ts';

const at = Date.parse('2026-01-31T14:03:22.123Z');

describe('an id', () => {
  it('has the form of version 7, and holds its instant', () => {
    const id = uuidv7(at);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeOf(id)).toBe(at);
  });

  it('is another one each time, also beyond one block of random bytes', () => {
    const ids = Array.from({ length: 2_000 }, () => uuidv7(at));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts after those of an earlier millisecond', () => {
    const ids = [0, 1, 2, 1_000, 100_000].map((later) => uuidv7(at + later));
    expect([...ids].sort()).toEqual(ids);
  });
});
