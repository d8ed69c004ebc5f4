import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BeyondBounds, parseBounded, readBounded } from '../../src/platform/bounded.ts';

const generous = { depthMax: 1_000, valuesMax: 1_000_000 };

describe('bounded JSON', () => {
  it('equals the result of JSON.parse', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(parseBounded(text, generous)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('counts structure, but not the content of strings', () => {
    const text = JSON.stringify({ 'a[[[[,,,,': '{{{{"\\[[[[,,,,' });
    expect(parseBounded(text, { depthMax: 1, valuesMax: 2 })).toEqual(JSON.parse(text));
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        const document = { [name]: value };
        expect(parseBounded(JSON.stringify(document), { depthMax: 1, valuesMax: 2 })).toEqual(
          JSON.parse(JSON.stringify(document)),
        );
      }),
    );
  });

  it.each([
    ['[[[1]]]', { depthMax: 2, valuesMax: 100 }, 'tooDeep: 2'],
    ['{"a":{"b":{"c":1}}}', { depthMax: 2, valuesMax: 100 }, 'tooDeep: 2'],
    ['[1,2,3,4]', { depthMax: 2, valuesMax: 4 }, 'tooManyValues: 4'],
    ['[{},{},{}]', { depthMax: 2, valuesMax: 4 }, 'tooManyValues: 4'],
  ])('%s is refused, and the bound is named', (text, bounds, why) => {
    expect(() => parseBounded(text, bounds)).toThrow(BeyondBounds);
    expect(() => parseBounded(text, bounds)).toThrow(why);
  });

  it('is refused before anything is built from it', () => {
    const deep = '['.repeat(20_000_000);
    expect(() => parseBounded(deep, { depthMax: 32, valuesMax: 100_000 })).toThrow('tooDeep: 32');
    const wide = `[${'1,'.repeat(10_000_000)}1]`;
    expect(() => parseBounded(wide, { depthMax: 32, valuesMax: 100_000 })).toThrow('tooManyValues: 100000');
  });
});

describe('a bounded file', () => {
  it('is read whole, and refused one byte later', () => {
    const folder = mkdtempSync(join(tmpdir(), 'qt-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'a');
    const text = 'ä'.repeat(100_000);
    writeFileSync(path, text);
    expect(readBounded(path, 200_000) === text).toBe(true);
    expect(() => readBounded(path, 199_999)).toThrow('tooManyBytes: 199999');
  });

  it.skipIf(process.platform === 'win32')('without an end is read no further', () => {
    expect(() => readBounded('/dev/zero', 100_000)).toThrow('tooManyBytes: 100000');
  });
});
