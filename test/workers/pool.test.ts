/** The pool: probes run beside this thread, do not wait for one another, and end with it. */
import { existsSync, mkdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openPool } from '../../src/pool/pool.ts';
import { programAt } from '../../src/pool/program.ts';
import { messageBody, readAsked } from '../../src/simulated-endpoint/replies.ts';
import { temporaryHome } from '../support/home.ts';
import { jobFor, serving, simulated } from './simulated.ts';

// Far more than there are workers: were they to take probes one by one, the good one would wait.
const hanging = 50;

const telling = programAt('test/workers/programs/telling');
const unable = programAt('test/workers/programs/unable');
const requiring = programAt('test/workers/programs/requiring');
const dying = programAt('test/workers/programs/dying');

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

describe('the probe pool', () => {
  it('returns a verdict from a worker', async () => {
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

  it('lets no thread require a module: one that ended meanwhile would end the process', async () => {
    const probes = openPool(requiring);
    onTestFinished(() => probes.close());
    expect(await probes.probe(jobFor(await simulated()))).toBe('ERR_REQUIRE_ESM');
  });

  it('leaves no connection open between two probes', async () => {
    const open = new Set<unknown>();
    const place = await serving((request, response) => {
      open.add(request.socket);
      request.socket.once('close', () => open.delete(request.socket));
      request.resume().on('end', () => response.end(messageBody(readAsked('{}', 'OK'))));
    });
    const probes = pool();
    for (let i = 0; i < 6; i++) {
      expect((await probes.probe(jobFor(place))).verdict).toBe('success');
    }
    await vi.waitFor(() => expect(open.size).toBe(0));
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

  it('ends one probe on demand, and none of the others', async () => {
    const [good, bad] = [await simulated({ paceMs: 10 }), await silent()];
    const probes = pool();
    const stop = new AbortController();
    const ended = probes.probe(jobFor(bad, { timeoutMs: 600_000 }), stop.signal);
    const other = probes.probe(jobFor(good), new AbortController().signal);
    await vi.waitFor(() => expect(bad.requests.length + good.requests.length).toBe(2), { timeout: 10_000 });
    stop.abort();
    await expect(ended).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(bad.requests[0]?.ended).toBe('cut'));
    expect((await other).verdict).toBe('success');
    expect((await probes.probe(jobFor(good), AbortSignal.timeout(60_000))).verdict).toBe('success');
  });

  it('repeats probes that were lost with a worker, one after the other', async () => {
    // Slow enough to be lost a second time, were the deadly one beside it.
    const good = await simulated({ paceMs: 25 });
    let letDie: (() => void) | undefined;
    const deadly = await serving((_, response) => {
      if (letDie) response.end();
      else letDie = () => response.end();
    });
    const probes = openPool(dying);
    onTestFinished(() => probes.close());
    // From here on a worker is there, and takes all of them.
    await probes.probe(jobFor(good));
    await good.play({ kind: 'hang' });
    const killer = probes.probe(jobFor(deadly, { endpoint: 'dies' })).catch((error: Error) => error.message);
    const others = Array.from({ length: 3 }, () => probes.probe(jobFor(good)));
    await vi.waitFor(() => expect([good.requests.length, letDie]).toEqual([4, expect.any(Function)]));
    await good.play({ kind: 'none' });
    letDie?.();
    expect((await Promise.all(others)).map(({ verdict }) => verdict)).toEqual(['success', 'success', 'success']);
    expect(await killer).toMatch(/exit/);
    expect(await killer).not.toContain(deadly.key);
  });

  it('loses to an uncaught error the probe that it happened in, and nothing else', async () => {
    const good = await simulated();
    const probes = openPool(dying);
    onTestFinished(() => probes.close());
    await probes.probe(jobFor(good));
    await good.play({ kind: 'hang' });
    const others = Array.from({ length: 3 }, () => probes.probe(jobFor(good)));
    await vi.waitFor(() => expect(good.requests.length).toBe(4));
    await good.play({ kind: 'none' });
    await expect(probes.probe(jobFor(good, { endpoint: 'throws' }))).rejects.toThrow('nobody expected this');
    expect((await Promise.all(others)).map(({ verdict }) => verdict)).toEqual(['success', 'success', 'success']);
  });

  it('runs probes that waited for a worker that could not start, when one can', async () => {
    const able = temporaryHome();
    vi.stubEnv('QCC_TEST_ABLE', able);
    onTestFinished(() => void vi.unstubAllEnvs());
    const probes = openPool(unable);
    onTestFinished(() => probes.close());
    const found = probes.probe(jobFor(await simulated()));
    await vi.waitFor(() => expect(existsSync(`${able}.tried`)).toBe(true), { timeout: 10_000 });
    mkdirSync(able);
    expect(await found).toMatchObject({ verdict: 'success' });
  });

  it('uses one thread for all of them, and little memory', async () => {
    const probes = openPool(telling);
    onTestFinished(() => probes.close());
    const job = jobFor({ url: 'http://127.0.0.1:1', auth: 'x-api-key', key: 'sk-test-0123456789' });
    const told = await Promise.all(Array.from({ length: hanging }, () => probes.probe(job)));
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(told[0]).toMatchObject({ maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 });
  });
});
