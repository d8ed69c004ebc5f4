/** When no endpoint answers: errors that the client must see are passed on; otherwise there is one sentence of our own. */
import { describe, expect, it } from 'vitest';
import { as, ask, errorOf, gateway } from './gateway.ts';
import { answers, refuses, says, upstream } from './upstreams.ts';

const soon = () => Date.now() + 12_000;

describe('when no endpoint answers,', () => {
  it('the answer is a 503 api_error with endpoints, reasons, the next time, and the command', async () => {
    const [a, b] = [await upstream('a', refuses(529)), await upstream('b')];
    const gw = await gateway({ main: [a], relay: [b] });
    await b.close();
    for (const stream of [true, false]) {
      const got = await ask(gw, { stream });
      expect(got).toMatchObject({ status: 503, whole: true });
      const { type, message } = errorOf(got);
      expect(type).toBe('api_error');
      expect(message).toMatch(
        /^qcc: no endpoint can answer - main\/a: 529 overloaded_error; relay\/b: ECONNREFUSED - run: qcc health status$/,
      );
      expect(got.headers['x-qcc-request-id']).toBeDefined();
      expect(got.headers['x-should-retry']).not.toBe('false');
    }
    expect(gw.facts[0]).toMatchObject({ type: 'RequestFailed', data: { status: 503, attempts: [{}, {}] } });
  });

  it.each([
    [12_000, '12'],
    [400, '1'],
    [3_600_000, '60'],
  ])('the client is told to come back for the next probe: in %i ms is %s s', async (ms, seconds) => {
    const a = await upstream('a');
    const gw = await gateway({ main: [as(a, { state: 'failed', held: true, because: 'misconfigured' })] });
    gw.show({ main: [as(a, { state: 'failed', held: true, because: 'misconfigured', until: Date.now() + ms })] });
    const got = await ask(gw);
    expect(got.headers['retry-after']).toBe(seconds);
    expect(errorOf(got).message).toContain(`main/a: failed (misconfigured), again in ${Math.ceil(ms / 1_000)} s`);
    expect(a.heard).toEqual([]);
  });

  it('an empty ladder names the command that adds an endpoint', async () => {
    const got = await ask(await gateway({ main: [] }));
    expect([got.status, errorOf(got).message]).toEqual([
      503,
      'qcc: profile main has no endpoint to ask - run: qcc endpoint add main',
    ]);
  });

  it('panic mode asks one endpoint now and then, for any request, and its success counts', async () => {
    const a = await upstream('a');
    const out = as(a, { state: 'failed', because: 'unreachable', until: soon() });
    const gw = await gateway({ main: [out] });
    expect((await ask(gw)).status).toBe(200);
    expect(gw.successes).toEqual(['a']);
    expect((await ask(gw)).status).toBe(503);
    expect(a.heard).toHaveLength(1);
  });

  it('no other profile answers for a path that names one', async () => {
    const [a, b] = [await upstream('a'), await upstream('b', refuses(503))];
    const gw = await gateway({ main: [a], spare: [b] });
    expect((await ask(gw, { path: '/p/spare/v1/messages' })).status).toBe(503);
    expect(a.heard).toEqual([]);
  });

  it('a profile that does not exist is a 404', async () => {
    const got = await ask(await gateway({ main: [] }), { path: '/p/nobody/v1/messages' });
    expect([got.status, errorOf(got).type]).toEqual([404, 'not_found_error']);
  });
});

describe('the error that a client receives', () => {
  const told = '{"type":"error", "error":{"type":"authentication_error","message":"invalid x-api-key"} }';

  it('is the refusal of the only key, verbatim, with the header not to retry', async () => {
    const a = await upstream('a', says(401, told, { 'x-should-retry': 'true', 'request-id': 'req_a' }));
    const gw = await gateway({ main: [a] });
    const got = await ask(gw);
    expect(got).toMatchObject({ status: 401, text: told });
    expect(got.headers).toMatchObject({ 'x-should-retry': 'false', 'request-id': 'req_a', 'x-qcc-endpoint': 'a' });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'credential' }]);
  });

  it('has the number of attempts, and the endpoint that answered', async () => {
    const [a, b] = [await upstream('a', refuses(401)), await upstream('b', says(401, told))];
    const got = await ask(await gateway({ main: [a, b] }));
    expect(got.text).toBe(told);
    expect(got.headers).toMatchObject({ 'x-qcc-attempts': '2', 'x-qcc-endpoint': 'b' });
  });

  it('is the gateway’s own equivalent while the only endpoint is quarantined for its key', async () => {
    const a = await upstream('a');
    const gw = await gateway({ main: [as(a, { state: 'failed', held: true, because: 'credential', until: soon() })] });
    const got = await ask(gw);
    expect([got.status, got.headers['x-should-retry'], a.heard.length]).toEqual([401, 'false', 0]);
    expect(errorOf(got)).toEqual({
      type: 'authentication_error',
      message: expect.stringMatching(/\(main\/a\) was refused - run: qcc endpoint update main a --api-key-stdin$/),
    });
  });

  it.each(['billing', 'quota'] as const)(
    'is in the words of the endpoint while all that are left have used up their account (%s), each time',
    async (because) => {
      const said = '{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}';
      const a = await upstream('a', says(429, said));
      const spent = { state: 'failed', held: because === 'billing', because, until: soon() } as const;
      const refused = as(await upstream('b'), { state: 'failed', held: true, because: 'credential', until: soon() });
      const gw = await gateway({ main: [refused, as(a, spent)] });
      for (let asked = 1; asked <= 2; asked++) {
        const got = await ask(gw);
        expect([got.status, got.headers['x-should-retry'], got.text, a.heard.length]).toEqual([
          429,
          'false',
          said,
          asked,
        ]);
      }
      a.does(answers());
      expect((await ask(gw)).status).toBe(200);
    },
  );

  it('is not the refused key while another endpoint is ejected for a time only', async () => {
    const held = as(await upstream('a'), { state: 'failed', held: true, because: 'credential', until: soon() });
    const gw = await gateway({ main: [held, await upstream('b', refuses(503))] });
    expect((await ask(gw)).status).toBe(503);
  });

  it('is the last 404 when no endpoint has the model, at once and again', async () => {
    const [a, b] = [await upstream('a', refuses(404, {}, 'model: claude-test (a)')), await upstream('b')];
    const last = 'model: claude-test (b)';
    b.does(refuses(404, {}, last));
    const gw = await gateway({ main: [a, b] });
    for (let i = 0; i < 2; i++) {
      const got = await ask(gw);
      expect([got.status, errorOf(got).message]).toEqual([404, last]);
    }
    expect(gw.failures).toEqual([]);
  });

  it('is that 404 also while another endpoint is disabled', async () => {
    const a = await upstream('a', refuses(404, {}, 'model: claude-test'));
    const gw = await gateway({ main: [a, as(await upstream('b'), { state: 'disabled' })] });
    for (let i = 0; i < 2; i++) expect((await ask(gw)).status).toBe(404);
    expect(a.heard).toHaveLength(2);
  });

  it('is that 404 also inside of the profile that the path names, even if others have the model', async () => {
    const b = await upstream('b', refuses(404, {}, 'model: claude-test'));
    const gw = await gateway({ main: [await upstream('a')], spare: [b] });
    for (let i = 0; i < 2; i++) expect((await ask(gw, { path: '/p/spare/v1/messages' })).status).toBe(404);
    expect(b.heard).toHaveLength(2);
  });

  it('is the last quota when all are used up', async () => {
    const used = refuses(429, { 'anthropic-ratelimit-unified-status': 'rejected', 'retry-after': '900' });
    const gw = await gateway({ main: [await upstream('a', used), await upstream('b', used)] });
    const got = await ask(gw);
    expect([got.status, got.headers['retry-after']]).toEqual([429, '900']);
  });

  it('is a wrong address when every endpoint says so', async () => {
    const gw = await gateway({ main: [await upstream('a', refuses(404, {}, 'Not found'))] });
    expect((await ask(gw)).status).toBe(404);
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'misconfigured' }]);
  });
});
