/** Anthropic's own client library through a real gateway, as a program would use it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { type Gateway, runGateway } from '../../src/gateway/gateway.ts';
import type { Fault } from '../../src/simulated-endpoint/faults.ts';
import { type SimulatedEndpoint, startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';

const well: Fault = { kind: 'none' };
const turn = {
  model: 'claude-simulated',
  max_tokens: 64,
  messages: [{ role: 'user' as const, content: 'hello' }],
};

let root: string;
let gateway: Gateway;
let first: SimulatedEndpoint;
let second: SimulatedEndpoint;
let ids: readonly string[];
let client: Anthropic;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'qs-'));
  const home = join(root, 'q');
  gateway = await runGateway({ home, host: '127.0.0.1', port: 0 });
  const { call } = await connect({ home, needGateway: true });
  // A request that no endpoint can answer is refused at once, not parked.
  await call('config.set', { key: 'queue.enabled', value: 'false' });
  await call('config.set', { key: 'health.mode', value: 'off' });
  // The SDK waits for as long as a 503 says: the second that is the least.
  await call('config.set', { key: 'health.backoff_base', value: '0.5' });
  await call('config.set', { key: 'health.backoff_max', value: '0.9' });
  await call('profile.add', { name: 'main', tier: 'primary' });
  first = await startSimulatedEndpoint({ name: 'first' });
  second = await startSimulatedEndpoint({ name: 'second' });
  const rows = [];
  for (const [priority, { url: baseUrl, key, auth, name }] of [first, second].entries()) {
    const endpoint = { profile: 'main', name, baseUrl, key, auth, priority, maxFailures: 100 };
    rows.push(await call('endpoint.add', endpoint));
  }
  ids = rows.map(({ id }) => id);
  client = new Anthropic({ baseURL: gateway.url, apiKey: 'proxy-managed', maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop(0);
  await gateway.stopped;
  await Promise.all([first.close(), second.close()]);
  rmSync(root, { recursive: true, force: true });
});

beforeEach(async () => {
  await both(well);
  const { call } = await connect({ home: gateway.home, needGateway: true });
  for (const id of ids) await call('health.reset', { id });
});

const both = (fault: Fault) => Promise.all([first.play(fault), second.play(fault)]);
const status = (code: number, message?: string): Fault => {
  return { kind: 'status', status: code, ...(message === undefined ? {} : { message }) };
};
const thrown = (promise: PromiseLike<unknown>) =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the SDK through the gateway', () => {
  it('creates a message', async () => {
    const { data, response } = await client.messages.create(turn).withResponse();
    expect(data.content).toMatchObject([{ type: 'text', text: expect.stringContaining('QCC-OK') }]);
    expect(data.stop_reason).toBe('end_turn');
    expect(response.headers.get('x-qcc-endpoint')).toBe(ids[0]);
    expect(response.headers.get('x-qcc-attempts')).toBe('1');
  });

  it('streams a message with the helper', async () => {
    const stream = client.messages.stream(turn);
    const pieces: string[] = [];
    stream.on('text', (piece) => pieces.push(piece));
    const message = await stream.finalMessage();
    expect(pieces.length).toBeGreaterThan(1);
    expect(message.content).toMatchObject([{ type: 'text', text: pieces.join('') }]);
  });

  it('does not notice that the first endpoint is ejected', async () => {
    await first.play({ kind: 'breaks', when: 'beforeContent', how: 'cut' });
    const message = await client.messages.stream(turn).finalMessage();
    expect(message.content).toMatchObject([{ text: expect.stringContaining('second') }]);
  });

  it('disconnects from the endpoint when the program aborts', async () => {
    await first.play({ kind: 'breaks', when: 'afterContent', how: 'stall' });
    const before = first.requests.length;
    const stream = client.messages.stream(turn);
    stream.on('text', () => stream.abort());
    expect(await thrown(stream.finalMessage())).toBeInstanceOf(Anthropic.APIUserAbortError);
    await expect.poll(() => first.requests[before]?.ended).toBe('cut');
  });

  it('counts tokens', async () => {
    const { model, messages } = turn;
    const { input_tokens } = await client.messages.countTokens({ model, messages });
    expect(input_tokens).toBeGreaterThan(0);
  });

  it('lists models', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toContain('claude-simulated');
  });
});

describe('the SDK’s error for', () => {
  it('a bad request is the client’s affair: 400, word for word, from one endpoint', async () => {
    const sum = () => first.requests.length + second.requests.length;
    const before = sum();
    await both(status(400, 'max_tokens: too many'));
    const error = await thrown(client.messages.create(turn));
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(String(error)).toContain('max_tokens: too many');
    expect(sum()).toBe(before + 1);
  });

  it('a key that every endpoint refuses is 401, and not worth a retry', async () => {
    await both(status(401, 'invalid x-api-key'));
    const before = first.requests.length;
    const error = await thrown(client.withOptions({ maxRetries: 2 }).messages.create(turn));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(first.requests.length).toBe(before + 1);
  });

  it('a wrong token is 401 from the gateway itself', async () => {
    const stranger = new Anthropic({ baseURL: gateway.url, apiKey: 'somebody', maxRetries: 2 });
    const before = first.requests.length;
    expect(await thrown(stranger.messages.create(turn))).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(first.requests.length).toBe(before);
  });

  it('a model that no endpoint has is 404, as the endpoint put it', async () => {
    await both({ kind: 'noModel' });
    const model = 'claude-of-tomorrow';
    const error = await thrown(client.messages.create({ ...turn, model }));
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(String(error)).toContain(`model: ${model}`);
  });

  it('no available endpoint is 503 with the wait, and after its retries an InternalServerError', async () => {
    await both(status(503));
    const error = await thrown(client.withOptions({ maxRetries: 1 }).messages.create(turn));
    expect(error).toBeInstanceOf(Anthropic.InternalServerError);
    expect(error).toMatchObject({ status: 503, message: expect.stringContaining('qcc') });
    const { headers } = error as InstanceType<typeof Anthropic.InternalServerError>;
    expect(Number(headers?.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });
});
