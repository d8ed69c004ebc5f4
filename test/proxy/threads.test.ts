/** Threads: a request that continues one is sent to the endpoint that has its beginning, and to no other. */
import { describe, expect, it } from 'vitest';
import { continuesThread } from '../../src/proxy/request/threads.ts';
import { as, ask, errorOf, gateway } from './gateway.ts';
import { answers, refuses, upstream } from './upstreams.ts';

const betas = { 'anthropic-beta': 'claude-code-20250219,message-threads-2026-08-12' };
const bodyWith = (type: string) =>
  JSON.stringify({ model: 'claude-test', thread: { id: 'th_1', type }, messages: [], stream: true });

describe('a request that continues a thread', () => {
  it('is told by its beta and its body together', () => {
    const body = Buffer.from(bodyWith('continue'));
    const beta = betas['anthropic-beta'];
    expect(continuesThread(beta, body)).toBe(true);
    expect([
      continuesThread(undefined, body),
      continuesThread('claude-code-20250219', body),
      continuesThread(beta, null),
      continuesThread(beta, Buffer.from(bodyWith('create'))),
      continuesThread(beta, Buffer.from('{"messages":[{"thread":{"type":"continue"}}]}')),
    ]).toEqual([false, false, false, false, false]);
  });

  it('goes to the endpoint of its session’s last answer as it came, and to no other: the client hears so at once', async () => {
    const [a, b] = [await upstream('a', answers(), answers(), refuses(503)), await upstream('b')];
    const gw = await gateway({ main: [a, b] });
    const send = (type: string, session = 's') => ask(gw, { session, body: bodyWith(type), headers: betas });
    expect((await send('create')).status).toBe(200);
    expect((await send('continue')).headers['x-qcc-endpoint']).toBe('a');
    expect(a.heard[1]?.body.toString()).toBe(bodyWith('continue'));
    const got = await send('continue');
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining('thread_unsupported_request'),
      details: { error_code: 'thread_unsupported_request' },
    });
    expect(b.heard).toHaveLength(0);
    // All of the conversation goes anywhere.
    expect((await send('create')).headers['x-qcc-endpoint']).toBe('b');
    a.does(answers());
    gw.show({ main: [as(a, { state: 'disabled' }), b] });
    expect((await send('continue')).headers['x-qcc-endpoint']).toBe('b');
  });

  it('of a session that nobody knows goes to an endpoint that is the only one', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')];
    const asked = { session: 'new', body: bodyWith('continue'), headers: betas };
    expect((await ask(await gateway({ main: [a, b] }), asked)).status).toBe(400);
    expect((await ask(await gateway({ main: [a] }), asked)).status).toBe(200);
  });
});
