/** The worker pool: what may hang, hangs there, and traffic never notices. The one file that knows piscina. */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ProbeJob, ProbeResult, ProbeTask } from '../workers/probe.ts';
import type { ReplayReply, ReplayTask } from '../workers/replay.ts';
import { Json } from './control/json.ts';
import { QccError } from './errors.ts';
import type { QuestionName } from './history/questions.ts';

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

// A question about a million facts holds arrays of a thousand and one state; what-if holds two.
const replayHeapMb = 512;
// Who asks once asks again; after a minute of silence the thread is let go.
const replayIdleMs = 60_000;

export interface ReplayPool {
  /**
   * Asks the history on a worker; the answer is JSON.
   * @throws {QccError} what the question threw
   */
  ask<Name extends QuestionName>(dir: string, name: Name, params: ReplayTask<Name>['params']): Promise<Json>;
  close(): Promise<void>;
}

/** One thread of its own: a long question holds up other questions, and no probe. */
export function openReplayPool(): ReplayPool {
  const piscina = new Piscina({
    filename: new URL(`../workers/replay.${isSource ? 'ts' : 'js'}`, import.meta.url).href,
    ...(isSource ? { execArgv: ['--import', 'tsx'] } : {}),
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 4,
    idleTimeout: replayIdleMs,
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: replayHeapMb },
  });
  piscina.on('error', () => {});
  return {
    async ask(dir, name, params) {
      const reply = (await piscina.run({ dir, name, params })) as ReplayReply;
      if ('answer' in reply) return new Json(reply.answer);
      const { code, message, hint, exit, params: said } = reply.error;
      throw new QccError(code, message, hint, exit, said);
    },
    close: () => piscina.destroy(),
  };
}
