/** What is told of requests that run: where each is, and how far its answer is. They are looked at, and not recorded. */
import { expect, it, onTestFinished, vi } from 'vitest';
import type { RunningRow } from '../../src/contract/gateway.ts';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { open } from '../proxy/gateway.ts';
import { answerEvents, answers, says, signal, silence, streams, upstream } from '../proxy/upstreams.ts';
import { temporaryHome } from '../support/home.ts';

const refused = says(503, '{"type":"error","error":{"type":"api_error","message":"told by the fake"}}');
const settings = { 'health.mode': 'off', 'queue.hold': '30', 'failover.failure_threshold': '1' };

async function served() {
  const home = temporaryHome();
  const gateway = await runGateway({ home, port: 0 });
  const { call, close } = await connect({ home, needGateway: true });
  onTestFinished(async () => {
    await close();
    await gateway.stop(0);
    await gateway.stopped;
  });
  for (const [key, value] of Object.entries(settings)) await call('config.set', { key, value });
  const [first, second] = [await upstream('a', refused), await upstream('b', silence)];
  const ids: string[] = [];
  for (const [profile, tier, up] of [
    ['main', 'primary', first],
    ['spare', 'secondary', second],
  ] as const) {
    await call('profile.add', { name: profile, tier });
    ids.push((await call('endpoint.add', { profile, baseUrl: up.url, key: up.key, maxFailures: 1 })).id);
  }
  const { port } = new URL(gateway.url);
  const headers = { authorization: 'Bearer proxy-managed' };
  const asks = (session: string) => open({ port: Number(port) }, { session, headers });
  const told = (wanted: Partial<RunningRow>) =>
    vi.waitFor(
      async () => {
        const { requests } = await call('proxy.running', {});
        expect(requests).toContainEqual(expect.objectContaining(wanted));
        return requests;
      },
      { timeout: 5_000, interval: 10 },
    );
  return { call, ids, second, asks, told };
}

it('a request is asked of an endpoint, then streams, and then is no more', async () => {
  const { call, ids, second, asks, told } = await served();
  const goOn = signal();
  second.does(async (to) => {
    await goOn.given;
    await answers()(to);
  });
  const live = asks('one');
  // The first endpoint has refused it: this is its second attempt.
  const [row] = await told({ state: 'asked', endpoint: ids[1] ?? '', attempts: 2, session: 'one', bytes: 0 });
  expect(row).toMatchObject({ ttftMs: null, path: '/v1/messages', stream: true });
  goOn.give();
  expect((await live.done).status).toBe(200);
  await vi.waitFor(async () => expect((await call('proxy.running', {})).requests).toEqual([]), { interval: 10 });
});

it('bytes of an answer are counted while it streams', async () => {
  const { second, asks, told } = await served();
  const [goOn, events] = [signal(), answerEvents()];
  second.does(
    streams(events.slice(0, 3).join(''), async ({ response }) => {
      await goOn.given;
      response.end(events.slice(3).join(''));
    }),
  );
  const live = asks('one');
  const [row] = await told({ state: 'streaming' });
  expect(row?.bytes).toBeGreaterThan(0);
  expect(row?.ttftMs).toBeTypeOf('number');
  goOn.give();
  await live.done;
});

it('a request that no endpoint can answer is queued, and the list is cut off where it is told to be', async () => {
  const { call, second, asks, told } = await served();
  second.does(refused);
  const [one, other] = [asks('one'), asks('two')];
  await told({ state: 'queued', session: 'one' });
  await told({ state: 'queued', session: 'two' });
  const { requests, leftOut } = await call('proxy.running', { limit: 1 });
  expect([requests.length, leftOut]).toEqual([1, 1]);
  one.leave();
  other.leave();
});
