/** The life of the page's listener: when it opens, on which port, and what closes it. */
import { createServer, connect as dial } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { minuteMs, secondMs } from '../../events/units.ts';
import { connect } from '../../src/control/client.ts';
import { Dashboard } from '../../src/dashboard/dashboard.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { ask } from '../proxy/gateway.ts';
import { answers, says, upstream } from '../proxy/upstreams.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { type Asked, builtPage, exchange, FakeGateway, openStream } from '../support/page.ts';

afterEach(() => {
  vi.useRealTimers();
});

const keepMs = 15 * minuteMs;

function dashboard(port = 0) {
  const gateway = new FakeGateway();
  const warned: string[] = [];
  const one = new Dashboard(gateway, {
    port: () => port,
    keepMs: () => keepMs,
    folder: builtPage(),
    warn: (sentence) => warned.push(sentence),
  });
  onTestFinished(() => one.close());
  return { gateway, warned, one };
}

const portOf = ({ url }: { readonly url: string }) => Number(new URL(url).port);

function post(port: number, target: string, body: object, bearer = 'none'): Asked {
  const text = JSON.stringify(body);
  const headers = [
    ['Host', `127.0.0.1:${port}`],
    ['Connection', 'close'],
    ['Authorization', `Bearer ${bearer}`],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(Buffer.byteLength(text))],
  ] as const;
  return { method: 'POST', target, headers, body: text };
}

async function bearerFor(opened: { readonly url: string; readonly ticket: string }): Promise<string> {
  const answer = await exchange(portOf(opened), post(portOf(opened), '/ticket', { ticket: opened.ticket }));
  return (JSON.parse(answer?.body ?? '') as { bearer: string }).bearer;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

const closes = (port: number) => vi.waitUntil(async () => !(await isOpen(port)), { timeout: 5_000 });

/** A port that another program has. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe('the listener', () => {
  it('is opened by the first ticket, and serves all of them, also those asked for at once', async () => {
    const { one } = dashboard();
    const opened = await Promise.all([{}, { readOnly: true }, {}].map((params) => one.open(params)));
    expect(new Set(opened.map(portOf)).size).toBe(1);
    expect(new Set(opened.map(({ ticket }) => ticket)).size).toBe(3);
    expect(opened.map(({ scope }) => scope)).toEqual(['write', 'read', 'write']);
    const [first] = opened;
    expect(first?.url).toBe(`http://127.0.0.1:${portOf(opened[0] as never)}/#t=${first?.ticket}`);
    expect(first?.expiresAt).toBe('2026-01-01T12:01:00.000Z');
    for (const each of opened) await bearerFor(each);
  });

  it('stays on its port: a ticket for another one is refused with the one where it is', async () => {
    const { one } = dashboard();
    const port = portOf(await one.open({}));
    expect(portOf(await one.open({ port }))).toBe(port);
    expect(portOf(await one.open({ port: 0 }))).toBe(port);
    await expect(one.open({ port: port === 1 ? 2 : 1 })).rejects.toMatchObject({
      code: 'QCC_DASHBOARD_ELSEWHERE',
      exit: 6,
      params: { is: port },
    });
  });

  it('says which port is taken and how to have a free one, and opens there', async () => {
    const port = await takenPort();
    const { one } = dashboard(port);
    await expect(one.open({})).rejects.toMatchObject({
      code: 'QCC_DASHBOARD_PORT',
      exit: 6,
      params: { port, why: 'EADDRINUSE' },
    });
    expect(portOf(await one.open({ port: 0 }))).not.toBe(port);
  });

  it('closes when no page was open for as long as it is kept, counted from when the last one left', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] } as never);
    const { one, gateway } = dashboard();
    const pass = (ms: number) => {
      for (let left = ms; left > 0; left -= 5 * secondMs) {
        gateway.world.pass(5 * secondMs);
        vi.advanceTimersByTime(5 * secondMs);
      }
    };
    const opened = await one.open({});
    const port = portOf(opened);
    const stream = openStream(port, await bearerFor(opened), 1);
    await stream.said(/: open\n\n/);
    // Open for long, while nothing is asked.
    pass(4 * keepMs);
    expect(await isOpen(port)).toBe(true);
    stream.socket.destroy();
    await vi.waitUntil(() => gateway.listeners.size === 0);
    pass(keepMs);
    expect(await isOpen(port)).toBe(true);
    pass(5 * secondMs);
    await closes(port);
    const again = await one.open({});
    await bearerFor(again);
    expect(again.ticket).not.toBe(opened.ticket);
  });

  it('closes when nobody comes with the ticket', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] } as never);
    const { one, gateway } = dashboard();
    const port = portOf(await one.open({}));
    gateway.world.pass(keepMs + 1);
    vi.advanceTimersByTime(5 * secondMs);
    await closes(port);
  });

  it('closes when tickets are guessed, says so, voids every bearer, and opens again when it is asked to', async () => {
    const { one, warned } = dashboard();
    const opened = await one.open({});
    const port = portOf(opened);
    const bearer = await bearerFor(opened);
    const stream = openStream(port, bearer, 1);
    await stream.said(/: open\n\n/);
    for (let i = 0; i < 10; i++) await exchange(port, post(port, '/ticket', { ticket: `guess ${i}` }));
    await closes(port);
    await stream.closed;
    expect(warned).toEqual([expect.stringContaining('qcc dashboard')]);
    const again = portOf(await one.open({ port }));
    expect(again).toBe(port);
    expect(await exchange(port, post(port, '/call/config.list', {}, bearer))).toMatchObject({ status: 401 });
  });

  it('does not open any more after the end', async () => {
    const { one } = dashboard();
    const opening = one.open({});
    await one.close();
    const port = await opening.then(portOf, () => 0);
    if (port > 0) await closes(port);
    await expect(one.open({})).rejects.toMatchObject({ code: 'QCC_GATEWAY_ENDING', exit: 3 });
  });
});

describe('the gateway', () => {
  it('tells its open pages when it stops, and closes their listener; after a restart no bearer is good', async () => {
    const home = temporaryHome();
    const first = await runGateway({ home, port: 0 });
    const { call } = await connect({ home, needGateway: true });
    const opened = await call('dashboard.open', { port: 0 });
    const port = portOf(opened);
    const bearer = await bearerFor(opened);
    const stream = openStream(port, bearer, 0);
    await stream.said(/event: state/);
    await first.stop(0);
    await first.stopped;
    await stream.closed;
    expect(stream.text()).toMatch(/event: closed/);
    expect(await isOpen(port)).toBe(false);
    const second = await runGateway({ home, port: 0 });
    onTestFinished(async () => {
      await second.stop(0);
      await second.stopped;
    });
    const again = await connect({ home, needGateway: true });
    await again.call('dashboard.open', { port });
    expect(await exchange(port, post(port, '/call/config.list', {}, bearer))).toMatchObject({
      status: 401,
      code: 'bearer',
    });
  });

  it('opens no listener for pages until it is asked to, and its own port serves none', async () => {
    const { gateway, call } = await runningGateway();
    expect(await isOpen(7861)).toBe(false);
    const opened = await call('dashboard.open', { port: 0 });
    const host = `127.0.0.1:${gateway.port}`;
    const got = await fetch(`http://${host}/`, { headers: { 'sec-fetch-site': 'none' } });
    expect(got.status).toBeGreaterThanOrEqual(400);
    expect(portOf(opened)).not.toBe(gateway.port);
  });

  it('tells the page that nothing can answer any more, and that something can again, also when only an endpoint has changed', async () => {
    const { call, gateway } = await runningGateway();
    const up = await upstream('a', says(503, '{}'));
    for (const [key, value] of [
      ['failover.auto', 'false'],
      ['queue.enabled', 'false'],
      ['health.mode', 'off'],
    ] as const)
      await call('config.set', { key, value });
    await call('profile.add', { name: 'main', tier: 'primary' });
    await call('endpoint.add', { profile: 'main', baseUrl: up.url, key: up.key, maxFailures: 1 });
    up.does(answers());
    const headers = { authorization: 'Bearer proxy-managed' };
    await ask(gateway, { session: 's', headers });
    const opened = await call('dashboard.open', { port: 0 });
    const { seq, notReady } = await call('dashboard.state', {});
    expect(notReady).toEqual([]);
    const stream = openStream(portOf(opened), await bearerFor(opened), seq);
    await stream.said(/: open\n\n/);
    up.does(says(503, '{}'));
    await ask(gateway, { session: 's', headers });
    await stream.said(/"notReady":\[\{"code":"allOut"/);
    const { endpoints } = await call('endpoint.list', { profile: 'main' });
    await call('health.reset', { id: endpoints[0]?.id ?? '' });
    await stream.said(/"notReady":\[\{"code":"allOut"[\s\S]*"notReady":\[\]/);
  });

  it('tells the whole state when settings or profiles change, and of a request its endpoint alone', async () => {
    const { call, gateway } = await runningGateway();
    const up = await upstream('a', answers());
    await call('profile.add', { name: 'main', tier: 'primary' });
    const { id } = await call('endpoint.add', { profile: 'main', baseUrl: up.url, key: up.key });
    const headers = { authorization: 'Bearer proxy-managed' };
    await ask(gateway, { session: 's', headers });
    const opened = await call('dashboard.open', { port: 0 });
    const stream = openStream(portOf(opened), await bearerFor(opened), (await call('dashboard.state', {})).seq);
    await stream.said(/: open\n\n/);
    const toldOf = async (type: string) => {
      const text = await stream.said(new RegExp(`event: facts\\nid: \\d+\\ndata: .*"type":"${type}".*\\n\\n`));
      const [, data = ''] = new RegExp(`event: facts\\nid: \\d+\\ndata: (.*"type":"${type}".*)\\n\\n`).exec(text) ?? [];
      return JSON.parse(data) as object;
    };
    await ask(gateway, { session: 's', headers });
    expect(await toldOf('RequestServed')).toMatchObject({ state: null, endpoints: [{ id }], queue: null, skipped: 0 });
    await call('config.set', { key: 'failover.cooldown', value: '7' });
    expect(await toldOf('SettingChanged')).toMatchObject({
      state: { ladder: { policy: { cooldownS: 7 } } },
      endpoints: [],
    });
    await call('profile.add', { name: 'later' });
    expect(await toldOf('ProfileAdded')).toMatchObject({ state: { profiles: [{ name: 'main' }, { name: 'later' }] } });
  });

  it('tells the page what a command changed, from the endpoint to why nothing can answer', async () => {
    const { call } = await runningGateway();
    await call('profile.add', { name: 'main', tier: 'primary' });
    const { id } = await call('endpoint.add', { profile: 'main', baseUrl: 'http://127.0.0.1:9', key: 'sk-ant-1' });
    const opened = await call('dashboard.open', { port: 0 });
    const { seq } = await call('dashboard.state', {});
    const stream = openStream(portOf(opened), await bearerFor(opened), seq);
    await stream.said(/: open\n\n/);
    await call('endpoint.disable', { profile: 'main', id });
    const text = await stream.said(/event: facts[\s\S]*"type":"EndpointDisabled"/);
    const [, data = ''] = /event: facts\nid: \d+\ndata: (.*)\n/.exec(text) ?? [];
    expect((JSON.parse(data) as { state: { notReady: object[] } }).state).toMatchObject({
      notReady: [{ code: 'allOut' }],
      profiles: [{ endpoints: [{ id, state: 'disabled' }] }],
    });
  });
});
