/** What waits in the queue goes out by an endpoint's own name of the model, and to no endpoint that does not have it. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { ask, bodyOf, errorOf, open } from '../proxy/gateway.ts';
import { answers, refuses, streamed, upstream } from '../proxy/upstreams.ts';
import { temporaryHome } from '../support/home.ts';

const settings = {
  'health.mode': 'off',
  'health.ramp': '0',
  'queue.hold': '30',
  'queue.strategy': 'fixed',
  'queue.base_delay': '0.05',
};
const session = 's';
const asked = { session, headers: { authorization: 'Bearer proxy-managed' } };

/** One endpoint is out and calls the model by its own name; the other one is well and does not have it. */
async function outage() {
  const [up, without] = [await upstream('up', refuses(503)), await upstream('without', answers())];
  const home = temporaryHome();
  const alone = await connect({ home });
  for (const [key, value] of Object.entries(settings)) await alone.call('config.set', { key, value });
  await alone.call('profile.add', { name: 'main', tier: 'primary' });
  const add = (one: typeof up, models: readonly { from: string; to: string | null }[]) =>
    alone.call('endpoint.add', { profile: 'main', baseUrl: one.url, key: one.key, maxFailures: 1, models });
  const { id } = await add(up, [{ from: 'claude-*', to: 'glm-4.6' }]);
  const other = await add(without, [{ from: 'claude-*', to: null }]);
  await alone.close();
  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const { call } = await connect({ home, needGateway: true });
  const itemIn = (state: string) =>
    vi.waitFor(
      async () => {
        const item = (await call('queue.list', {})).items.find((one) => one.session === session);
        if (item?.state !== state) throw new Error(`${item?.state}`);
        return item;
      },
      { timeout: 10_000, interval: 20 },
    );
  const comesBack = () => {
    up.does(answers());
    return call('health.reset', { id });
  };
  const models = () => up.heard.map(({ body }) => JSON.parse(body.toString()).model);
  return { call, port: gateway.port, up, without, id, other: other.id, itemIn, comesBack, models };
}

it('a queued request of a client that waits goes out by the endpoint’s own name', async () => {
  const it = await outage();
  const live = open(it, asked);
  await it.itemIn('waiting');
  await it.comesBack();
  expect(await live.done).toMatchObject({ status: 200, text: streamed });
  expect(it.models()).toEqual(['glm-4.6', 'glm-4.6']);
  expect(it.without.heard).toHaveLength(0);
});

it('a queued request of a client that has left does so, too, and is counted under that name', async () => {
  const it = await outage();
  const live = open(it, asked);
  await it.itemIn('waiting');
  live.lost();
  await vi.waitFor(async () => expect((await it.call('proxy.status', {})).requests.cancelled).toBe(1));
  await it.comesBack();
  await it.itemIn('answered');
  const [first, second] = it.up.heard.map(({ body }) => body.toString());
  expect(second).toBe(first);
  expect(second).toBe(bodyOf({ session }).replace('"claude-test"', '"glm-4.6"'));
  expect(it.without.heard).toHaveLength(0);
  const { stats } = await it.call('stats.read', {});
  expect(stats).toMatchObject([{ endpoint: it.id, model: 'glm-4.6', requests: 1 }]);
});

it('a request for a model that no endpoint has is refused at once, in words on the model', async () => {
  const it = await outage();
  await it.call('endpoint.update', { profile: 'main', id: it.id, models: [{ from: 'claude-*', to: null }] });
  const got = await ask(it, asked);
  expect(got.status).toBe(404);
  expect(errorOf(got)).toMatchObject({ type: 'not_found_error', message: expect.stringMatching(/model: claude-test/) });
  expect([it.up.heard, it.without.heard]).toEqual([[], []]);
  expect((await it.call('queue.list', {})).items).toEqual([]);
});
