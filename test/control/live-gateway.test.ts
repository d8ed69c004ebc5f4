/** The running gateway's answers about itself, over its control socket and its ports. */
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reason } from '../../events/reason.ts';
import { askOnce } from '../../src/commands/demo/client.ts';
import type { RequestStory } from '../../src/contract/history.ts';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';

async function withTwoEndpoints() {
  const it = await runningGateway();
  await it.call('profile.add', { name: 'main', tier: 'primary' });
  const endpoints = [];
  for (const priority of [1, 2]) {
    const simulated = await startSimulatedEndpoint({ name: `e${priority}` });
    onTestFinished(() => simulated.close());
    const { name, url: baseUrl, key, auth } = simulated;
    endpoints.push({
      simulated,
      row: await it.call('endpoint.add', { profile: 'main', name, baseUrl, key, auth, priority }),
    });
  }
  const [first, second] = endpoints;
  if (!first || !second) throw new Error('two were made');
  await it.call('config.set', { key: 'loadbalancer.strategy', value: 'failover' });
  return { ...it, first, second };
}

describe('readiness', () => {
  it('names in one sentence what is missing, with the command, until nothing is', async () => {
    const { gateway, call } = await runningGateway();
    const readyz = async () => {
      const response = await fetch(`${gateway.url}/readyz`);
      return [response.status, ((await response.json()) as { reasons: string[] }).reasons];
    };
    expect(await readyz()).toEqual([503, ['there is no profile yet - run: qcc init']]);
    await call('profile.add', { name: 'main', tier: 'primary' });
    expect(await readyz()).toEqual([503, ['no profile on the ladder has an endpoint - run: qcc endpoint add main']]);
    const { id } = await call('endpoint.add', { profile: 'main', baseUrl: 'http://127.0.0.1:9', key: 'sk-ant-1' });
    expect(await readyz()).toEqual([200, []]);
    await call('endpoint.disable', { profile: 'main', id });
    expect(await readyz()).toEqual([503, ['no endpoint is usable - run: qcc health status']]);
    expect((await call('proxy.status', {})).notReady).toEqual([reason('allOut')]);
  });
});

describe('with health_aware off', () => {
  it('routing, readiness and the ladder agree on an ejected endpoint: it takes traffic', async () => {
    const { gateway, call, first, second } = await withTwoEndpoints();
    await call('endpoint.disable', { profile: 'main', id: second.row.id });
    await call('config.set', { key: 'queue.enabled', value: 'false' });
    await call('config.set', { key: 'loadbalancer.health_aware', value: 'false' });
    await first.simulated.play({ kind: 'status', status: 503 });
    for (let i = 0; i < 3; i++) await askOnce(gateway.url, 's1', 'hello');
    const { endpoints } = await call('health.status', {});
    expect(endpoints.find(({ id }) => id === first.row.id)?.state).toBe('failed');
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect((await call('proxy.status', {})).state).not.toBe('failed');
    await first.simulated.play({ kind: 'none' });
    expect(await askOnce(gateway.url, 's1', 'hello')).toMatchObject({ outcome: 'answered', endpoint: first.row.id });
  });
});

describe('the explanation of a request', () => {
  it('names each attempt, and the endpoints as they were when it chose', async () => {
    const { gateway, call, first, second } = await withTwoEndpoints();
    await first.simulated.play({ kind: 'status', status: 401 });
    const seen = await askOnce(gateway.url, 's1', 'hello');
    expect(seen).toMatchObject({ outcome: 'answered', attempts: 2, endpoint: second.row.id });
    const { facts } = await call('history.read', { type: 'RequestServed' });
    const request = facts[0]?.stream.split('/')[1] ?? '';
    const story = (await call('history.explain', { about: request })) as RequestStory;
    expect(story.attempts).toMatchObject([
      { endpoint: first.row.id, outcome: 'credential', status: 401 },
      { endpoint: second.row.id, outcome: 'answered', status: 200 },
    ]);
    // The first one has failed since; the story is of the moment before.
    expect((await call('health.status', {})).endpoints[0]).toMatchObject({ id: first.row.id, state: 'failed' });
    expect(story.route).toMatchObject([
      { endpoint: first.row.id, state: 'healthy', chosen: true },
      { endpoint: second.row.id, state: 'healthy', chosen: true },
    ]);
    // What its failure led to, each with its cause; and the request's own end.
    expect(story.facts.map(({ type }) => type)).toEqual([
      'AttemptFailed',
      'EndpointFailed',
      'LadderDegraded',
      'RequestServed',
    ]);
  });

  it('of a later request shows why an endpoint was passed over', async () => {
    const { gateway, call, first, second } = await withTwoEndpoints();
    await first.simulated.play({ kind: 'status', status: 401 });
    for (const session of ['s1', 's2']) await askOnce(gateway.url, session, 'hello');
    const { facts } = await call('history.read', { type: 'RequestServed', limit: 1 });
    const about = facts[0]?.stream.split('/')[1] ?? '';
    const { attempts, route, facts: told } = (await call('history.explain', { about })) as RequestStory;
    expect(attempts).toHaveLength(1);
    expect(route).toMatchObject([
      { endpoint: first.row.id, state: 'failed', chosen: false, because: 'held', failure: 'credential' },
      { endpoint: second.row.id, state: 'healthy', chosen: true },
    ]);
    // The chain behind its state goes back to the failure that began it, which was another request's.
    const chain = told.filter(({ seq }) => route[0]?.facts.includes(seq));
    expect(chain.map(({ type }) => type)).toEqual(['AttemptFailed', 'EndpointFailed']);
    expect(chain[1]?.cause).toBe(chain[0]?.seq);
    expect(chain[0]?.data).not.toMatchObject({ request: about });
  });
});

describe('metrics since an instant', () => {
  it('leave out earlier results, and cover everything without an instant', async () => {
    const { gateway, call, first } = await withTwoEndpoints();
    await askOnce(gateway.url, 's1', 'hello');
    const requests = async (since?: number) => {
      const { stats } = await call('stats.read', { profile: 'main', ...(since === undefined ? {} : { since }) });
      return stats.filter(({ endpoint }) => endpoint === first.row.id).reduce((sum, row) => sum + row.requests, 0);
    };
    const { facts } = await call('history.read', { type: 'RequestServed' });
    const at = Date.parse(facts[0]?.at ?? '');
    expect(await requests()).toBe(1);
    expect(await requests(at)).toBe(1);
    expect(await requests(at + 1)).toBe(0);
    await expect(call('stats.read', { profile: 'nobody' })).rejects.toMatchObject({ code: 'QCC_PROFILE_UNKNOWN' });
  });
});

describe('the control socket', () => {
  it('reports another version when it does not know an operation, whatever its name is', async () => {
    const { home, call } = await runningGateway();
    const unknown = { code: 'QCC_OPERATION_UNKNOWN', hint: 'qcc proxy restart' };
    for (const name of ['profile.rename', 'constructor', '__proto__', '']) {
      await expect(call(name as 'profile.list', {})).rejects.toMatchObject(unknown);
    }
    expect(await post(home, 'GET', '/call/profile.list', '')).toMatchObject({ error: unknown });
  });

  it('refuses messages beyond its limit and invalid JSON, and goes on', async () => {
    const { home, call } = await runningGateway();
    const large = JSON.stringify({ name: 'x'.repeat(1_100_000) });
    expect(await post(home, 'POST', '/call/profile.add', large)).toMatchObject({
      error: { code: 'QCC_CONTROL_TOO_LARGE' },
    });
    expect(await post(home, 'POST', '/call/profile.add', '{')).toMatchObject({ error: { code: 'QCC_INPUT_INVALID' } });
    expect(await call('profile.list', {})).toEqual({ profiles: [] });
  });
});

describe('a gateway that may not start', () => {
  it('reports that one runs already', async () => {
    const { home } = await runningGateway();
    await expect(runGateway({ home, port: 0 })).rejects.toMatchObject({ code: 'QCC_GATEWAY_RUNNING', exit: 6 });
  });

  it('does not open to other machines without a token, and releases the home', async () => {
    const home = temporaryHome();
    await expect(runGateway({ home, host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
      code: 'QCC_PROXY_OPEN',
      hint: 'qcc config set proxy.require_token true',
    });
    const { call, close } = await connect({ home });
    await call('config.set', { key: 'proxy.require_token', value: 'true' });
    await close();
    const gateway = await runGateway({ home, host: '0.0.0.0', port: 0 });
    expect(gateway.url).toBe(`http://127.0.0.1:${gateway.port}`);
    await gateway.stop(0);
    await gateway.stopped;
  });
});

function post(home: string, method: string, path: string, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: join(home, 'qcc.sock'), method, path, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
