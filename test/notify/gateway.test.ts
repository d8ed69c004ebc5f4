/** The whole way: a request through a real gateway, a key that is refused, a message at the webhook. */
import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';
import { temporaryHome } from '../support/home.ts';
import { receiver } from './receiver.ts';

async function gatewayWith(webhook: string) {
  const home = temporaryHome();
  const setUp = await connect({ home });
  // Set before the gateway runs: it finds the URL in the vault.
  await setUp.call('config.set', { key: 'notify.webhook', value: webhook });
  await setUp.call('config.set', { key: 'notify.on', value: 'failover,credential' });
  const endpoints = [await startSimulatedEndpoint({ name: 'first' }), await startSimulatedEndpoint({ name: 'second' })];
  for (const [at, { url: baseUrl, key, auth, name }] of endpoints.entries()) {
    const profile = at === 0 ? 'main' : 'spare';
    await setUp.call('profile.add', { name: profile, tier: at === 0 ? 'primary' : 'secondary' });
    await setUp.call('endpoint.add', { profile, name, baseUrl, key, auth });
  }
  await setUp.close();
  await endpoints[0]?.play({ kind: 'status', status: 401 });
  const gateway = await runGateway({ home, host: '127.0.0.1', port: 0, language: 'zh-CN' });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  });
  const ask = () =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'proxy-managed' },
      body: JSON.stringify({ model: 'm', max_tokens: 16, messages: [{ role: 'user', content: 'hello' }] }),
    });
  return { gateway, ask, endpoints };
}

it('notifications report a refused key and the failover in one message, in the language of the start', async () => {
  const { origin, post } = await receiver();
  const { ask, endpoints } = await gatewayWith(`${origin}/very-secret-path`);
  expect((await ask()).status).toBe(200);
  const { path, body } = await post(0);
  expect(path).toBe('/very-secret-path');
  expect(JSON.parse(body)).toMatchObject({
    title: 'qcc: main 的一个端点拒绝了密钥',
    events: [
      { kind: 'credential', profile: 'main', name: 'first' },
      { kind: 'failover', from: 'main', to: 'spare' },
    ],
  });
  for (const { key } of endpoints) expect(body).not.toContain(key);
});

it('a gateway serves and stops while its webhook hangs', async () => {
  const { origin, post } = await receiver('hang');
  const { ask, gateway } = await gatewayWith(origin);
  expect((await ask()).status).toBe(200);
  await post(0);
  expect((await ask()).status).toBe(200);
  // The limit of the end is two seconds; a try alone would last ten.
  const startedAt = performance.now();
  await gateway.stop(0);
  expect(performance.now() - startedAt).toBeLessThan(8_000);
});
