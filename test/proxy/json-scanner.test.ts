/** JSON that is read without being built: the same to everybody as what `JSON.parse` says of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Places } from '../../src/proxy/request/json-places.ts';
import { JsonScanner } from '../../src/proxy/request/json-scanner.ts';
import { point } from '../support/point.ts';

const paths = ['type', 'error.type', 'usage.input_tokens', 'usage.output_tokens', 'content', 'a.b.c', 'input_tokens'];
const places = new Places(...paths);

function scanned(bytes: Buffer, cuts: readonly number[] = []) {
  const scanner = new JsonScanner(places);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let from = 0;
  for (const end of ends) {
    scanner.feed(bytes, from, end);
    from = end;
  }
  return { scanner, isJson: scanner.end() };
}

function parsed(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/** Own members only, as a scanner sees them. */
function member(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

function kindOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'array' : typeof value;
}

function agrees(bytes: Buffer, cuts: readonly number[]): void {
  const { scanner, isJson } = scanned(bytes, cuts);
  const expected = parsed(bytes);
  expect(isJson).toBe(expected !== undefined);
  if (!expected) return;
  const found = paths.map((path) => [path, scanner.kindOf(path), scanner.numberOf(path), scanner.textOf(path)]);
  const there = paths.map((path) => {
    const value = member(expected.value, path);
    const [number, text] = [typeof value === 'number' ? value : null, typeof value === 'string' ? value : null];
    return [path, kindOf(value), number, text];
  });
  expect(found).toEqual(there);
}

const cuts = fc.array(fc.nat(5_000), { maxLength: 20 });
const name = fc.constantFrom(
  'type',
  'error',
  'usage',
  'input_tokens',
  'output_tokens',
  'content',
  'a',
  'b',
  'c',
  '__proto__',
);
const leaf = fc.oneof(
  fc.string({ unit: point, maxLength: 40 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { json } = fc.letrec<{ json: string }>((tie) => {
  const space = fc.constantFrom('', '', ' ', '\n\t', '\r\n');
  const text = fc.oneof(
    { weight: 4, arbitrary: leaf.map((value) => JSON.stringify(value)) },
    // Numbers and strings in unusual spellings.
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '-0',
        '1E+2',
        '1e-7',
        '0.10',
        '12345678901234567890',
        '1e999',
        '"\\u00e9\\/\\ud83d"',
        '"\\""',
      ),
    },
    { weight: 2, arbitrary: fc.array(tie('json'), { maxLength: 4 }).map((all) => `[${all.join(',')}]`) },
    {
      weight: 4,
      // The same name twice, too: the last one counts. And names with escapes.
      arbitrary: fc
        .array(fc.tuple(fc.oneof(name, fc.string({ maxLength: 5 })), fc.boolean(), tie('json')), { maxLength: 6 })
        .map((all) => `{${all.map(([key, isOdd, value]) => `${spelled(key, isOdd)} : ${value}`).join(' ,')}}`),
    },
  );
  return { json: fc.tuple(space, text, space).map((parts) => parts.join('')) };
});

function spelled(key: string, isOdd: boolean): string {
  const text = JSON.stringify(key);
  return isOdd ? text.replace(/[a-z]/, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
}

describe('the JSON scanner', () => {
  it('agrees with JSON.parse on valid text and its fields, wherever it is split', () => {
    fc.assert(
      fc.property(json, cuts, (text, at) => agrees(Buffer.from(text), at)),
      { numRuns: 2_000 },
    );
  });

  it('rejects what JSON.parse rejects, after any mutation', () => {
    const change = fc.tuple(
      fc.nat(5_000),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('{}[],:"\\ 0-.eE\ntfn'))),
      fc.constantFrom('put', 'drop', 'insert'),
    );
    fc.assert(
      fc.property(json, fc.array(change, { minLength: 1, maxLength: 3 }), cuts, (text, changes, at) => {
        const bytes = [...Buffer.from(text)];
        for (const [where, byte, how] of changes)
          bytes.splice(where % (bytes.length + 1), how === 'insert' ? 0 : 1, ...(how === 'drop' ? [] : [byte]));
        agrees(Buffer.from(bytes), at);
      }),
      { numRuns: 4_000 },
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '--1',
    'tru',
    'nul l',
    'truefalse',
    '{} {}',
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '[1}',
    '{"a":1]',
    '\ufeff{}',
    'NaN',
    '\u00a01',
  ])('rejects %j', (text) => {
    for (let at = 0; at <= text.length; at++) agrees(Buffer.from(text), [at]);
    expect(scanned(Buffer.from(text)).isJson).toBe(false);
  });

  it('accepts bytes in a string that are not UTF-8, as Node does', () => {
    agrees(Buffer.from('{"type":"\xff\xc3"}', 'latin1'), []);
  });

  it('follows at most a thousand levels', () => {
    const nested = (levels: number) => Buffer.from('['.repeat(levels) + ']'.repeat(levels));
    expect(scanned(nested(1_000)).isJson).toBe(true);
    expect(scanned(nested(1_001)).isJson).toBe(false);
    expect(new JsonScanner(places).feed(Buffer.from('{"a":'.repeat(1_001)))).toBe(false);
  });

  it('stores no long name and no long text', () => {
    const long = 'x'.repeat(300);
    const { scanner, isJson } = scanned(
      Buffer.from(`{"${long}":1,"type":"${long}","input_tokens":${'9'.repeat(300)}}`),
    );
    expect([isJson, scanner.kindOf('type'), scanner.textOf('type'), scanner.numberOf('input_tokens')]).toEqual([
      true,
      'string',
      null,
      null,
    ]);
  });
});
