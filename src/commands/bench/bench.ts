/**
 * Measures what the gateway costs: the same requests go directly to an upstream and through a gateway. Upstream, gateway and load are
 * processes of their own. The gateway runs in a temporary home, so that no real key is spent.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../../control/client.ts';
import { programAt } from '../../pool/program.ts';
import { closedLoop, type Extent, type Measured, openLoop, type Target, type Times } from './load.ts';

export interface BenchOptions extends Extent {
  readonly concurrent: number;
  /** An upstream to measure against instead of the benchmark's own. */
  readonly url: string | null;
}

export interface BenchResult {
  readonly concurrent: number;
  /** Requests per second while latencies are measured: a rate that both paths sustain. */
  readonly rate: number;
  readonly direct: Side;
  readonly gateway: Side;
  readonly added: { readonly ttfb: Times; readonly total: Times };
  /** The gateway's throughput as a share of the direct path's. */
  readonly throughputShare: number;
}

interface Side extends Measured {
  /** Requests per second at full speed. Latencies are measured at `rate` instead. */
  readonly throughput: number;
}

/** Starts a gateway for a home; `ended` resolves when the gateway has released the home. */
export type StartGateway = (home: string) => Promise<{ readonly url: string; ended(): Promise<void> }>;

const warmUp = { durationMs: 700, requests: null };
// Latencies are measured at half of the lower throughput: nearer to saturation they would only measure queueing.
const share = 0.5;
const key = 'sk-ant-bench-0000000000000000';
const graceMs = 1_000;

export async function bench(options: BenchOptions, startGateway: StartGateway): Promise<BenchResult> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const upstream = options.url ?? (await ownUpstream(undo));
    const gateway = await ownGateway(upstream, options.concurrent, startGateway, undo);
    return await measured({ url: upstream, key }, { url: gateway, key: 'proxy-managed' }, options);
  } finally {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }
}

async function measured(direct: Target, gateway: Target, options: BenchOptions): Promise<BenchResult> {
  const { concurrent } = options;
  for (const target of [direct, gateway]) await closedLoop(target, concurrent, { ...options, ...warmUp });
  const straight = await closedLoop(direct, concurrent, options);
  const through = await closedLoop(gateway, concurrent, options);
  const rate = Math.max(1, Math.round(Math.min(straight.perSecond, through.perSecond) * share));
  const sides = {
    direct: { throughput: straight.perSecond, ...(await openLoop(direct, rate, options)) },
    gateway: { throughput: through.perSecond, ...(await openLoop(gateway, rate, options)) },
  };
  const added = (which: 'ttfb' | 'total') => difference(sides.gateway[which], sides.direct[which]);
  const throughputShare = straight.perSecond === 0 ? 0 : through.perSecond / straight.perSecond;
  return {
    concurrent,
    rate,
    ...sides,
    added: { ttfb: added('ttfb'), total: added('total') },
    throughputShare: Math.round(throughputShare * 1_000) / 1_000,
  };
}

function difference(a: Times, b: Times): Times {
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return { p50Ms: rounded(a.p50Ms - b.p50Ms), p95Ms: rounded(a.p95Ms - b.p95Ms), p99Ms: rounded(a.p99Ms - b.p99Ms) };
}

async function ownUpstream(undo: (() => Promise<unknown>)[]): Promise<string> {
  const child = fork(fileURLToPath(programAt('src/commands/bench/upstream')));
  undo.push(async () => void child.kill());
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the upstream of the benchmark ended')));
  });
  return `http://127.0.0.1:${port}`;
}

async function ownGateway(
  baseUrl: string,
  concurrent: number,
  startGateway: StartGateway,
  undo: (() => Promise<unknown>)[],
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'qcc-bench-'));
  undo.push(() => rm(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  const { url, ended } = await startGateway(home);
  const { call } = await connect({ home, needGateway: true });
  undo.push(async () => {
    await call('proxy.stop', { graceMs });
    await ended();
  });
  // Only the data path is measured: no probes run, and admission has no backlog.
  const many = String(Math.max(concurrent * 2, 1_000));
  for (const [name, value] of [
    ['health.mode', 'off'],
    ['queue.enabled', 'false'],
    ['proxy.max_concurrent', many],
  ] as const)
    await call('config.set', { key: name, value });
  await call('profile.add', { name: 'bench', tier: 'primary' });
  await call('endpoint.add', { profile: 'bench', baseUrl, key, maxConcurrent: Number(many) });
  return url;
}
