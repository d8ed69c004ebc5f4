import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DamagedRecord,
  factKey,
  factsBetween,
  numberOf,
  numberValue,
  pack,
  seqOf,
  snapshotKey,
  snapshotsUpTo,
  streamFrom,
  streamKey,
  unpack,
} from '../../src/log/codec.ts';

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
// No name holds a zero byte: that is where the number begins.
const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const within = (key: Buffer, { gte, lt }: { gte: Buffer; lt: Buffer }) => key.compare(gte) >= 0 && key.compare(lt) < 0;

describe('keys of the log', () => {
  it('sort by their numbers, beyond 32 bits too', () => {
    fc.assert(
      fc.property(number, number, name, (a, b, stream) => {
        const order = Math.sign(a - b);
        expect(Math.sign(factKey(a).compare(factKey(b)))).toBe(order);
        expect(Math.sign(streamKey(stream, a).compare(streamKey(stream, b)))).toBe(order);
        expect(Math.sign(snapshotKey(stream, a).compare(snapshotKey(stream, b)))).toBe(order);
      }),
    );
  });

  it('decode to their number', () => {
    fc.assert(
      fc.property(number, name, (n, stream) => {
        expect(seqOf(factKey(n))).toBe(n);
        expect(seqOf(streamKey(stream, n))).toBe(n);
        expect(numberOf(numberValue(n))).toBe(n);
      }),
    );
  });

  it('of a range include both ends', () => {
    fc.assert(
      fc.property(number, number, number, (n, from, to) => {
        expect(within(factKey(n), factsBetween(from, to))).toBe(from <= n && n <= to);
        expect(within(factKey(n), factsBetween(from, Number.POSITIVE_INFINITY))).toBe(from <= n);
      }),
    );
  });

  it('of one stream, and of one snapshot, never match another', () => {
    fc.assert(
      fc.property(name, name, number, (a, b, n) => {
        expect(within(streamKey(b, n), streamFrom(a, 0))).toBe(a === b);
        const { gte, lte } = snapshotsUpTo(a, Number.POSITIVE_INFINITY);
        const key = snapshotKey(b, n);
        expect(key.compare(gte) >= 0 && key.compare(lte) <= 0).toBe(a === b);
      }),
    );
  });

  it('of facts, streams and snapshots do not overlap', () => {
    fc.assert(
      fc.property(name, number, (text, n) => {
        const { gte, lt } = factsBetween(0, Number.POSITIVE_INFINITY);
        expect(within(streamKey(text, n), { gte, lt })).toBe(false);
        expect(within(snapshotKey(text, n), { gte, lt })).toBe(false);
        expect(within(snapshotKey(text, n), streamFrom(text, 0))).toBe(false);
      }),
    );
  });
});

describe('values of the log', () => {
  it('decode to their JSON form', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(unpack(pack(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('reveal every flipped bit', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 0, max: 7 }), (value, place, bit) => {
        const bytes = pack(value);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(() => unpack(bytes)).toThrow(DamagedRecord);
      }),
    );
  });

  it('reveal a truncated end', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, place) => {
        const bytes = pack(value);
        expect(() => unpack(bytes.subarray(0, place % bytes.length))).toThrow(DamagedRecord);
      }),
    );
  });
});
