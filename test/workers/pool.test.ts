/** The pool: probes run beside this thread, do not wait for one another, and end with it. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { messageBody, readAsked } from '../../src/demo/messages.ts';
import { openPool } from '../../src/pool.ts';
import { jobFor, serving, simulated } from './simulated.ts';

// Far more than there are workers: were they to take probes one by one, the good one would wait.
const hanging = 40;

function pool() {
  const opened = openPool();
  onTestFinished(() => opened.close());
  return opened;
}

async function silent() {
  const endpoint = await simulated();
  await endpoint.play({ kind: 'hang' });
  return endpoint;
}

describe('the pool', () => {
  it('brings a verdict back from a worker', async () => {
    const endpoint = await simulated();
    const probes = pool();
    const found = await probes.probe(jobFor(endpoint, { model: null }));
    expect(found).toMatchObject({ verdict: 'success', model: 'claude-haiku-simulated' });
    await endpoint.stopListening();
    expect(await probes.probe(jobFor(endpoint))).toMatchObject({
      verdict: 'failure',
      failure: 'unreachable',
    });
  });

  it('keeps connections from one probe to the next', async () => {
    const connections = new Set<unknown>();
    const place = await serving((request, response) => {
      connections.add(request.socket);
      request.resume().on('end', () => response.end(messageBody(readAsked('{}', 'OK'))));
    });
    const probes = pool();
    for (let i = 0; i < 6; i++) {
      expect((await probes.probe(jobFor(place))).verdict).toBe('success');
    }
    // One a worker.
    expect(connections.size).toBeLessThanOrEqual(2);
  });

  it('lets no probe wait for others that hang', async () => {
    const [good, bad] = [await simulated(), await silent()];
    const probes = pool();
    let over = 0;
    const lost = Array.from({ length: hanging }, () =>
      probes.probe(jobFor(bad)).then(
        () => over++,
        () => over++,
      ),
    );
    await vi.waitFor(() => expect(bad.requests.length).toBe(hanging), { timeout: 10_000 });
    expect((await probes.probe(jobFor(good))).verdict).toBe('success');
    expect(over).toBe(0);
    await probes.close();
    await Promise.all(lost);
  });

  it('ends at once when it is closed, whatever hangs', async () => {
    const bad = await silent();
    const probes = openPool();
    const ended = probes.probe(jobFor(bad, { timeoutMs: 600_000 })).then(
      () => 'verdict',
      () => 'none',
    );
    await vi.waitFor(() => expect(bad.requests.length).toBe(1), { timeout: 10_000 });
    await probes.close();
    expect(await ended).toBe('none');
    await vi.waitFor(() => expect(bad.requests[0]?.ended).toBe('cut'));
  });

  it('asks loopback directly, whatever proxy the environment names', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      vi.stubEnv(name, 'http://127.0.0.1:1');
    }
    vi.stubEnv('NO_PROXY', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await pool().probe(jobFor(await simulated()))).verdict).toBe('success');
  });
});
