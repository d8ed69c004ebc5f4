/** What goes up is what came, but for what somebody has said must differ. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelRule } from '../../events/profile.ts';
import { reason } from '../../events/reason.ts';
import type { Served } from '../../events/request.ts';
import { adapted, adaptedHeaders } from '../../src/proxy/adaptation/adapter.ts';
import { AttemptBody } from '../../src/proxy/adaptation/attempt-body.ts';
import { spliced } from '../../src/proxy/adaptation/edits.ts';
import { Body } from '../../src/proxy/request/body.ts';
import { sniffBody } from '../../src/proxy/request/body-sniffing.ts';
import { routable } from '../support/routing-view.ts';
import { as, ask, gateway } from './gateway.ts';
import { answers, refuses, upstream } from './upstreams.ts';

const headers = ['anthropic-beta', 'a,b', 'x-other', '1'];
const all: readonly ModelRule[] = [{ from: '*', to: 'glm-4.6' }];

async function sentFor(body: Buffer, models: readonly ModelRule[]) {
  const summary = await sniffBody(body);
  return adapted(routable('a', { models }), { headers, body, summary });
}

// ------------------------------------------------------------------------------------------------ random bodies

const long = 'A'.repeat(5 * 1_048_576);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('model', '"model":"x"', '\\"model\\":\\"x\\"', '你好 😀', '\u0000', 'sk-ant'),
);
/** A string of JSON in one of its many ways. */
const spelled = (value: string) =>
  fc.constantFrom(
    JSON.stringify(value),
    `"${[...value].map((letter) => (letter.length > 1 ? letter : `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)).join('')}"`,
  );
const written = text.chain((value) => spelled(value));
const number = fc.constantFrom('1', '-0', '1.0', '123456789012345678901234567890', '1e400', '0.1E-7');
const space = fc.constantFrom('', ' ', '\r\n', '\t', '\n  ');
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    written,
    number,
    fc.constantFrom('true', 'false', 'null'),
    fc.tuple(space, fc.array(tie('value'), { maxLength: 3 })).map(([gap, list]) => `[${gap}${list.join(`,${gap}`)}]`),
    fc
      .tuple(space, fc.array(fc.tuple(fc.oneof(written, fc.constant('"model"')), tie('value')), { maxLength: 3 }))
      .map(([gap, members]) => `{${members.map(([name, inner]) => `${gap}${name}${gap}:${inner}`).join(',')}${gap}}`),
  ),
}));
const otherKey = fc
  .constantFrom('messages', 'tools', 'system', 'max_tokens', 'metadata', 'stream', 'n', 'Model')
  .map((name) => JSON.stringify(name));
const modelKey = fc.constantFrom('"model"', '"model"', '"mod\\u0065l"', '"\\u006d\\u006F\\u0064\\u0065\\u006c"');
const model = fc.constantFrom('"claude-x"', '"claude-\\u0078"', '"模型 \\" \\\\"');
/** Members around one model, or two. */
const bodies = fc
  .record({
    mark: fc.constantFrom('', '\ufeff'),
    around: fc.tuple(space, space),
    front: fc.array(fc.tuple(otherKey, value), { maxLength: 3 }),
    back: fc.array(fc.tuple(otherKey, value), { maxLength: 3 }),
    end: fc.array(fc.tuple(otherKey, value), { maxLength: 2 }),
    models: fc.array(fc.tuple(modelKey, model), { minLength: 1, maxLength: 3 }),
  })
  .chain(({ mark, around, front, back, end, models }) => {
    const member = ([name, inner]: readonly [string, string]) => `${around[1]}${name} :${around[0]}${inner}`;
    const [first = ['', ''], ...others] = models;
    const made = (name: (given: string) => string) => {
      const named = (one: readonly [string, string]) => member([one[0], name(one[1])]);
      const parts = [...front.map(member), named(first), ...back.map(member), ...others.map(named), ...end.map(member)];
      return `${mark}${around[0]}{${parts.join(',')}}${around[1]}`;
    };
    return fc.constant({ before: made((given) => given), after: made(() => '"glm-4.6"') });
  });

describe('the law of bytes', () => {
  it('without a rule the very same buffer and the very same headers go up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          bodies.map(({ before }) => before),
          value,
          fc.string(),
        ),
        async (given) => {
          const body = Buffer.from(given);
          for (const models of [[], [{ from: 'other', to: 'x' }]]) {
            const up = await sentFor(body, models);
            expect(up.body).toBe(body);
            expect(up.headers).toBe(headers);
            expect(up).toMatchObject({ sentModel: null, notes: [] });
          }
        },
      ),
    );
  });

  it('with a rule only the strings of the top-level model differ, all of them', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async ({ before, after }) => {
        const body = Buffer.from(before);
        const up = await sentFor(body, all);
        expect(up.body?.toString()).toBe(after);
        expect(body.toString()).toBe(before);
        expect(up.sentModel).toBe('glm-4.6');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['before', `{"model":"claude-x","messages":["${long}"],"stream":true,"metadata":{"user_id":"u"}}`],
    ['behind', `{"messages":["${long}"],"stream":true,"metadata":{"user_id":"u"},"model":"claude-x"}`],
    ['between lists', `{"messages":["${long}"],"model":"claude-x","tools":[{"model":"claude-y"}]}`],
    ['between lists, with an escape in its name', `{"messages":["${long}"],"mod\\u0065l":"claude-x","tools":[]}`],
    [
      'in front and once more between lists',
      `{"model":"claude-x","messages":["${long}"],"model":"claude-x","tools":[]}`,
    ],
  ])('holds for five megabytes with the model %s', async (_, given) => {
    const up = await sentFor(Buffer.from(given), all);
    expect(up.body?.equals(Buffer.from(given.replaceAll('"claude-x"', '"glm-4.6"')))).toBe(true);
    const body = Buffer.from(given);
    expect((await sentFor(body, [])).body).toBe(body);
  });

  it.each(['', '[]', '{"model":7}', '{"model":"claude-x"', '{"messages":[{"model":"claude-x"}]}', '{"model":null}'])(
    'leaves %j to the endpoint, or changes nothing but the name',
    async (given) => {
      const body = Buffer.from(given);
      const up = await sentFor(body, all);
      expect([given, given.replace('"claude-x"', '"glm-4.6"')]).toContain(up.body?.toString());
      if (up.sentModel === null) expect(up.body).toBe(body);
    },
  );

  it('a model that is called the same by both is not touched', async () => {
    const body = Buffer.from('{"model":"glm-4.6"}');
    expect((await sentFor(body, all)).body).toBe(body);
  });

  it('edits come in any order, and the rest stays', () => {
    const edit = (from: number, to: number, bytes: string) => ({ from, to, bytes: Buffer.from(bytes) });
    expect(spliced(Buffer.from('0123456789'), [edit(8, 9, ''), edit(0, 0, 'a'), edit(2, 5, 'bcdef')]).toString()).toBe(
      'a01bcdef5679',
    );
  });

  it('names in the header cannot end it', () => {
    const told = adaptedHeaders('cl\r\nx: y 模型', {
      sentModel: 'glm-4.6',
      notes: [reason('thinkingOff'), reason('leftOut', { what: 'a b' })],
    });
    expect(told).toEqual([
      'x-qcc-model',
      'cl\\r\\nx:%20y%20%E6%A8%A1%E5%9E%8B>glm-4.6',
      'x-qcc-adapted',
      'thinkingOff, leftOut=a%20b',
    ]);
  });
});

describe('a changed copy of a body', () => {
  it('counts as held until the endpoint has it and an answer has begun, or its attempt is over', () => {
    let held = 10;
    const body = () =>
      new Body(
        Buffer.from('0123456789'),
        10,
        () => undefined,
        (more) => {
          held += more;
        },
      );
    const answered = new AttemptBody(body(), Buffer.alloc(12));
    expect(held).toBe(22);
    answered.goesUp();
    answered.sent();
    expect(held).toBe(22);
    answered.begun();
    answered.release();
    expect(held).toBe(10);
    const failed = new AttemptBody(body(), Buffer.alloc(12));
    failed.release();
    failed.sent();
    failed.begun();
    expect(held).toBe(10);
  });
});

describe('an endpoint with a model map', () => {
  const body =
    '{ "max_tokens":64,\n"messages":[{"role":"user","content":"\\"model\\":\\"claude-haiku-4-5\\" \\u4f60"}],\t"model" :  "claude-haiku-4-5" ,"stream":true }\r\n';

  it('is asked for its own name, and says so in a header and in the fact', async () => {
    const up = await upstream('a', answers());
    const gw = await gateway({ main: [as(up, { models: [{ from: 'haiku', to: 'glm-4.5-air' }] })] });
    const got = await ask(gw, { body });
    expect(up.heard[0]?.body.toString()).toBe(body.replace(' "claude-haiku-4-5" ,', ' "glm-4.5-air" ,'));
    expect(up.heard[0]?.headers['content-length']).toBe(String(up.heard[0]?.body.length));
    expect(got.headers['x-qcc-model']).toBe('claude-haiku-4-5>glm-4.5-air');
    expect(got.headers['x-qcc-adapted']).toBeUndefined();
    const { data } = await gw.fact();
    expect(data).toMatchObject({ model: 'claude-haiku-4-5', attempts: [{ endpoint: 'a', sent: 'glm-4.5-air' }] });
  });

  it('does not reach the next endpoint with its own names', async () => {
    const [a, b, c] = [await upstream('a', refuses(503)), await upstream('b', refuses(503)), await upstream('c')];
    const to = (name: string) => ({ models: [{ from: '*', to: name }] });
    const gw = await gateway({ main: [as(a, to('one')), b, as(c, to('three'))] });
    const got = await ask(gw, { body });
    const models = [a, b, c].map(({ heard }) => JSON.parse(heard[0]?.body.toString() ?? '{}').model);
    expect(models).toEqual(['one', 'claude-haiku-4-5', 'three']);
    expect(b.heard[0]?.body.toString()).toBe(body);
    expect(got.headers['x-qcc-model']).toBe('claude-haiku-4-5>three');
    const { attempts } = (await gw.fact()).data as Served;
    expect(attempts.map((one) => one.sent)).toEqual(['one', undefined, 'three']);
    expect(attempts[1]).not.toHaveProperty('sent');
  });
});
