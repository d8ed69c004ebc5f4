import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closedLoop, openLoop } from '../../../src/commands/bench/load.ts';

/** Answers every request the way it is told; notes how many were there at once. */
async function upstream(answer: (n: number) => { status: number; afterMs: number }) {
  const seen = { requests: 0, atOnce: 0, mostAtOnce: 0, keys: new Set<unknown>() };
  const server = createServer((request, response) => {
    seen.keys.add(request.headers['x-api-key']);
    seen.mostAtOnce = Math.max(seen.mostAtOnce, ++seen.atOnce);
    const { status, afterMs } = answer(seen.requests++);
    request.resume();
    setTimeout(() => {
      seen.atOnce--;
      response.writeHead(status).end('{}');
    }, afterMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, target: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'k' } };
}

describe('a closed loop', () => {
  it('has as many requests in flight as it is told, and as many in all', async () => {
    const { seen, target } = await upstream(() => ({ status: 200, afterMs: 5 }));
    const measured = await closedLoop(target, 4, { durationMs: 0, requests: 20 });
    expect(measured).toMatchObject({ requests: 20, errors: 0 });
    expect([seen.requests, seen.mostAtOnce, [...seen.keys]]).toEqual([20, 4, ['k']]);
    expect(measured.ttfb.p50Ms).toBeGreaterThan(0);
  });

  it('counts failed answers as errors', async () => {
    const { target } = await upstream((n) => ({ status: n % 2 === 0 ? 200 : 503, afterMs: 0 }));
    expect(await closedLoop(target, 1, { durationMs: 0, requests: 10 })).toMatchObject({ requests: 10, errors: 5 });
  });
});

describe('an open loop', () => {
  it('goes on sending while answers are late, and counts their wait', async () => {
    // A closed loop of one would ask three times in this time, and call the rest fast.
    const { seen, target } = await upstream((n) => ({ status: 200, afterMs: n < 3 ? 120 : 0 }));
    const measured = await openLoop(target, 200, { durationMs: 0, requests: 40 });
    expect(measured).toMatchObject({ requests: 40, errors: 0 });
    expect(seen.mostAtOnce).toBeGreaterThanOrEqual(3);
    expect(measured.total.p99Ms).toBeGreaterThanOrEqual(115);
  });

  it('counts only errors when the server is gone', async () => {
    const measured = await openLoop({ url: 'http://127.0.0.1:1', key: 'k' }, 500, { durationMs: 0, requests: 5 });
    expect(measured).toMatchObject({ requests: 5, errors: 5, perSecond: 0 });
  });
});
