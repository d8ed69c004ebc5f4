/** The worker pool: what may hang, hangs there, and traffic never notices. The one file that knows piscina. */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ProbeJob, ProbeResult, ProbeTask } from '../workers/probe.ts';

// Under test the workers are the sources themselves.
const isSource = import.meta.url.endsWith('.ts');
// A probe's answer is a few lines; a worker that needs more has lost its way.
const workerHeapMb = 64;
// Threads are for isolation, not for speed: a probe only waits. 128 of them wait at once, more wait for a place.
const threads = { min: 1, max: 2, probesEach: 64 };

export interface Pool {
  /**
   * Runs a probe on a worker. `signal` ends it, and its sockets with it.
   * @throws the signal's reason when it was ended; an error when the pool was closed, or a worker died twice under it
   */
  probe(job: ProbeJob, signal?: AbortSignal): Promise<ProbeResult>;
  /** Ends at once, and with it whatever still runs. */
  close(): Promise<void>;
}

/** @param worker the module of the tasks; tests bring one that dies */
export function openPool(worker: URL = new URL(`../workers/probe.${isSource ? 'ts' : 'js'}`, import.meta.url)): Pool {
  const piscina = new Piscina({
    filename: worker.href,
    ...(isSource ? { execArgv: ['--import', 'tsx'] } : {}),
    minThreads: threads.min,
    maxThreads: threads.max,
    concurrentTasksPerWorker: threads.probesEach,
    idleTimeout: Number.POSITIVE_INFINITY,
    // The default parks the worker's loop between tasks: its timers stop, and ends of connections are not seen.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: workerHeapMb },
  });
  // Of a worker that dies between two probes: the next one starts another. Nobody listening would end this process.
  piscina.on('error', () => {});
  let closed = false;
  let lastAgain: Promise<unknown> = Promise.resolve();
  const run = async (job: ProbeJob, signal: AbortSignal | undefined): Promise<ProbeResult> => {
    signal?.throwIfAborted();
    if (!signal) return (await piscina.run({ job, stop: null } satisfies ProbeTask)) as ProbeResult;
    // Not `run`'s own signal: that kills the thread, and with it the probes of all others.
    const { port1, port2 } = new MessageChannel();
    const stop = () => port1.postMessage('stop');
    signal.addEventListener('abort', stop, { once: true });
    try {
      const task: ProbeTask = { job, stop: port2 };
      return (await piscina.run(task, { transferList: [port2] })) as ProbeResult;
    } finally {
      signal.removeEventListener('abort', stop);
      port1.close();
    }
  };
  return {
    async probe(job, signal) {
      try {
        return await run(job, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (closed) throw error;
        // A worker that dies takes all its probes along, and one of them was at fault: again, one after the other.
        const again = lastAgain.then(() => run(job, signal));
        lastAgain = again.catch(() => {});
        return again;
      }
    },
    close() {
      closed = true;
      return piscina.destroy();
    },
  };
}
