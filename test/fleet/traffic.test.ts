/** Requests through a whole gateway while everything befalls its fleet's server: none fails, and none waits for it. What a person reads meanwhile. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';
import { at } from '../cli/command.ts';
import { fleetSecret } from '../support/fleet.ts';
import { madeByHand } from '../support/fleet-ground.ts';
import { temporaryHome } from '../support/home.ts';
import { hasNats, natsServer } from '../support/nats.ts';

const requests = 20;

/** A member whose first two endpoints can be made to refuse: then there is something to tell. */
async function memberOf(url: string) {
  const home = temporaryHome();
  const first = await startSimulatedEndpoint({ name: 'first' });
  const second = await startSimulatedEndpoint({ name: 'second' });
  const third = await startSimulatedEndpoint({ name: 'third' });
  const endpoints = [first, second, third];
  const setUp = await connect({ home });
  for (const [key, value] of [
    ['health.mode', 'off'],
    ['loadbalancer.strategy', 'failover'],
    // The next request of a session would be kept where its cache is.
    ['loadbalancer.sticky_session', 'false'],
    ['fleet.name', 'here'],
    ['fleet.secret', fleetSecret],
    ['fleet.url', url],
  ] as const)
    await setUp.call('config.set', { key, value });
  await setUp.call('profile.add', { name: 'main', tier: 'primary' });
  for (const [i, { name, url: baseUrl, key, auth }] of endpoints.entries())
    await setUp.call('endpoint.add', { profile: 'main', name, baseUrl, key, auth, priority: i + 1 });
  await setUp.close();
  const gateway = await runGateway({ home, port: 0 });
  const { call } = await connect({ home, needGateway: true });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
    await Promise.all(endpoints.map((one) => one.close()));
  });
  const live = async () => (await call('fleet.status', {})).live;
  const when = async (isSo: (now: NonNullable<Awaited<ReturnType<typeof live>>>) => boolean) => {
    for (;;) {
      const now = await live();
      if (now && isSo(now)) return now;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const ask = () =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'proxy-managed' },
      body: JSON.stringify({ model: 'm', max_tokens: 16, messages: [{ role: 'user', content: 'hello' }] }),
    });
  /** @returns how many were answered */
  const served = async () => {
    let answered = 0;
    for (let i = 0; i < requests; i++) if ((await ask()).status === 200) answered++;
    return answered;
  };
  return { home, call, first, second, live, when, served };
}

describe.skipIf(!hasNats)('requests', () => {
  it('are all answered while the server of the fleet is there, frozen, killed, full and locked, and wait for none of it', async () => {
    const server = await natsServer();
    const full = await natsServer('jetstream { STORE, max_file_store: 300000 }');
    const locked = await natsServer('authorization { user: qcc, password: right }');
    const { home, call, first, second, live, when, served } = await memberOf(server.url);
    await when(({ state }) => state === 'connected');
    await first.play({ kind: 'status', status: 429, headers: { 'retry-after': '120' } });
    expect(await served()).toBe(requests);
    await when(({ published }) => published === 1);

    await second.play({ kind: 'status', status: 401 });
    const before = second.requests.length;
    server.freeze();
    expect(await served()).toBe(requests);
    // That the second one's key was refused is on its way still, or was given up: nobody waited for it.
    expect([first.requests.length, second.requests.length]).toEqual([1, before + 1]);
    expect((await live())?.published).not.toBe(2);

    await server.kill();
    expect(await served()).toBe(requests);

    const store = await madeByHand(full.url);
    onTestFinished(() => store.close());
    await store.fill();
    await call('config.set', { key: 'fleet.url', value: full.url });
    expect(await served()).toBe(requests);
    await when(({ fault }) => fault === 'full');
    expect(await served()).toBe(requests);

    await call('config.set', { key: 'fleet.url', value: locked.url });
    expect(await served()).toBe(requests);
    await when(({ fault }) => fault === 'login');
    expect(await served()).toBe(requests);

    const english = await at(home)('fleet', 'status');
    expect(english).toMatchObject({ code: 0, err: '' });
    expect(english.out).toMatch(/^state +not connected; requests are served as before$/m);
    expect(english.out).toMatch(/^why +it refuses fleet\.user with fleet\.password, or fleet\.nkey$/m);
    expect(english.out).toMatch(/^what helps +qcc config set fleet\.password -$/m);
    expect((await at(home)('fleet', 'status', '--lang', 'zh-CN')).out).toMatch(/^原因 +它拒绝/m);
    const { live: asData } = (await at(home)('fleet', 'status', '--json')).json() as { live: object };
    expect(asData).toMatchObject({ state: 'connecting', fault: 'login', error: 'AuthorizationError' });
    const doctor = (await at(home)('config', 'doctor', '--json')).json() as { checks: { id: string; fix: string }[] };
    expect(doctor.checks.find(({ id }) => id === 'fleet')).toMatchObject({ fix: 'qcc config set fleet.password -' });

    await call('config.set', { key: 'fleet.user', value: 'qcc' });
    await call('config.set', { key: 'fleet.password', value: 'right' });
    await when(({ state }) => state === 'connected');
    expect(await served()).toBe(requests);
  });
});
