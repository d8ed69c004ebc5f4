/** The network as the whole gateway sees it: another one, and a proxy on the way that is down. The clock and the addresses are the test's. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { reason } from '../../events/reason.ts';
import { askOnce } from '../../src/commands/demo/client.ts';
import { answerEvents } from '../proxy/upstreams.ts';
import { runningGateway } from '../support/gateway.ts';

// Before anything is loaded that keeps `Date.now` for itself.
const outside = vi.hoisted(() => {
  const real = Date.now;
  const it = { aheadMs: 0, addresses: 'eth0 10.0.0.1' };
  Date.now = () => real() + it.aheadMs;
  return it;
});
vi.mock('../../src/health/addresses.ts', () => ({ addresses: () => outside.addresses }));

const addressesEveryMs = 5_000;

/** Answers every conversation, and shows who connects to it. */
async function endpoint() {
  const seen: Socket[] = [];
  const streaming: ServerResponse[] = [];
  let isSlow = false;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') return void response.end('{"data":[{"id":"claude-x"}]}');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = answerEvents();
      if (!isSlow) return void response.end(events.join(''));
      response.write(events.slice(0, 3).join(''));
      streaming.push(response);
    });
  });
  server.on('connection', (socket) => void seen.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    streaming,
    close,
    setSlow: (slow: boolean) => {
      isSlow = slow;
    },
    goOn: () => streaming.pop()?.end(answerEvents().slice(3).join('')),
  };
}

async function running() {
  onTestFinished(() => void vi.unstubAllEnvs());
  const { gateway, call } = await runningGateway();
  await call('profile.add', { name: 'main', tier: 'primary' });
  const add = (baseUrl: string) =>
    call('endpoint.add', { profile: 'main', baseUrl, key: 'sk-ant-1', priority: 1, allowPlaintext: true });
  return { gateway, call, add };
}

it('a change of addresses counts as another network: idle connections are closed, running answers end, all endpoints are probed', async () => {
  const { gateway, call, add } = await running();
  const [used, unused] = [await endpoint(), await endpoint()];
  await add(used.url);
  await call('config.set', { key: 'loadbalancer.strategy', value: 'failover' });
  used.setSlow(true);
  const long = askOnce(gateway.url, 's1', 'a long one');
  await vi.waitFor(() => expect(used.streaming).toHaveLength(1));
  used.setSlow(false);
  expect((await askOnce(gateway.url, 's1', 'a short one')).outcome).toBe('answered');
  await add(unused.url);
  const [busy, idle] = used.seen;
  expect([used.seen.length, idle?.destroyed, unused.seen.length]).toEqual([2, false, 0]);

  outside.addresses = 'wlan0 192.168.1.7';
  outside.aheadMs += addressesEveryMs;
  await vi.waitFor(() => expect(unused.seen.length).toBeGreaterThan(0), { timeout: 10_000 });
  await vi.waitFor(() => expect(idle?.destroyed).toBe(true));
  expect(busy?.destroyed).toBe(false);
  used.goOn();
  expect((await long).outcome).toBe('answered');
  await vi.waitFor(() => expect(busy?.destroyed).toBe(true));
});

it('a proxy that is down is no fault of the endpoints behind it, in traffic or in probes', async () => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY']) vi.stubEnv(name, '');
  vi.stubEnv('HTTP_PROXY', 'http://me:secret@127.0.0.1:1');
  const { gateway, call, add } = await running();
  await call('config.set', { key: 'queue.enabled', value: 'false' });
  const { id } = await add('http://endpoint.test');
  for (let i = 0; i < 4; i++) {
    const { outcome, message } = await askOnce(gateway.url, 's1', 'hello');
    expect(outcome).toBe('refused');
    expect(message).toContain('the HTTP proxy 127.0.0.1:1 is down or refuses');
    expect(message).not.toContain('secret');
  }
  for (let i = 0; i < 3; i++) {
    const { checks } = await call('health.check', { id });
    expect(checks).toMatchObject([{ verdict: 'failure', error: reason('proxyDown', { proxy: '127.0.0.1:1' }) }]);
  }
  const { endpoints } = await call('health.status', {});
  expect(endpoints).toMatchObject([{ state: 'healthy', consecutiveFailures: 0, successRate: null }]);
  const { facts } = await call('history.read', { stream: `endpoint/${id}` });
  expect(new Set(facts.map(({ type }) => type))).toEqual(new Set(['ProbeNoted']));
});

it('a timeout during a sleep ends with it, and all endpoints are probed', async () => {
  const { gateway, call, add } = await running();
  const [gone, well] = [await endpoint(), await endpoint()];
  await call('config.set', { key: 'queue.enabled', value: 'false' });
  await call('config.set', { key: 'health.backoff_base', value: '300' });
  const { id } = await add(gone.url);
  gone.close();
  for (let i = 0; i < 3; i++) await askOnce(gateway.url, 's1', 'hello');
  await add(well.url);
  await call('config.set', { key: 'health.mode', value: 'off' });
  const stateOf = async () => (await call('health.status', {})).endpoints.find((one) => one.id === id)?.state;
  expect(await stateOf()).toBe('failed');
  outside.aheadMs += 3_600_000;
  await vi.waitFor(async () => expect(await stateOf()).toBe('recovering'), { timeout: 10_000 });
  expect(well.seen).toHaveLength(0);

  await call('config.set', { key: 'health.mode', value: 'passive' });
  outside.aheadMs += 3_600_000;
  await vi.waitFor(() => expect(well.seen.length).toBeGreaterThan(0), { timeout: 10_000 });
  const { facts } = await call('history.read', { stream: 'gateway', type: 'Slept' });
  expect(facts.length).toBeGreaterThanOrEqual(2);
});

it('an endpoint that takes nothing from this network is asked again as soon as there is another one', async () => {
  const { gateway, call, add } = await running();
  let isBlocked = true;
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'POST') asked++;
      if (isBlocked) {
        response.writeHead(403, { 'content-type': 'application/json' });
        return void response.end('{"error":{"type":"forbidden","message":"Request not allowed"}}');
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(answerEvents().join(''));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await add(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const state = async () => (await call('health.status', {})).endpoints[0];
  await askOnce(gateway.url, 's1', 'hello');
  expect(await state()).toMatchObject({ state: 'degraded', because: 'blocked', consecutiveFailures: 1 });
  const before = asked;
  isBlocked = false;
  outside.addresses = `wlan0 10.9.9.${asked}`;
  outside.aheadMs += addressesEveryMs;
  await vi.waitFor(async () => expect(await state()).toMatchObject({ state: 'healthy', until: null }), 10_000);
  expect((await askOnce(gateway.url, 's1', 'hello')).outcome).toBe('answered');
  expect(asked).toBeGreaterThan(before);
});
