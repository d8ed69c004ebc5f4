/** An endpoint refuses a part of a request: it is asked once more without it, and the next request is adapted beforehand. */
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { reason } from '../../events/reason.ts';
import type { Attempt } from '../../events/request.ts';
import { as, ask, type Call, gateway } from './gateway.ts';
import { answers, errorBody, type FakeUpstream, type Heard, refuses, type Step, says, upstream } from './upstreams.ts';

const beta = 'context-management-2025-06-27';
const field = '"context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]},';
const text = (inside = field, message = 'hello') =>
  `{"n":12345678901234567890,${inside}"model":"claude-test","max_tokens": 64000 ,"f":1.0,"tools":[{"name":"x","eager_input_streaming":true,"input_schema":{"eager_input_streaming":1}}],"messages":[{"role":"user","content":"${message} context_management \\u4f60"}],"stream":true}`;
const call = (body = text(), more: Call = {}): Call => ({
  body,
  headers: { 'anthropic-beta': `claude-code-20250219,${beta}, interleaved-thinking-2025-05-14` },
  ...more,
});
const bodies = ({ heard }: FakeUpstream) => heard.map(({ body }) => body.toString());
const betasOf = (one: Heard | undefined) => one?.headers['anthropic-beta'];
const attemptsOf = ({ data }: { readonly data: { readonly attempts: readonly Attempt[] } }) => data.attempts;

/** Refuses while the request has what it does not know. */
const unless =
  (
    isKnown: (one: { readonly json: Record<string, unknown>; readonly betas: string }) => boolean,
    refusal: Step,
  ): Step =>
  (turn) => {
    const { request } = turn;
    return (
      isKnown({ json: seen(turn), betas: String(request.headers['anthropic-beta'] ?? '') }) ? answers() : refusal
    )(turn);
  };
let last: FakeUpstream | undefined;
const seen = (_: unknown) => JSON.parse(last?.heard.at(-1)?.body.toString() ?? '{}') as Record<string, unknown>;

/** An upstream whose steps can read what it has heard. */
async function reads(name: string, step: Step): Promise<FakeUpstream> {
  const up = await upstream(name, step);
  last = up;
  return up;
}

describe('a field that an endpoint does not know', () => {
  const noField = unless(
    ({ json }) => !('context_management' in json),
    refuses(400, {}, 'context_management: Extra inputs are not permitted'),
  );

  it('is left out with its header value, once more at the same endpoint, and then beforehand', async () => {
    const a = await reads('a', noField);
    const b = await upstream('b');
    const gw = await gateway({ main: [a], spare: [b] });
    const first = await ask(gw, call());
    expect([first.status, first.headers['x-qcc-adapted'], first.headers['x-qcc-attempts']]).toEqual([
      200,
      'leftOut=context_management',
      '2',
    ]);
    expect(bodies(a)).toEqual([text(), text('')]);
    expect(betasOf(a.heard[0])).toContain(beta);
    expect(betasOf(a.heard[1])).toBe('claude-code-20250219, interleaved-thinking-2025-05-14');
    expect(a.heard[1]?.headers['content-length']).toBe(String(Buffer.byteLength(text(''))));
    await ask(gw, call(text(field, 'again')));
    expect(bodies(a).slice(2)).toEqual([text('', 'again')]);
    expect(b.heard).toHaveLength(0);
    expect(gw.found).toEqual([
      { endpoint: 'a', model: 'claude-test', what: 'context_management', limit: null, evidence: 'extraInput' },
    ]);
    expect(gw.failures).toEqual([]);
    const attempts = attemptsOf((await gw.fact(0)) as never);
    expect(attempts.map(({ status, outcome, adapted }) => ({ status, outcome, adapted }))).toEqual([
      { status: 400, outcome: 'answered', adapted: undefined },
      { status: 200, outcome: 'answered', adapted: [reason('leftOut', { what: 'context_management' })] },
    ]);
  });

  it('is sent to another model and to another endpoint as it came', async () => {
    const a = await reads('a', noField);
    const b = await upstream('b');
    const gw = await gateway({ main: [a], spare: [b] });
    await ask(gw, call());
    a.does(refuses(503));
    await ask(gw, call());
    expect(bodies(b)).toEqual([text()]);
    a.does(answers());
    const other = text().replace('claude-test', 'claude-other');
    await ask(gw, call(other));
    expect(bodies(a).at(-1)).toBe(other);
  });

  it('is left out by a header value that is refused, and by a refusal that is compressed', async () => {
    const packed: Step = says(
      400,
      brotliCompressSync(
        errorBody('invalid_request_error', `Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header.`),
      ) as never,
      { 'content-encoding': 'br' },
    );
    const a = await reads(
      'a',
      unless(({ betas }) => !betas.includes(beta), packed),
    );
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, call())).status).toBe(200);
    expect(bodies(a)).toEqual([text(), text('')]);
    expect(gw.found[0]).toMatchObject({ what: 'context_management', evidence: 'betaValue' });
  });

  it('of a tool is left out of all tools, and not of their schemas', async () => {
    const a = await reads(
      'a',
      unless(
        ({ json }) => !JSON.stringify(json['tools']).includes('eager_input_streaming":true'),
        refuses(400, {}, 'tools.0.custom.eager_input_streaming: Extra inputs are not permitted'),
      ),
    );
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, call())).status).toBe(200);
    expect(bodies(a)[1]).toBe(text().replace('"eager_input_streaming":true,', ''));
  });

  it('one after the other is left out in one request', async () => {
    const unknown = ['context_management', 'n', 'f'];
    const a = await reads('a', (turn) => {
      const first = unknown.find((name) => name in seen(turn));
      return (first === undefined ? answers() : refuses(400, {}, `${first}: Extra inputs are not permitted`))(turn);
    });
    const gw = await gateway({ main: [a] });
    const got = await ask(gw, call());
    expect([got.status, a.heard.length]).toEqual([200, 4]);
    expect(got.headers['x-qcc-adapted']).toBe('leftOut=context_management, leftOut=n, leftOut=f');
    await ask(gw, call());
    expect(a.heard).toHaveLength(5);
  });

  it('is no reason to change a body that is no JSON: its header value alone goes', async () => {
    const a = await reads('a', (turn) =>
      (String(turn.request.headers['anthropic-beta']).includes(beta)
        ? refuses(400, {}, `Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header.`)
        : answers())(turn),
    );
    const gw = await gateway({ main: [a] });
    const body = '{"model":"claude-test","stream":true,"messages":[}';
    expect((await ask(gw, call(body))).status).toBe(200);
    expect(bodies(a)).toEqual([body, body]);
    expect(betasOf(a.heard[1])).not.toContain(beta);
  });
});

it('a large body is changed in slices, to the same bytes: in the request that is refused and in the next, where equals are there', async () => {
  const long = 'a long text that says \\"context_management\\" '.repeat(20_000);
  const a = await reads(
    'a',
    unless(
      ({ json }) => !('context_management' in json),
      refuses(400, {}, 'context_management: Extra inputs are not permitted'),
    ),
  );
  const gw = await gateway({ main: [a] });
  for (const _ of [1, 2]) expect((await ask(gw, call(text(field, long)))).status).toBe(200);
  const [came, changed, next] = a.heard.map(({ body }) => body);
  expect(came?.equals(Buffer.from(text(field, long)))).toBe(true);
  expect([changed, next].map((body) => body?.equals(Buffer.from(text('', long))))).toEqual([true, true]);
  const b = await upstream('b');
  gw.show({ main: [a, b] });
  gw.set({ 'loadbalancer.strategy': 'weighted' });
  expect((await ask(gw, call(text(field, long)))).headers['x-qcc-endpoint']).toBe('b');
});

describe('a refusal that names no value of the header', () => {
  const none = refuses(400, {}, 'invalid beta flag');

  it('costs one more call: what few vendors know goes with its fields, and the next request goes without', async () => {
    const a = await reads(
      'a',
      unless(({ betas }) => betas === 'interleaved-thinking-2025-05-14', none),
    );
    const b = await upstream('b');
    const gw = await gateway({ main: [a], spare: [b] });
    const got = await ask(gw, call());
    expect([got.status, got.headers['x-qcc-adapted']]).toEqual([
      200,
      'leftOut=claude-code-20250219, leftOut=context_management',
    ]);
    expect(bodies(a)).toEqual([text(), text('')]);
    expect((await ask(gw, call())).status).toBe(200);
    expect([a.heard.length, b.heard.length]).toEqual([3, 0]);
    expect(gw.found.map(({ evidence }) => evidence)).toEqual(['someBeta', 'someBeta']);
  });

  it('and takes none at all: all of them go, in the third call', async () => {
    const a = await reads(
      'a',
      unless(({ betas }) => betas === '', none),
    );
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, call())).status).toBe(200);
    expect(a.heard.map(betasOf)).toEqual([
      `claude-code-20250219,${beta}, interleaved-thinking-2025-05-14`,
      'interleaved-thinking-2025-05-14',
      undefined,
    ]);
  });

  it('and goes on without any: the client gets it', async () => {
    const a = await upstream('a', none);
    const gw = await gateway({ main: [a] });
    const got = await ask(gw, call());
    expect([got.status, a.heard.length]).toEqual([400, 3]);
    expect(got.text).toContain('invalid beta flag');
  });
});

describe('a vendor that knows no field at all', () => {
  it('refuses a hundred of them at once, and answers without them, though less is remembered of it', async () => {
    const fields = Array.from({ length: 100 }, (_, i) => `odd_${i}`);
    const body = text(fields.map((name) => `"${name}":1,`).join(''));
    const a = await reads('a', (turn) => {
      const found = fields.filter((name) => name in seen(turn));
      const said = found.map((name) => `${name}: Extra inputs are not permitted`).join('; ');
      return (found.length === 0 ? answers() : refuses(400, {}, said))(turn);
    });
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, call(body))).status).toBe(200);
    expect(bodies(a)).toEqual([body, text('')]);
  });
});

describe('a refusal goes to the client as it stands', () => {
  const refusal = (message: string) => errorBody('invalid_request_error', message);

  it.each([
    'speed: Extra inputs are not permitted',
    'Unexpected value(s) `fast-mode-2026-02-01` for the `anthropic-beta` header.',
    'messages: Extra inputs are not permitted',
    'metadata: Extra inputs are not permitted',
    'max_tokens: Extra inputs are not permitted',
    'prompt is too long: 210000 tokens > 200000 maximum',
    'input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000',
  ])('after one call: %s', async (message) => {
    const a = await upstream('a', says(400, refusal(message)));
    const b = await upstream('b');
    const gw = await gateway({ main: [a], spare: [b] });
    const got = await ask(gw, call());
    expect([got.status, got.text, got.headers['x-qcc-adapted']]).toEqual([400, refusal(message), undefined]);
    expect([a.heard.length, b.heard.length, gw.found.length]).toEqual([1, 0, 0]);
  });

  it('where its owner has switched adapting off, however often', async () => {
    const told = refusal('context_management: Extra inputs are not permitted');
    const a = await upstream('a', says(400, told));
    const b = await upstream('b');
    const gw = await gateway({ main: [as(a, { adapt: 'off' })], spare: [b] });
    for (let n = 1; n <= 2; n++) {
      const got = await ask(gw, call());
      expect([got.status, got.text, got.headers['x-qcc-adapted'], a.heard.length]).toEqual([400, told, undefined, n]);
      expect(bodies(a).at(-1)).toBe(text());
    }
    expect([b.heard.length, gw.found.length]).toEqual([0, 0]);
  });

  it('where the endpoint refuses again what was left out already', async () => {
    const told = refusal('context_management: Extra inputs are not permitted');
    const a = await upstream('a', says(400, told));
    const gw = await gateway({ main: [a] });
    const got = await ask(gw, call());
    expect([got.status, got.text, a.heard.length]).toEqual([400, told, 2]);
    expect((await ask(gw, call())).text).toBe(told);
    expect(a.heard).toHaveLength(3);
  });

  it('once, where the client repairs it by itself; when it comes back with the same thing, the gateway does', async () => {
    const body = text('"thinking":{"type":"adaptive","display":"omitted"},');
    const told = refusal('thinking.adaptive.display: Extra inputs are not permitted');
    const a = await reads(
      'a',
      unless(({ json }) => !('display' in (json['thinking'] as object)), says(400, told)),
    );
    const gw = await gateway({ main: [a] });
    const first = await ask(gw, call(body, { session: 's' }));
    expect([first.status, first.text, a.heard.length]).toEqual([400, told, 1]);
    expect((await ask(gw, call(body, { session: 'another' }))).text).toBe(told);
    expect((await ask(gw, call(body, { session: 's' }))).status).toBe(200);
    expect(bodies(a).at(-1)).toBe(text('"thinking":{"type":"adaptive"},'));
  });
});

describe('a maximum of tokens', () => {
  it('takes the place of a larger number, in the request that met it and in the next', async () => {
    const a = await reads(
      'a',
      unless(
        ({ json }) => Number(json['max_tokens']) <= 8_192,
        refuses(400, {}, 'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for m'),
      ),
    );
    const gw = await gateway({ main: [a] });
    for (const calls of [2, 3]) {
      const got = await ask(gw, call());
      expect([got.status, got.headers['x-qcc-adapted'], a.heard.length]).toEqual([200, 'fewerTokens=8192', calls]);
      expect(bodies(a).at(-1)).toBe(text().replace('64000 ,', '8192 ,'));
    }
  });

  it('may be lower still the next time', async () => {
    let most = 16_384;
    const a = await reads('a', (turn) =>
      (Number(seen(turn)['max_tokens']) > most
        ? refuses(400, {}, `Invalid max_tokens value, the valid range of max_tokens is [1, ${most}]`)
        : answers())(turn),
    );
    const gw = await gateway({ main: [a] });
    await ask(gw, call());
    most = 4_096;
    expect((await ask(gw, call())).status).toBe(200);
    expect(bodies(a).at(-1)).toBe(text().replace('64000 ,', '4096 ,'));
    expect(a.heard).toHaveLength(4);
  });
});

describe('among equals', () => {
  it('an endpoint that lacks nothing of the request is asked first, and one that does for all others', async () => {
    const a = await reads('a', refuses(400, {}, 'context_management: Extra inputs are not permitted'));
    const b = await upstream('b');
    const gw = await gateway(
      { main: [as(a, { weight: 1_000, effectiveWeight: 1_000 })] },
      { settings: { 'loadbalancer.strategy': 'weighted', 'loadbalancer.sticky_session': false } },
    );
    await ask(gw, call());
    a.does(answers());
    gw.show({ main: [as(a, { effectiveWeight: 1_000 }), as(b, { effectiveWeight: 1 })] });
    const before = a.heard.length;
    await ask(gw, call());
    expect([a.heard.length - before, b.heard.length]).toEqual([0, 1]);
    await ask(gw, call(text(''), { headers: {} }));
    expect([a.heard.length - before, b.heard.length]).toEqual([1, 1]);
  });
});
