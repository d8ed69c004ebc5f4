/** A model map at work, as the commands show it. */
import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../../src/simulated-endpoint/simulated-endpoint.ts';
import { at } from '../../cli/command.ts';
import { refuses, streamed, streams, upstream } from '../../proxy/upstreams.ts';
import { temporaryHome } from '../../support/home.ts';

/** Two vendors, one after the other. */
async function twoVendors() {
  const home = temporaryHome();
  const run = at(home);
  await run('add', 'main', '--tier', 'primary');
  await run('config', 'set', 'loadbalancer.strategy', 'failover');
  const ids: string[] = [];
  for (const [name, rules] of [
    ['first', ['opus=-', '*=glm-4.6']],
    ['second', ['*=kimi-k2']],
  ] as const) {
    const simulated = await startSimulatedEndpoint({ name });
    onTestFinished(() => simulated.close());
    const where = ['--base-url', simulated.url, '--auth', simulated.auth, '--api-key', simulated.key];
    const table = rules.flatMap((rule) => ['--model', rule]);
    const added = await run('endpoint', 'add', 'main', ...where, '--name', name, ...table, '--json');
    ids.push((added.json() as { id: string }).id);
  }
  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const token = /ANTHROPIC_AUTH_TOKEN='?([^'\s]+)/.exec((await run('env')).out)?.[1] ?? '';
  const ask = (model: string) => asked(gateway.url, token, model);
  return { run, ask, first: ids[0] ?? '', second: ids[1] ?? '' };
}

function asked(url: string, token: string, model: string): Promise<{ readonly by: string; readonly id: string }> {
  const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'hello' }] });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/messages`, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume();
      const told = (name: string) => String(answer.headers[name]);
      answer.once('end', () => resolve({ by: told('x-qcc-endpoint'), id: told('x-qcc-request-id') }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

it('is told by explain and route, in both languages, and its names stand in the statistics', async () => {
  const { run, ask, first, second } = await twoVendors();
  const haiku = await ask('claude-haiku-4-5');
  expect(haiku.by).toBe(first);
  const explained = await run('history', 'explain', haiku.id);
  expect(explained.out).toContain('first in order; asked for glm-4.6');
  expect((await run('history', 'explain', haiku.id, '--lang', 'zh-CN')).out).toContain('请求的模型名为 glm-4.6');

  const opus = await ask('claude-opus-4-6');
  expect(opus.by).toBe(second);
  expect((await run('history', 'explain', opus.id, '--json')).json()).toMatchObject({
    model: 'claude-opus-4-6',
    attempts: [{ endpoint: second, sent: 'kimi-k2' }],
    route: [
      { endpoint: first, chosen: false, because: 'modelExcluded', failure: null, until: null },
      { endpoint: second, chosen: true },
    ],
  });
  expect((await run('history', 'explain', opus.id)).out).toContain('its table of models says');
  expect((await run('route', '--model', 'claude-opus-4-6')).out).toMatch(/first.*its table of models says/);
  expect((await run('route', '--model', 'claude-opus-4-6', '--lang', 'zh-CN')).out).toContain(
    '其模型映射表明没有该模型',
  );

  const { stats } = (await run('endpoint', 'stats', 'main', '--json')).json() as { stats: readonly object[] };
  expect(stats).toMatchObject([
    { endpoint: first, model: 'glm-4.6', requests: 1 },
    { endpoint: second, model: 'kimi-k2', requests: 1 },
  ]);
});

describe('qcc endpoint models', () => {
  const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

  /** A vendor that has one model, and refuses all others in its own words. */
  async function vendor(...rules: readonly string[]) {
    const up = await upstream('vendor', ({ request, response, wantsStream }) => {
      const { body } = up.heard.at(-1) ?? {};
      const model = request.method === 'POST' ? JSON.parse(body?.toString() ?? '{}').model : '';
      const step = model === 'glm-4.6' ? streams(streamed) : refuses(400, {}, `Unknown model ${model}`);
      return step({ request, response, wantsStream });
    });
    const run = at(temporaryHome(), { MY_KEY: key });
    await run('add', 'work');
    const table = rules.flatMap((rule) => ['--model', rule]);
    const where = ['--base-url', up.url, '--api-key-env', 'MY_KEY'];
    const { id } = (await run('endpoint', 'add', 'work', ...where, ...table, '--json')).json() as { id: string };
    const asked = () => up.heard.flatMap(({ body }) => (body.length > 0 ? [JSON.parse(body.toString()).model] : []));
    return { run, id, asked };
  }

  it('lists the table and tests each model of it, once', async () => {
    const { run, id, asked } = await vendor('opus=-', 'haiku=glm-0', 'sonnet=glm-4.6', '*=glm-4.6', 'gpt=glm-4.6');
    const ran = await run('endpoint', 'models', 'work', id, '--json');
    expect(ran.code).toBe(7);
    expect(ran.json()).toMatchObject({
      endpoint: id,
      models: [
        { from: 'opus', to: null, hidden: false, check: null },
        { from: 'haiku', to: 'glm-0', check: { verdict: 'model_error' } },
        { from: 'sonnet', to: 'glm-4.6', check: { verdict: 'success', error: null } },
        { from: '*', to: 'glm-4.6', hidden: false },
        { from: 'gpt', to: 'glm-4.6', hidden: true },
      ],
    });
    expect(asked().sort()).toEqual(['glm-0', 'glm-4.6']);
    const { out } = await run('endpoint', 'models', 'work', id);
    expect(out).toContain('never reached');
    expect(out).toContain('such requests go to another endpoint');
  });

  it('ends well when all answer, and asks nothing with --no-test', async () => {
    const { run, id, asked } = await vendor('*=glm-4.6');
    expect((await run('endpoint', 'models', 'work', id)).code).toBe(0);
    const before = asked().length;
    const ran = await run('endpoint', 'models', 'work', id, '--no-test', '--json');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.json()).toMatchObject({ models: [{ check: null }] });
    expect(asked()).toHaveLength(before);
  });

  it('says what to do for an endpoint without a table', async () => {
    const { run, id } = await vendor();
    const ran = await run('endpoint', 'models', 'work', id);
    expect(ran.code).toBe(0);
    expect(ran.err).toContain(`qcc endpoint update work ${id} --model`);
    expect((await run('endpoint', 'models', 'work', id, '--lang', 'zh-CN')).err).toContain('没有模型映射');
  });

  it('comes after an endpoint from a preset, whose table is taken over and told', async () => {
    const run = at(temporaryHome(), { MY_KEY: key });
    await run('add', 'work');
    const ran = await run('endpoint', 'add', 'work', '--preset', 'zai', '--api-key-env', 'MY_KEY', '--no-test');
    expect(ran.err).toContain('haiku=glm-4.5-air, claude-*=glm-4.7');
    expect(ran.err).toMatch(/documentation of \d{4}-\d\d-\d\d/);
    expect(ran.err).toContain('qcc endpoint models work');
    const own = ['--model', 'opus=glm-5', '--no-model', 'haiku', '--json', '--name', 'mine'];
    const added = await run('endpoint', 'add', 'work', '--preset', 'zhipu', '--api-key-env', 'MY_KEY', ...own);
    expect(added.json()).toMatchObject({
      models: [
        { from: 'opus', to: 'glm-5' },
        { from: 'claude-*', to: 'glm-4.7' },
      ],
    });
  });
});

describe('a rule that is never reached', () => {
  const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
  const where = ['--base-url', 'https://vendor.example.com', '--api-key', key, '--no-test'];
  const table = ['--model', '*=any', '--model', 'opus=best'];

  it('is told with each command that leaves it there, with the one that brings it forward', async () => {
    const run = at(temporaryHome());
    const told =
      /the rule opus=best is never reached[\s\S]*qcc endpoint update (\S+) (\S+) --no-model 'opus' --model 'opus=best'/;
    expect((await run('add', 'work', ...where, ...table)).err).toMatch(told);
    expect((await run('add', 'second', ...where, ...table, '--lang', 'zh-CN')).err).toContain(
      '规则 opus=best 不会用到',
    );
    expect((await run('endpoint', 'add', 'second', ...where.with(1, 'https://a.example.com'), ...table)).err).toMatch(
      told,
    );
    const { endpoints } = (await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string }[] };
    const id = endpoints[0]?.id ?? '';
    expect((await run('endpoint', 'update', 'work', id, '--weight', '5')).err).toMatch(told);
    const file = `${temporaryHome()}.json`;
    await run('config', 'export', file);
    const forward = await run('endpoint', 'update', 'work', id, '--no-model', 'opus', '--model', 'opus=best');
    expect(forward.err).not.toMatch(told);
    const again = await run('config', 'import', file, '--yes');
    expect(again.err).toMatch(told);
  });
});
