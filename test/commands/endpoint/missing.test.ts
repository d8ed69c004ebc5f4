/** What an endpoint has refused of requests, as the commands show it, and how it is forgotten. */
import { request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { at } from '../../cli/command.ts';
import { answers, refuses, upstream } from '../../proxy/upstreams.ts';
import { temporaryHome } from '../../support/home.ts';

async function oneThatRefuses() {
  const home = temporaryHome();
  const run = at(home);
  const up = await upstream('relay', (turn) => {
    const isKnown = !up.heard.at(-1)?.body.includes('"context_management"');
    return (isKnown ? answers() : refuses(400, {}, 'context_management: Extra inputs are not permitted'))(turn);
  });
  await run('add', 'work', '--tier', 'primary');
  await run('endpoint', 'add', 'work', '--base-url', up.url, '--api-key', up.key, '--name', 'relay', '--no-test');
  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const token = /ANTHROPIC_AUTH_TOKEN='?([^'\s]+)/.exec((await run('env')).out)?.[1] ?? '';
  const asked = () => up.heard.filter(({ body }) => body.includes('hello from a person')).length;
  return { run, asked, ask: () => ask(gateway.url, token) };
}

function ask(url: string, token: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const body = JSON.stringify({
    context_management: { edits: [] },
    model: 'claude-x',
    max_tokens: 8,
    messages: [{ role: 'user', content: 'hello from a person' }],
  });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': body.length,
    ...more,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/messages`, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(String(answer.headers['x-qcc-request-id'])));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

it('is shown by the endpoint, told by the history, and forgotten by hand', async () => {
  const { run, ask: asks, asked } = await oneThatRefuses();
  expect((await run('endpoint', 'show', 'work', 'relay')).out).toContain('it has refused no part of a request');
  await asks();
  const id = await asks();
  expect(asked()).toBe(3);
  const shown = await run('endpoint', 'show', 'work', 'relay');
  expect(shown.out).toMatch(
    /without context_management for claude-x until .+ - qcc endpoint forget work relay --what context_management/,
  );
  expect((await run('endpoint', 'show', 'work', 'relay', '--lang', 'zh-CN')).out).toContain('不带 context_management');
  expect((await run('endpoint', 'show', 'work', 'relay', '--json')).json()).toMatchObject({
    missing: [{ model: 'claude-x', what: 'context_management', limit: null }],
  });
  const told = await run('history', 'explain', id);
  expect(told.out).toContain('context_management was left out, because the endpoint has refused it');
  expect((await run('history', 'explain', id, '--lang', 'zh-CN')).out).toContain('端点拒绝过 context_management');
  expect((await run('history', '--type', 'CapabilityMissing')).out).toContain(
    'refuses context_management for claude-x',
  );

  const wrong = await run('endpoint', 'forget', 'work', 'relay', '--what', 'effort');
  expect([wrong.code, wrong.err]).toEqual([5, expect.stringContaining('it has refused context_management')]);
  const forgotten = await run('endpoint', 'forget', 'work', 'relay', '--what', 'context_management', '--json');
  expect(forgotten.json()).toMatchObject({ forgotten: ['context_management'], missing: [] });
  await asks();
  expect(asked()).toBe(5);
  expect((await run('config', 'audit', '--json')).out).toContain('endpoint.forget');
  expect((await run('endpoint', 'forget', 'work', 'relay', '--json')).json()).toMatchObject({
    forgotten: ['context_management'],
  });
  expect((await run('endpoint', 'forget', 'work', 'relay', '--json')).json()).toMatchObject({ forgotten: [] });
});

it('ends with another address', async () => {
  const { run, ask: asks } = await oneThatRefuses();
  await asks();
  await run('endpoint', 'update', 'work', 'relay', '--base-url', 'http://127.0.0.1:9');
  expect((await run('endpoint', 'show', 'work', 'relay', '--json')).json()).toMatchObject({ missing: [] });
});

it('is told of an endpoint that wants its own thinking back: why the later requests of the session pass it over', async () => {
  const home = temporaryHome();
  const run = at(home);
  const wants = await upstream('wants', refuses(400, {}, 'The thinking must be passed back to the API.'));
  const other = await upstream('other');
  await run('add', 'work', '--tier', 'primary');
  await run('config', 'set', 'loadbalancer.strategy', 'failover');
  for (const up of [wants, other])
    await run('endpoint', 'add', 'work', '--base-url', up.url, '--api-key', up.key, '--name', up.name, '--no-test');
  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const token = /ANTHROPIC_AUTH_TOKEN='?([^'\s]+)/.exec((await run('env')).out)?.[1] ?? '';
  const asks = () => ask(gateway.url, token, { 'x-claude-code-session-id': 'session-of-thinking' });
  const first = await asks();
  const second = await asks();
  const explained = (await run('history', 'explain', second, '--json')).json() as {
    readonly route: readonly { readonly because: string; readonly facts: readonly number[] }[];
    readonly facts: readonly { readonly seq: number; readonly stream: string }[];
  };
  const row = explained.route.find(({ because }) => because === 'noThinkingHere');
  expect(explained.facts.find(({ seq }) => seq === row?.facts[0])?.stream).toBe(`request/${first}`);
  expect((await run('history', 'explain', second)).out).toContain('wants thinking back that is not its own');
  const next = ['route', '--session', 'session-of-thinking'];
  expect((await run(...next)).out).toMatch(/wants.*wants thinking back that is not its own/);
  expect((await run(...next, '--lang', 'zh-CN')).out).toContain('要求交回自己的思考');
  expect((await run('route')).out).not.toContain('thinking');
});
