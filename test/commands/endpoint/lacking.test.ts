/** An endpoint that says it lacks a model: who hears of it, and what ends it, by the commands alone. */
import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../../src/simulated-endpoint/simulated-endpoint.ts';
import { at } from '../../cli/command.ts';
import { upstream } from '../../proxy/upstreams.ts';
import { temporaryHome } from '../../support/home.ts';

const key = 'sk-ant-api03-0123456789abcdef';

/** Two endpoints, one after the other; the first one lacks whatever model it is asked for. */
async function twoEndpoints() {
  const home = temporaryHome();
  const run = at(home);
  await run('add', 'main', '--tier', 'primary');
  await run('config', 'set', 'loadbalancer.strategy', 'failover');
  const made = [];
  for (const name of ['first', 'second']) {
    const simulated = await startSimulatedEndpoint({ name });
    onTestFinished(() => simulated.close());
    const where = ['--base-url', simulated.url, '--auth', simulated.auth, '--api-key', simulated.key];
    const added = await run('endpoint', 'add', 'main', ...where, '--name', name, '--json');
    made.push({ simulated, id: (added.json() as { id: string }).id });
  }
  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const [first, second] = made;
  if (!first || !second) throw new Error('two were made');
  await first.simulated.play({ kind: 'noModel' });
  const token = /ANTHROPIC_AUTH_TOKEN='?([^'\s]+)/.exec((await run('env')).out)?.[1] ?? '';
  const json = async (...argv: readonly string[]) => (await run(...argv, '--json')).json();
  const ask = (model = 'claude-x') => asked(gateway.url, token, model);
  return { run, json, ask, first, second };
}

function asked(
  url: string,
  token: string,
  model: string,
  path = '/v1/messages',
): Promise<{ readonly by: string; readonly id: string }> {
  const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'hello' }] });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume();
      const told = (name: string) => String(answer.headers[name]);
      answer.once('end', () => resolve({ by: told('x-qcc-endpoint'), id: told('x-qcc-request-id') }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

describe('a model that an endpoint lacks', () => {
  it('is shown by status, debug, explain and history, in both languages', async () => {
    const { run, json, ask, first, second } = await twoEndpoints();
    expect((await ask()).by).toBe(second.id);
    const { by, id } = await ask();
    expect(by).toBe(second.id);

    expect(await json('health', 'status')).toMatchObject({
      endpoints: [
        { id: first.id, state: 'healthy', lacks: [{ model: 'claude-x', until: expect.stringMatching(/Z$/) }] },
        { id: second.id, lacks: [] },
      ],
    });
    const line =
      /main\/first: says that it does not have claude-x; not asked for it again until (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d - qcc health reset first/;
    for (const command of [['health', 'status'], ['status']]) expect((await run(...command)).out).toMatch(line);
    expect((await run('health', 'status', '--lang', 'zh-CN')).out).toMatch(
      /main\/first：端点称没有 claude-x，(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d 之后再试/,
    );
    expect((await run('debug')).out).toMatch(
      /does not have claude-x; not asked for it again until\s+(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d/,
    );

    expect(await json('history', 'explain', id)).toMatchObject({
      route: [
        {
          endpoint: first.id,
          state: 'healthy',
          chosen: false,
          because: 'lacksModel',
          failure: null,
          facts: [expect.any(Number)],
        },
        { endpoint: second.id, chosen: true },
      ],
    });
    expect((await run('history', 'explain', id)).out).toMatch(
      /first +healthy +100 +it says that it does not have the model, until \d\d:\d\d:\d\d[\s\S]*says that it does not have claude-x; believed for 10 min/,
    );
    const facts = (await run('history', '--type', 'ModelNotFound', '--json')).out.trim().split('\n');
    expect(facts).toHaveLength(1);
  });

  it.each([
    ['a reset', (id: string) => ['health', 'reset', id]],
    ['another key', (id: string) => ['endpoint', 'update', 'main', id, '--api-key', key]],
    ['another way to give it', (id: string) => ['endpoint', 'update', 'main', id, '--auth', 'bearer']],
  ])('is requested again after %s', async (_, command) => {
    const { run, json, ask, first } = await twoEndpoints();
    await ask();
    await first.simulated.play({ kind: 'none' });
    expect((await ask()).by).not.toBe(first.id);
    expect((await run(...command(first.id))).code).toBe(0);
    expect(await json('health', 'status')).toMatchObject({ endpoints: [{ lacks: [] }, { lacks: [] }] });
    await first.simulated.play({ kind: 'noModel' });
    const { id } = await ask();
    // It was asked, first: what it has said since is news.
    expect(await json('history', 'explain', id)).toMatchObject({ attempts: [{ endpoint: first.id }, {}] });
  });

  it('is independent of another missing model', async () => {
    const { ask, first, second } = await twoEndpoints();
    await ask();
    await first.simulated.play({ kind: 'none' });
    expect([(await ask('claude-y')).by, (await ask()).by]).toEqual([first.id, second.id]);
  });

  it('is cleared by a successful check that has asked for it', async () => {
    const { run, json, ask, first } = await twoEndpoints();
    await run('config', 'set', 'health.model', 'claude-x');
    await ask();
    await first.simulated.play({ kind: 'none' });
    expect((await run('health', 'check', first.id)).code).toBe(0);
    expect(await json('health', 'status')).toMatchObject({ endpoints: [{ lacks: [] }, {}] });
    expect((await ask()).by).toBe(first.id);
  });
});

describe('a count and a size that an endpoint refuses', () => {
  it('are shown by status in both languages, and are asked for again after a reset', async () => {
    const home = temporaryHome();
    const run = at(home);
    const small = await upstream('small', ({ request: { url = '' }, response }) => {
      response.writeHead(url.includes('count_tokens') ? 501 : 413, { 'content-type': 'text/html' });
      response.end('<h1>no</h1>');
    });
    const where = ['--base-url', small.url, '--api-key', small.key, '--no-test'];
    await run('add', 'main', '--tier', 'primary', ...where);
    const gateway = await runGateway({ home, port: 0 });
    onTestFinished(async () => {
      await gateway.stop(0);
      await gateway.stopped;
    });
    const token = /ANTHROPIC_AUTH_TOKEN='?([^'\s]+)/.exec((await run('env')).out)?.[1] ?? '';
    await asked(gateway.url, token, 'claude-x');
    await asked(gateway.url, token, 'claude-x', '/v1/messages/count_tokens');
    const { endpoints } = (await run('health', 'status', '--json')).json() as { endpoints: { id: string }[] };
    expect(endpoints).toMatchObject([
      { countsNotUntil: expect.stringMatching(/Z$/), tooLarge: { bytes: 82, until: expect.stringMatching(/Z$/) } },
    ]);
    expect((await run('health', 'status')).out).toMatch(/does not count tokens[\s\S]*refuses bodies of 82 B/);
    expect((await run('health', 'status', '--lang', 'zh-CN')).out).toMatch(/不支持计算 token[\s\S]*拒绝 82 B/);
    await run('health', 'reset', endpoints[0]?.id ?? '');
    expect((await run('health', 'status', '--json')).json()).toMatchObject({
      endpoints: [{ countsNotUntil: null, tooLarge: null }],
    });
  });
});
