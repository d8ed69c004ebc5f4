/** A model map at work, as the commands show it. */
import { request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { runGateway } from '../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

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
