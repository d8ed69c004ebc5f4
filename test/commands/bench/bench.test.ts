import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bench } from '../../../src/commands/bench/bench.ts';
import { type Gateway, runGateway } from '../../../src/gateway/gateway.ts';
import { qcc } from '../../cli/command.ts';

describe('a benchmark', () => {
  it('sends the same requests over both ways, and leaves nothing behind', async () => {
    const started: Gateway[] = [];
    const options = { concurrent: 4, durationMs: 100, requests: 40, url: null };
    const result = await bench(options, async (home) => {
      const gateway = await runGateway({ home, port: 0 });
      started.push(gateway);
      return { url: gateway.url, ended: () => gateway.stopped };
    });
    const [gateway] = started;
    for (const side of [result.direct, result.gateway]) {
      expect(side).toMatchObject({ requests: 40, errors: 0 });
      expect(side.throughput).toBeGreaterThan(0);
    }
    expect(result.added.total.p50Ms).toBeCloseTo(result.gateway.total.p50Ms - result.direct.total.p50Ms, 1);
    expect(result.throughputShare).toBeGreaterThan(0);
    // The folder around it, too, which was made for it.
    const root = dirname(gateway?.home ?? '');
    expect([basename(root), existsSync(root)]).toEqual([expect.stringMatching(/^qcc-bench-/), false]);
  });
});

it('an interrupted benchmark ends at once, and takes its gateway and its home along', async () => {
  const interrupt = new AbortController();
  const started: Gateway[] = [];
  const options = { concurrent: 2, durationMs: 60_000, requests: null, url: null, signal: interrupt.signal };
  const running = bench(options, async (home) => {
    const gateway = await runGateway({ home, port: 0 });
    started.push(gateway);
    interrupt.abort(new Error('enough'));
    return { url: gateway.url, ended: () => gateway.stopped };
  });
  await expect(running).rejects.toThrow('enough');
  await started[0]?.stopped;
  expect(existsSync(started[0]?.home ?? '')).toBe(false);
});

describe('qcc bench', () => {
  it.each([
    [['--concurrent', '0'], '--concurrent must be a whole number'],
    [['--requests', '1.5'], '--requests must be a whole number'],
    [['--duration', 'soon'], 'is not a duration'],
    [['--url', 'https://api.anthropic.com'], 'would bill you'],
    [['--url', 'nonsense'], 'would bill you'],
  ])('refuses %j before anything starts', async (flags, why) => {
    const { code, err } = await qcc(['bench', ...flags]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(why) });
  });
});
