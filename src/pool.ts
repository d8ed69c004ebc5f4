/** The worker pool: what may hang, hangs there, and traffic never notices. The one file that knows piscina. */
import { Piscina } from 'piscina';
import type { ProbeJob, ProbeResult } from '../workers/probe.ts';

// Under test the workers are the sources themselves.
const isSource = import.meta.url.endsWith('.ts');
// A probe's answer is a few lines; a worker that needs more has lost its way.
const workerHeapMb = 64;

export interface Pool {
  probe(job: ProbeJob): Promise<ProbeResult>;
  close(): Promise<void>;
}

export function openPool(): Pool {
  const extension = isSource ? 'ts' : 'js';
  const pool = new Piscina({
    filename: new URL(`../workers/probe.${extension}`, import.meta.url).href,
    ...(isSource ? { execArgv: ['--import', 'tsx'] } : {}),
    minThreads: 1,
    maxThreads: 2,
    concurrentTasksPerWorker: 64,
    idleTimeout: Number.POSITIVE_INFINITY,
    // The default parks the worker's loop between tasks: its kept-alive sockets go stale (25 of 25 POSTs failed).
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: workerHeapMb },
  });
  return { probe: (job) => pool.run(job) as Promise<ProbeResult>, close: () => pool.destroy() };
}
