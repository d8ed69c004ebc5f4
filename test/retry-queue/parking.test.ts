/** What clients live to see of the queue: a whole gateway on loopback, with endpoints that are out, and come back. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { reason } from '../../events/reason.ts';
import type { QueueItemRow } from '../../src/contract/queue.ts';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { ask, bodyOf, type Call, errorOf, type Live, open } from '../proxy/gateway.ts';
import {
  answerEvents,
  answers,
  type FakeUpstream,
  refuses,
  says,
  signal,
  silence,
  streamed,
  streams,
  upstream,
  waitsFor,
} from '../proxy/upstreams.ts';
import { temporaryHome } from '../support/home.ts';

const out = says(503, '{"type":"error","error":{"type":"api_error","message":"told by the fake"}}');

// Probing is off: the test brings endpoints back. One strike ejects an endpoint.
const quick = {
  'health.mode': 'off',
  'health.ramp': '0',
  'health.backoff_base': '300',
  'queue.hold': '30',
  'queue.strategy': 'fixed',
  'queue.base_delay': '0.05',
};

interface Setting {
  readonly settings?: Readonly<Record<string, string>>;
  readonly maxFailures?: number;
  readonly home?: string;
}

/** A gateway whose only endpoint is out. */
async function outage({ settings = {}, maxFailures = 1 }: Setting = {}) {
  const up = await upstream('a', out);
  const home = temporaryHome();
  const alone = await connect({ home });
  for (const [key, value] of Object.entries({ ...quick, ...settings })) await alone.call('config.set', { key, value });
  await alone.call('profile.add', { name: 'main', tier: 'primary' });
  const { id } = await alone.call('endpoint.add', { profile: 'main', baseUrl: up.url, key: up.key, maxFailures });
  await alone.close();
  return { up, ...(await started(home, id)) };
}

async function started(home: string, endpoint: string) {
  const gateway = await runGateway({ home, port: 0 });
  const stop = async (graceMs = 0) => {
    await gateway.stop(graceMs);
    await gateway.stopped;
  };
  onTestFinished(() => stop());
  const { call } = await connect({ home, needGateway: true });
  const items = async () => (await call('queue.list', {})).items;
  return {
    home,
    endpoint,
    port: gateway.port,
    call,
    items,
    stop,
    /** What the endpoint says from now on, and word of it. */
    comesBack: () => call('health.reset', { id: endpoint }),
    itemOf: (session: string, ...states: readonly QueueItemRow['state'][]) =>
      vi.waitFor(
        async () => {
          const item = (await items()).find((one) => one.session === session);
          if (!item || (states.length > 0 && !states.includes(item.state))) throw new Error(`${item?.state}`);
          return item;
        },
        { timeout: 10_000, interval: 20 },
      ),
  };
}

type Outage = Awaited<ReturnType<typeof started>>;

const of = (session: string, more: Call = {}): Call => ({
  session,
  ...more,
  headers: { authorization: 'Bearer proxy-managed', ...more.headers },
});

/** A client that asks, is kept, and loses its connection. */
async function left(it: Outage, session: string, more: Call = {}): Promise<QueueItemRow> {
  const live: Live = open(it, of(session, more));
  const item = await it.itemOf(session);
  const cancelled = async () => (await it.call('proxy.status', {})).requests.cancelled;
  const before = await cancelled();
  live.lost();
  await vi.waitFor(async () => expect(await cancelled()).toBe(before + 1));
  return item;
}

const callsOf = ({ heard }: FakeUpstream) => heard.length;

describe('a request that no endpoint can answer', () => {
  it('waits without a byte, and is answered by the endpoint that comes back', async () => {
    const it = await outage();
    const live = open(it, of('s'));
    const item = await it.itemOf('s', 'waiting');
    expect(item).toMatchObject({ attempts: 0, priority: 'normal', strategy: 'fixed', model: 'claude-test' });
    it.up.does(answers());
    await it.comesBack();
    const got = await live.done;
    expect(got).toMatchObject({ status: 200, whole: true, text: streamed });
    expect(got.headers['x-qcc-request-id']).toBe(item.requestId);
    await it.itemOf('s', 'answered');
    const { facts } = await it.call('queue.show', { id: item.id });
    expect(facts.map(({ type }) => type)).toEqual(['RequestQueued', 'RetryStarted', 'RetryAnswered', 'RetrySucceeded']);
  });

  it('goes again to an ejected endpoint with health_aware off', async () => {
    const it = await outage({ settings: { 'loadbalancer.health_aware': 'false' } });
    it.up.does(out, answers());
    expect(await ask(it, of('s'))).toMatchObject({ status: 200, text: streamed });
    const { facts } = await it.call('history.read', { type: 'EndpointFailed' });
    expect(facts).toHaveLength(1);
    expect(await it.itemOf('s', 'answered')).toMatchObject({ attempts: 1 });
  });

  it('gets 503 with its item when the waiting time is over, and stays queued', async () => {
    const it = await outage({ settings: { 'queue.hold': '0.1' } });
    const got = await ask(it, of('s'));
    const item = await it.itemOf('s', 'waiting');
    expect([got.status, errorOf(got).type, got.headers['x-qcc-queue-item']]).toEqual([503, 'api_error', item.id]);
    expect(Number(got.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(got.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(errorOf(got).message).toContain(`qcc queue show ${item.id}`);
  });

  it('is refused at once while the queue is full, and the queued items stay', async () => {
    const it = await outage({ settings: { 'queue.max_size': '1' } });
    const held = open(it, of('s1'));
    await it.itemOf('s1');
    const got = await ask(it, of('s2'));
    expect([got.status, errorOf(got).message.includes('the queue is full')]).toEqual([503, true]);
    expect((await it.items()).map(({ session }) => session)).toEqual(['s1']);
    it.up.does(answers());
    await it.comesBack();
    expect((await held.done).status).toBe(200);
  });

  it('is refused at once when the queue is off', async () => {
    const it = await outage({ settings: { 'queue.enabled': 'false' } });
    expect((await ask(it, of('s'))).status).toBe(503);
    expect(await it.items()).toEqual([]);
  });

  it('is refused at once, with the endpoint’s answer, when waiting cannot help', async () => {
    const it = await outage();
    it.up.does(says(401, '{"type":"error","error":{"type":"authentication_error","message":"no"}}'));
    for (const session of ['s1', 's2']) expect((await ask(it, of(session))).status).toBe(401);
    expect(await it.items()).toEqual([]);
  });

  it('is told at once that the gateway stops, and which item it is', async () => {
    const it = await outage();
    const live = open(it, of('s'));
    const { id } = await it.itemOf('s');
    await it.stop(30_000);
    const got = await live.done;
    expect([got.status, got.headers['x-qcc-queue-item']]).toEqual([503, id]);
  });

  it('whose answer breaks off is retried, even if its client does not come back', async () => {
    const it = await outage();
    const live = open(it, of('s'));
    await it.itemOf('s');
    const beginning = answerEvents().slice(0, 3).join('');
    it.up.does(
      streams(beginning, ({ request }) => void request.socket.destroy()),
      answers(),
    );
    await it.comesBack();
    expect(await live.done).toMatchObject({ status: 200, whole: false, text: beginning });
    await it.comesBack();
    await it.itemOf('s', 'answered');
    const [item] = await it.items();
    const { facts } = await it.call('queue.show', { id: item?.id ?? '' });
    const failed = facts.filter(({ type }) => type === 'RetryFailed');
    expect(failed).toMatchObject([{ data: { failure: 'brokenAnswer', retryable: true } }]);
    expect((await ask(it, of('s'))).text).toBe(streamed);
  });

  it('is sent by priority, whatever the order of arrival', async () => {
    const it = await outage();
    const lives: Live[] = [];
    for (const priority of ['low', 'normal', 'high']) {
      lives.push(open(it, of(priority, { headers: { 'x-qcc-priority': priority } })));
      await it.itemOf(priority);
    }
    // While they were queued, the endpoint was asked in panic mode too.
    const calls = callsOf(it.up);
    it.up.does(answers());
    await it.comesBack();
    await Promise.all(lives.map(({ done }) => done));
    const order = it.up.heard.slice(calls).map(({ headers }) => headers['x-claude-code-session-id']);
    expect(order).toEqual(['high', 'normal', 'low']);
  });

  it('is given up when all retries are used up, and is retried when the user asks for it', async () => {
    const settings = { 'queue.strategy': 'immediate', 'queue.max_retries': '2', 'queue.hold': '0.5' };
    const it = await outage({ settings, maxFailures: 50 });
    expect((await ask(it, of('s'))).status).toBe(503);
    const { id } = await it.itemOf('s', 'dead');
    expect(callsOf(it.up)).toBe(3);
    it.up.does(answers());
    expect(await it.call('queue.retry', { id })).toMatchObject({ id });
    await it.itemOf('s', 'answered');
    await expect(it.call('queue.retry', { id })).rejects.toMatchObject({ code: 'QCC_QUEUE_OVER', exit: 6 });
  });
});

describe('a client that has gone', () => {
  it('gets the stored answer when it asks again, byte for byte, without a further attempt', async () => {
    const it = await outage();
    const { id } = await left(it, 's');
    it.up.does(answers());
    await it.comesBack();
    await it.itemOf('s', 'answered');
    const calls = callsOf(it.up);
    const got = await ask(it, of('s'));
    expect([got.headers['x-qcc-answer'], got.text]).toEqual(['stored', streamed]);
    expect(callsOf(it.up)).toBe(calls);
    const { body } = await it.call('queue.answer', { id });
    expect(Buffer.from(body, 'base64').toString()).toBe(streamed);
  });

  it.each([
    ['is gone', (path: string) => rmSync(path)],
    ['is cut', (path: string) => truncateSync(path, statSync(path).size - 40)],
    [
      'has another byte in its middle',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
    [
      'is a folder',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])(
    'whose answer %s is not aborted: the request is sent anew, complete from the first byte, and the loss is reported',
    async (_, damage) => {
      const it = await outage();
      await left(it, 's');
      it.up.does(answers());
      await it.comesBack();
      await it.itemOf('s', 'answered');
      const bodies = join(it.home, 'bodies');
      const kept = readdirSync(bodies).find((name) => name.includes('.answer.')) ?? '';
      damage(join(bodies, kept));
      const calls = callsOf(it.up);
      const got = await ask(it, of('s'));
      expect([got.status, got.headers['x-qcc-answer'], got.text]).toEqual([200, undefined, streamed]);
      expect(callsOf(it.up)).toBe(calls + 1);
      const { facts } = await it.call('history.read', { fromSeq: 1, limit: 10_000 });
      expect(facts.filter(({ type }) => type === 'QueuedRequestForgotten').map(({ data }) => data)).toEqual([
        { because: 'answerLost' },
      ]);
    },
  );

  it('is told the tokens of its answer, once, and by whose token it came', async () => {
    const it = await outage();
    const { token } = await it.call('token.add', { name: 'ann', limit: { usd: 1, per: 'day' } });
    await left(it, 's', { headers: { authorization: `Bearer ${token}` } });
    const spent = async () => {
      const { stats } = await it.call('stats.read', {});
      return stats.map(({ model, requests, tokens }) => [model, requests, tokens.input, tokens.output]);
    };
    const before = await spent();
    it.up.does(answers());
    await it.comesBack();
    await it.itemOf('s', 'answered');
    expect(before).toEqual([['claude-test', 0, 0, 0]]);
    const after = [['claude-test', 1, 12, 14]];
    expect(await spent()).toEqual(after);
    expect((await ask(it, of('s'))).headers['x-qcc-answer']).toBe('stored');
    expect(await spent()).toEqual(after);
    const { stats } = await it.call('stats.read', { since: 1 });
    expect(stats).toMatchObject([{ requests: 1, tokens: { input: 12, output: 14 } }]);
    expect((await it.call('stats.tokens', {})).tokens).toMatchObject([
      { token: 'ann', requests: 1, tokens: { input: 12, output: 14 } },
    ]);
    expect((await it.call('token.list', {})).tokens).toMatchObject([{ spent: { unpriced: ['claude-test'] } }]);
  });

  it('joins the running attempt, and gets its answer', async () => {
    const it = await outage();
    await left(it, 's');
    const goOn = signal();
    it.up.does(waitsFor(goOn.given, answers()));
    await it.comesBack();
    await it.itemOf('s', 'retrying');
    const again = open(it, of('s'));
    await vi.waitFor(async () => expect((await it.call('proxy.status', {})).requests.waiting).toBe(1));
    goOn.give();
    const got = await again.done;
    expect([got.status, got.headers['x-qcc-answer'], got.text]).toEqual([200, 'stored', streamed]);
    expect(callsOf(it.up)).toBe(2);
  });

  it('gets the answer of the running attempt as it arrives', async () => {
    const it = await outage();
    const first = open(it, of('s'));
    await it.itemOf('s');
    const beginning = answerEvents().slice(0, 3).join('');
    const goOn = signal();
    it.up.does(
      streams(beginning, async ({ response }) => {
        await goOn.given;
        response.end(streamed.slice(beginning.length));
      }),
    );
    await it.comesBack();
    await first.seen('content_block_start');
    const again = open(it, of('s'));
    await again.seen('content_block_start');
    goOn.give();
    const [one, other] = await Promise.all([first.done, again.done]);
    expect([one.text, other.text, other.headers['x-qcc-answer']]).toEqual([streamed, streamed, 'stored']);
    expect([one.whole, other.whole, callsOf(it.up)]).toEqual([true, true, 2]);
  });

  it('is aborted with the attempt whose answer it follows, and never takes a part for the whole', async () => {
    const it = await outage();
    await left(it, 's');
    const beginning = answerEvents().slice(0, 3).join('');
    const breakOff = signal();
    it.up.does(
      streams(beginning, async ({ request }) => {
        await breakOff.given;
        request.socket.destroy();
      }),
    );
    await it.comesBack();
    await it.itemOf('s', 'retrying');
    const again = open(it, of('s'));
    await again.seen('content_block_start');
    breakOff.give();
    expect(await again.done).toMatchObject({ status: 200, whole: false });
  });

  it('does not get the answer to another session, or to another body', async () => {
    const it = await outage();
    await left(it, 's');
    it.up.does(answers());
    await it.comesBack();
    await it.itemOf('s', 'answered');
    for (const call of [
      of('other', { body: bodyOf({ session: 's' }) }),
      of('s', { body: bodyOf({ stream: false, session: 's' }) }),
    ])
      expect((await ask(it, call)).headers['x-qcc-answer']).toBeUndefined();
  });

  it('in the middle of an answer leaves what may have been billed: it is sent again only on demand', async () => {
    const it = await outage();
    const live = open(it, of('s'));
    await it.itemOf('s');
    it.up.does(silence);
    await it.comesBack();
    await it.itemOf('s', 'retrying');
    live.leave();
    const { id } = await it.itemOf('s', 'unknown');
    it.up.does(answers());
    await it.comesBack();
    expect(await it.itemOf('s')).toMatchObject({ id, state: 'unknown', nextRetryAt: null });
    const got = await ask(it, of('s'));
    expect([got.status, got.text]).toEqual([200, streamed]);
    expect(await it.itemOf('s', 'answered')).toMatchObject({ id });
  });

  it('leaves its cleared item unsent and unreadable', async () => {
    const it = await outage();
    const { id } = await left(it, 's');
    expect(await it.call('queue.clear', { state: 'waiting' })).toEqual({ cleared: 1 });
    it.up.does(answers());
    await it.comesBack();
    expect(await it.itemOf('s')).toMatchObject({ id, state: 'cancelled' });
    await expect(it.call('queue.answer', { id })).rejects.toMatchObject({ code: 'QCC_QUEUE_NO_ANSWER', exit: 5 });
  });
});

describe('an item that is dropped', () => {
  it('is cancelled while it is open, and no endpoint is asked for it', async () => {
    const it = await outage();
    const { id } = await left(it, 's');
    const { id: other } = await left(it, 'other');
    expect(await it.call('queue.drop', { id })).toMatchObject({ id, was: 'waiting', is: 'cancelled' });
    it.up.does(answers());
    await it.comesBack();
    // The other one is answered: it was dropped alone.
    expect(await it.itemOf('other', 'answered')).toMatchObject({ id: other });
    expect(await it.itemOf('s')).toMatchObject({ id, state: 'cancelled' });
    await expect(it.call('queue.retry', { id })).rejects.toMatchObject({ code: 'QCC_QUEUE_OVER', exit: 6 });
  });

  it('is forgotten when it is over, with its answer', async () => {
    const it = await outage();
    const { id } = await left(it, 's');
    it.up.does(answers());
    await it.comesBack();
    await it.itemOf('s', 'answered');
    expect(await it.call('queue.drop', { id })).toMatchObject({ id, was: 'answered', is: 'forgotten' });
    expect((await it.call('queue.list', {})).items).toEqual([]);
    await expect(it.call('queue.drop', { id })).rejects.toMatchObject({ code: 'QCC_QUEUE_UNKNOWN', exit: 5 });
  });
});

describe('a client that has closed its connection', () => {
  it.each([
    ['of the straight way', '/v1/messages'],
    ['over node:http', '/v1/messages?beta=true&x=%31'],
  ])('%s wants no answer any more: no endpoint is asked for it', async (_, path) => {
    const it = await outage();
    const live = open(it, of('s', { path }));
    const { id } = await it.itemOf('s');
    live.leave();
    expect(await it.itemOf('s', 'cancelled')).toMatchObject({ id });
    const { facts } = await it.call('queue.show', { id });
    expect(facts.at(-1)).toMatchObject({ type: 'QueuedRequestCancelled', data: { because: reason('clientLeft') } });
    it.up.does(answers());
    const calls = callsOf(it.up);
    await it.comesBack();
    // A request after that is answered: its own attempt is the only one.
    expect((await ask(it, of('s', { path }))).headers['x-qcc-answer']).toBeUndefined();
    expect(callsOf(it.up)).toBe(calls + 1);
  });

  it('in half wants none either', async () => {
    const it = await outage();
    const body = bodyOf({ session: 's' });
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${it.port}\r\nauthorization: Bearer proxy-managed\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const socket = connectTo({ port: it.port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined).write(head + body);
    await it.itemOf('s');
    socket.end();
    await it.itemOf('s', 'cancelled');
  });

  it('is not missed while another one waits for the same answer', async () => {
    const it = await outage();
    const [one, other] = [open(it, of('s')), open(it, of('s'))];
    await it.itemOf('s');
    await vi.waitFor(async () => expect((await it.call('proxy.status', {})).requests.waiting).toBe(2));
    one.leave();
    await vi.waitFor(async () => expect((await it.call('proxy.status', {})).requests.waiting).toBe(1));
    it.up.does(answers());
    await it.comesBack();
    expect(await other.done).toMatchObject({ status: 200, whole: true });
  });
});

describe('a client whose connection was reset', () => {
  it('has moved on when its session sends another request: its earlier one is cancelled', async () => {
    const it = await outage();
    const { id } = await left(it, 's');
    const again = open(it, of('s', { body: bodyOf({ session: 's', stream: false }) }));
    await vi.waitFor(async () => expect(await it.call('queue.show', { id })).toMatchObject({ state: 'cancelled' }));
    it.up.does(answers());
    const calls = callsOf(it.up);
    await it.comesBack();
    expect((await again.done).status).toBe(200);
    expect(callsOf(it.up)).toBe(calls + 1);
  });

  it('keeps its place while other sessions ask, and when it asks the same again', async () => {
    const it = await outage();
    const { id } = await left(it, 's');
    const other = open(it, of('t'));
    await it.itemOf('t', 'waiting');
    const again = open(it, of('s'));
    await vi.waitFor(async () => expect((await it.call('proxy.status', {})).requests.waiting).toBe(2));
    it.up.does(answers());
    await it.comesBack();
    await Promise.all([other.done, again.done]);
    expect(await it.itemOf('s', 'answered')).toMatchObject({ id });
  });
});

describe('the error of one endpoint', () => {
  const refusals = [
    ['a refused key', refuses(401)],
    ['a forbidden one', refuses(403)],
    ['a bill', refuses(402)],
    ['a spent balance', refuses(400, {}, 'Your credit balance is too low to access the Anthropic API')],
    ['a missing model', refuses(404, {}, 'model: claude-test')],
    ['a missing route', refuses(404, {}, 'Not found')],
    ['a quota', refuses(429, { 'anthropic-ratelimit-unified-status': 'rejected', 'retry-after': '900' })],
  ] as const;

  /** The first one rests for some seconds, and is well; the second one refuses. */
  async function resting(
    refusal: (typeof refusals)[number][1],
    settings: Readonly<Record<string, string>>,
    first = refuses(429, { 'retry-after': '1' }),
  ) {
    const [a, b] = [await upstream('a', first), await upstream('b', answers())];
    const home = temporaryHome();
    const alone = await connect({ home });
    for (const [key, value] of Object.entries({ ...quick, ...settings }))
      await alone.call('config.set', { key, value });
    await alone.call('profile.add', { name: 'main', tier: 'primary' });
    const added = { profile: 'main', maxFailures: 1 };
    const { id } = await alone.call('endpoint.add', { ...added, baseUrl: a.url, key: a.key });
    await alone.call('endpoint.add', { ...added, baseUrl: b.url, key: b.key, priority: 2 });
    await alone.close();
    const it = await started(home, id);
    expect(await ask(it, of('first'))).toMatchObject({ status: 200 });
    expect([callsOf(a), callsOf(b)]).toEqual([1, 1]);
    a.does(answers());
    b.does(refusal);
    return { it, a, b };
  }

  it.each(refusals)(
    '%s, is the fallback answer: an endpoint that is back in a moment is waited for',
    async (_, refusal) => {
      const { it, a, b } = await resting(refusal, {});
      const got = await ask(it, of('s'));
      expect([got.status, got.text, got.headers['x-qcc-attempts']]).toEqual([200, streamed, '2']);
      expect([callsOf(a), callsOf(b)]).toEqual([2, 2]);
    },
  );

  it.each(refusals)('%s, is the fallback answer without a queue too, for a few seconds', async (_, refusal) => {
    const { it, b } = await resting(refusal, { 'queue.enabled': 'false' });
    expect(await ask(it, of('s'))).toMatchObject({ status: 200, text: streamed });
    expect(callsOf(b)).toBe(2);
  });

  it('is sent at once when the other endpoint announces a return that is too late', async () => {
    const { it } = await resting(refuses(401), {}, refuses(429, { 'retry-after': '900' }));
    expect((await ask(it, of('s'))).status).toBe(401);
    expect(await it.items()).toEqual([]);
  });

  it('is sent when the waiting time is over, and then no attempt follows later', async () => {
    const { it, a } = await resting(refuses(401), { 'queue.hold': '0.1' }, out);
    const got = await ask(it, of('s'));
    expect([got.status, got.headers['x-should-retry']]).toEqual([401, 'false']);
    await it.itemOf('s', 'cancelled');
    expect(callsOf(a)).toBe(1);
  });
});

describe('the next gateway', () => {
  it('finds waiting items, and those that were interrupted as unknown', async () => {
    const it = await outage();
    await left(it, 'cut');
    await left(it, 'waits');
    it.up.does(silence);
    await it.comesBack();
    // It takes the one permit.
    await it.itemOf('cut', 'retrying');
    expect(await it.itemOf('waits')).toMatchObject({ state: 'waiting', attempts: 0 });
    await it.stop(0);
    const calls = callsOf(it.up);
    const next = await started(it.home, it.endpoint);
    expect(await next.itemOf('cut')).toMatchObject({ state: 'unknown', nextRetryAt: null });
    it.up.does(answers());
    await next.comesBack();
    await next.itemOf('waits', 'answered');
    expect(callsOf(it.up)).toBe(calls + 1);
    expect(await next.itemOf('cut')).toMatchObject({ state: 'unknown' });
  });
});
