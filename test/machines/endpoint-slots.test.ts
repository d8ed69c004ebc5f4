/** Parts of a limit of requests at once: never more in all than the limit, but for one each, and in the end what is fair. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenPart, fairParts, type Part, partOf, wanted } from '../../machines/endpoint-slots.ts';

const members = ['a', 'b', 'c', 'd', 'e'];
const gateways = fc
  .array(fc.nat(40), { minLength: 1, maxLength: members.length })
  .map((wants) => wants.map((want, n) => ({ member: members[n] ?? '', wants: want + 1 })));
const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, one) => all + one, 0);

describe('the parts of a limit', () => {
  it('are never more than the limit, or one each, in whatever order gateways look, and are fair when all have looked twice', () => {
    const limits = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(gateways, limits, fc.array(fc.nat(4), { maxLength: 30 }), (all, limit, order) => {
        const parts = new Map<string, Part>();
        const look = (n: number) => {
          const one = all[n % all.length];
          if (!one) return;
          const others = [...parts.values()].filter(({ member }) => member !== one.member);
          parts.set(one.member, { ...one, taken: partOf(others, one.member, one.wants, limit) });
          expect(sum([...parts.values()].map(({ taken }) => taken))).toBeLessThanOrEqual(limit + all.length - 1);
        };
        for (const n of order) look(n);
        for (let round = 0; round < 3; round++) for (let n = 0; n < all.length; n++) look(n);
        const fair = fairParts([...parts.values()], limit);
        for (const { member, taken } of parts.values()) expect(taken).toBe(fair.get(member));
      }),
    );
  });

  it.each([
    ['one alone has all', [5], 20, [20]],
    ['two that want all have half each', [20, 20], 20, [10, 10]],
    ['who wants little leaves the rest to the other', [2, 20], 20, [2, 18]],
    ['what none wants is there for all', [2, 2], 20, [10, 10]],
    ['none is left without one', [5, 5, 5], 2, [1, 1, 1]],
  ])('%s', (_, wants, limit, expected) => {
    const parts = wants.map((want, n) => ({ member: members[n] ?? '', taken: 0, wants: want }));
    expect([...fairParts(parts, limit).values()]).toEqual(expected);
  });

  it('a gateway that has no room wants all, and another one a little more than it had', () => {
    expect(wanted({ peak: 3, isShort: true }, 20)).toBe(20);
    expect(wanted({ peak: 3, isShort: false }, 20)).toBe(5);
    expect(wanted({ peak: 20, isShort: false }, 20)).toBe(20);
    expect([evenPart(20, 3), evenPart(1, 3), evenPart(20, 0)]).toEqual([6, 1, 20]);
  });
});
