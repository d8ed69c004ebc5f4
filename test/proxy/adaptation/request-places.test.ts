/** Places are those of a parser, in bytes; a body without them is none that a parser takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyChange } from '../../../src/proxy/adaptation/body-change.ts';
import { spliced } from '../../../src/proxy/adaptation/edits.ts';
import { type Place, RequestPlaces } from '../../../src/proxy/adaptation/request-places.ts';

const of = (text: string) => RequestPlaces.of(Buffer.from(text));
const placed = (text: string) => of(text) as RequestPlaces;
const textAt = (places: RequestPlaces, place: Place) => places.bytes(place).toString();

/** JSON as a stranger may write it: with blanks, escapes and long numbers. */
const blank = fc.constantFrom('', '', ' ', '\r\n', '\t ');
const string = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\u0061\\/"', '"\\\\"', '"}],"', '"\\ud800"'),
);
const bare = fc.constantFrom('0', '-1.50', '1e9', '123456789012345678901234567890', 'true', 'false', 'null');
const { json } = fc.letrec<{ json: string; list: string; object: string }>((tie) => ({
  json: fc.oneof({ maxDepth: 5 }, string, bare, tie('list'), tie('object')),
  list: fc
    .tuple(blank, fc.array(fc.tuple(tie('json'), blank), { maxLength: 4 }))
    .map(([space, all]) => `[${space}${all.map(([one, behind]) => one + behind).join(`,${space}`)}]`),
  object: fc
    .tuple(blank, fc.array(fc.tuple(string, blank, tie('json'), blank), { maxLength: 4 }))
    .map(([space, all]) => `{${space}${all.map(([key, a, one, b]) => `${key}${a}:${space}${one}${b}`).join(',')}}`),
}));
const object = fc
  .array(fc.tuple(string, json), { maxLength: 5 })
  .map((members) => `{${members.map(([key, one]) => `${key}:${one}`).join(' , ')}}`);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value by its places; what stands too deep for places is parsed. */
function read(places: RequestPlaces, place: Place): unknown {
  const parsed = JSON.parse(textAt(places, place)) as unknown;
  const children = places.children(place);
  if (children.length === 0) return parsed;
  if (places.isList(place)) return children.map((one) => read(places, one));
  const found: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const one of children) found[places.name(one)] = read(places, one);
  return found;
}

describe('places of a body', () => {
  it('are those of a parser', () => {
    fc.assert(
      fc.property(object, (text) => {
        expect(JSON.stringify(read(placed(text), 0))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('are there for exactly what a parser takes', () => {
    const broken = fc
      .tuple(object, fc.nat(), fc.constantFrom('', '"', ',', '}', '\\', '\u0001', '0', '-', 'x', ':'))
      .map(([text, at, put]) => `${text.slice(0, at % text.length)}${put}${text.slice((at % text.length) + 1)}`);
    fc.assert(
      fc.property(broken, (text) => {
        const isObject = isJson(text) && text.trimStart().startsWith('{');
        expect(of(text) !== null).toBe(isObject);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are the same in slices, wherever these end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(object, json, fc.string()), fc.integer({ min: 1, max: 9 }), async (text, slice) => {
        const whole = of(text);
        const sliced = await RequestPlaces.inSlices(Buffer.from(text), slice);
        expect(sliced === null).toBe(whole === null);
        if (whole && sliced) expect(read(sliced, 0)).toEqual(read(whole, 0));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    '',
    ' ',
    '[]',
    '"a"',
    '1',
    '{',
    '{"a"}',
    '{"a":1,}',
    '{"a":[1,]}',
    '{,}',
    '{"a":01}',
    '{"a":1}x',
    '{"a":tru}',
    '{"a":"\t"}',
    "{'a':1}",
  ])('are not there for %j', (text) => {
    expect(of(text)).toBeNull();
  });

  it('are there behind a byte order mark', () => {
    const places = RequestPlaces.of(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')]));
    expect(places?.number(places.member(0, 'a'))).toBe(1);
  });

  it('of a member that stands there twice are those of the last one', () => {
    const places = placed('{"a":1,"b":{"a":3},"\\u0061":2}');
    expect(places.number(places.member(0, 'a'))).toBe(2);
    expect(places.named(0, 'a')).toHaveLength(2);
  });

  it('are not there for what is nested deeper than any client reads, and cost no stack', () => {
    expect(of(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBeNull();
    expect(of(`{"a":${'['.repeat(500)}${']'.repeat(500)}}`)).not.toBeNull();
  });

  it('are not there for a body in a million pieces', () => {
    expect(of(`{"a":[${'[],'.repeat(500_000)}[]]}`)).toBeNull();
  });
});

describe('a change of a body', () => {
  /** A choice among the places of a body, by numbers. */
  const choices = fc.array(fc.nat(), { maxLength: 6 });

  it('leaves what a parser would leave, and every other byte', () => {
    fc.assert(
      fc.property(object, choices, (text, chosen) => {
        const places = placed(text);
        const change = new BodyChange(places);
        const all: Place[] = [];
        const walk = (place: Place) => {
          if (place > 0) all.push(place);
          for (const one of places.children(place)) walk(one);
        };
        walk(0);
        for (const one of chosen) if (all.length > 0) change.cut(all[one % all.length] as Place);
        const kept = (place: Place): unknown => {
          const children = places.children(place);
          if (children.length === 0) return JSON.parse(textAt(places, place));
          const left = children.filter((one) => !change.isCut(one));
          if (places.isList(place)) return left.map(kept);
          return Object.fromEntries(left.map((one) => [places.name(one), kept(one)]));
        };
        const body = spliced(places.body, change.edits()).toString();
        expect(JSON.parse(body)).toEqual(kept(0));
        // Nothing is written anew: what is left stands in the body in this order.
        let at = 0;
        for (const letter of body) {
          at = text.indexOf(letter, at) + 1;
          expect(at).toBeGreaterThan(0);
        }
      }),
    );
  });

  it.each([
    ['the first', ['a'], '{ "b" :2 , "c":3}'],
    ['the middle one', ['b'], '{ "a": 1, "c":3}'],
    ['the last', ['c'], '{ "a": 1, "b" :2}'],
    ['the last two', ['b', 'c'], '{ "a": 1}'],
    ['the first and the last', ['a', 'c'], '{ "b" :2}'],
    ['all', ['a', 'b', 'c'], '{ }'],
  ])('takes %s with its comma', (_, names, left) => {
    const places = placed('{ "a": 1, "b" :2 , "c":3}');
    const change = new BodyChange(places);
    for (const name of names) change.cut(places.member(0, name) as Place);
    expect(spliced(places.body, change.edits()).toString()).toBe(left);
  });

  it('of what stands in something that goes goes with it', () => {
    const places = placed('{"a":{"b":1,"c":{}},"d":2}');
    const change = new BodyChange(places);
    const a = places.member(0, 'a') as Place;
    change.cut(places.member(a, 'b') as Place);
    change.add(places.member(a, 'c') as Place, Buffer.from('"x":1'));
    change.replace(places.member(a, 'c') as Place, Buffer.from('7'));
    change.cut(a);
    expect(spliced(places.body, change.edits()).toString()).toBe('{"d":2}');
  });

  it('puts a member behind those that stay', () => {
    const places = placed('{"a":{"b":1,"c":2},"d":{ }}');
    const change = new BodyChange(places);
    const a = places.member(0, 'a') as Place;
    change.cut(places.member(a, 'c') as Place);
    change.add(a, Buffer.from('"x":1'));
    change.add(places.member(0, 'd') as Place, Buffer.from('"y":2'));
    expect(JSON.parse(spliced(places.body, change.edits()).toString())).toEqual({ a: { b: 1, x: 1 }, d: { y: 2 } });
  });
});
