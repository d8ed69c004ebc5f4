/** The worker pool: work that may hang runs here, without affecting traffic. The one file that knows piscina. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ProbeJob, ProbeResult, ProbeTask } from '../../workers/probe.ts';
import type { ReplayReply, ReplayTask } from '../../workers/replay.ts';
import type { RetryJob, RetryResult, RetryTask } from '../../workers/retry.ts';
import { Json } from '../contract/json.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { errorOf } from '../errors/told-error.ts';
import type { QuestionName } from '../history/questions.ts';
import type { FrozenVerification } from '../history/verify-frozen.ts';
import { Hearing, type LostRetry, type RetrySink } from './hearing.ts';
import { programAt } from './program.ts';
import { Verifier } from './verifier.ts';

// A probe's answer is a few lines; a worker that needs more memory is faulty. Its garbage is young: with little room for it the heap stays
// small, where Node's own 48 MB fill up in some thousand probes and look like a leak.
const probeHeap = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };
// A thread is for isolation, not for speed: a probe only waits, and a second thread costs 25 MB. 128 of them wait at once, others queue. It
// starts with the first probe: a gateway without probes has no thread.
const threads = { min: 0, max: 1, probesEach: 128 };

const nothing = programAt('workers/nothing').href;
// A fault that keeps a worker from starting, such as a lack of file descriptors, is over in seconds or takes longer.
const reviveMs = 1_000;

/**
 * piscina `require`s a worker's module before it imports it. A thread that is ended while it does so ends the whole process: Node's
 * module loader finds nothing where it expects the module (`v8::ToLocalChecked Empty MaybeLocal`, seen with Node 20.20). So no thread
 * of a pool may `require` a module.
 */
const threadFlags = ['--no-experimental-require-module'].filter((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

/**
 * Hears of workers that die between two tasks, which would end this process if it had no listener, and of those that could not start: a
 * task for one of these would wait for ever, because piscina starts another one only for the next task. Returns the function that closes
 * the pool.
 */
function revived(piscina: Piscina): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  piscina.on('error', () => {
    if (piscina.queueSize === 0) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      piscina.run(null, { filename: nothing }).catch(() => {});
    }, reviveMs);
  });
  return () => {
    clearTimeout(timer);
    return piscina.destroy();
  };
}

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
export function openPool(worker: URL = programAt('workers/probe')): Pool {
  const piscina = new Piscina({
    filename: worker.href,
    execArgv: threadFlags,
    minThreads: threads.min,
    maxThreads: threads.max,
    concurrentTasksPerWorker: threads.probesEach,
    idleTimeout: Number.POSITIVE_INFINITY,
    // The default blocks the worker's loop between tasks: its timers stop, and closed connections are not noticed.
    atomics: 'disabled',
    resourceLimits: probeHeap,
  });
  const end = revived(piscina);
  let closed = false;
  let lastAgain: Promise<unknown> = Promise.resolve();
  const run = async (job: ProbeJob, signal: AbortSignal | undefined): Promise<ProbeResult> => {
    signal?.throwIfAborted();
    if (!signal) return (await piscina.run({ job, stop: null } satisfies ProbeTask)) as ProbeResult;
    // Not `run`'s own signal: that kills the thread, and with it all other probes.
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
        // A worker that dies takes all its probes along, of which one was the cause: they run again, one after the other.
        const again = lastAgain.then(() => run(job, signal));
        lastAgain = again.catch(() => {});
        return again;
      }
    },
    close() {
      closed = true;
      return end();
    },
  };
}

// A query over a million facts holds arrays of a thousand and one state; what-if holds two: some 60 MB. V8 derives from this limit how far
// the heap may grow between two full collections, whose threads compete with requests: half as many as with 512.
const replayHeapMb = 1_024;
// Facts that were read are garbage at once: with little room for what is young, it is taken away while it is little.
const replayYoungMb = 8;
// Queries come in series; after a minute without one the thread ends.
const replayIdleMs = 60_000;
// A read of LevelDB that is under way takes milliseconds; the fold between two of them no longer.
const closedWithinMs = 1_000;

export interface ReplayPool {
  /**
   * Queries the history on a worker; the answer is JSON.
   * @throws {QccError} the query's error
   */
  ask<Name extends QuestionName>(dir: string, name: Name, params: ReplayTask<Name>['params']): Promise<Json>;
  /** Reads tables of the log, slowly; returns the names of those that are damaged. */
  scrub(dir: string, names: readonly string[]): Promise<readonly string[]>;
  /** The roll-up of a block, slowly, as JSON; undefined where facts are missing. */
  rollUp(dir: string, from: number): Promise<string | undefined>;
  /**
   * Verifies a log in a process of its own, on a copy that is made in an empty folder. Undefined unless all is well: a copy of what is
   * written meanwhile proves no damage, and the question must be asked here.
   */
  verify(given: FrozenVerification): Promise<Json | undefined>;
  /** A damaged log must not be read: all queries fail with this error. Undefined: they are answered again. */
  distrust(dir: string, error: QccError | undefined): void;
  /** Ends what runs. The thread has closed the log when it resolves; queries fail with `QCC_GATEWAY_ENDING`. */
  close(): Promise<void>;
}

/** One thread of its own: a long query delays other queries, but no probe. */
export function openReplayPool(): ReplayPool {
  const piscina = new Piscina({
    filename: programAt('workers/replay').href,
    execArgv: threadFlags,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 4,
    idleTimeout: replayIdleMs,
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: replayHeapMb, maxYoungGenerationSizeMb: replayYoungMb },
  });
  const end = revived(piscina);
  const distrusted = new Map<string, QccError>();
  const running = new Map<MessagePort, Promise<unknown>>();
  const verifier = new Verifier();
  let hasEnded = false;
  const run = async (name: string, task: object): Promise<unknown> => {
    if (hasEnded) throw endingError();
    const { port1, port2 } = new MessageChannel();
    const done = piscina.run({ ...task, stop: port2 }, { name, transferList: [port2] });
    running.set(port1, done);
    try {
      return await done;
    } catch (error) {
      throw hasEnded ? endingError() : error;
    } finally {
      running.delete(port1);
      port1.close();
    }
  };
  return {
    async ask(dir, name, params) {
      const distrust = distrusted.get(dir);
      if (distrust) throw distrust;
      const reply = (await run('default', { dir, name, params })) as ReplayReply;
      if ('answer' in reply) return new Json(reply.answer);
      throw hasEnded ? endingError() : errorOf(reply.error);
    },
    scrub: (dir, names) => piscina.run({ dir, names }, { name: 'scrub' }) as Promise<readonly string[]>,
    rollUp: (dir, from) => run('rollUp', { dir, from }) as Promise<string | undefined>,
    verify: (given) => verifier.verify(given),
    distrust(dir, error) {
      if (error) distrusted.set(dir, error);
      else distrusted.delete(dir);
    },
    async close() {
      hasEnded = true;
      verifier.close();
      for (const port of running.keys()) port.postMessage('stop');
      // A thread that hangs elsewhere is ended all the same.
      const late = new AbortController();
      const settled = Promise.allSettled(running.values()).then(() => late.abort());
      await Promise.race([settled, sleep(closedWithinMs, undefined, { signal: late.signal }).catch(() => {})]);
      await end();
    },
  };
}

function endingError(): QccError {
  return new QccError('QCC_GATEWAY_ENDING', {}, exitCodes.notRunning);
}

// A JSON answer of up to 64 MiB is parsed to prove that it is complete.
const retryHeapMb = 256;
// Retries come in an outage, and then for minutes; after it the thread ends.
const retryIdleMs = 60_000;
const retriesMax = 64;

export interface RetryPool {
  /**
   * Makes one attempt on a worker. The job's body is transferred: it must not be read after the call, unless it is a slice of a larger
   * buffer. `signal` ends the attempt, with `cancelled`.
   * @throws the sink's error; the attempt is ended then
   */
  attempt(job: RetryJob, sink: RetrySink, signal?: AbortSignal): Promise<RetryResult | LostRetry>;
  /** The machine has slept: running streams have ten seconds to show activity. */
  resume(): void;
  /** Ends at once; what still runs is lost. */
  close(): Promise<void>;
}

/**
 * One thread of its own: an answer that kills it takes other retries along, but no probe.
 * @param worker the module of the task; tests bring one that dies
 */
export function openRetryPool(worker: URL = programAt('workers/retry')): RetryPool {
  const piscina = new Piscina({
    filename: worker.href,
    execArgv: threadFlags,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: retriesMax,
    idleTimeout: retryIdleMs,
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: retryHeapMb },
  });
  const end = revived(piscina);
  const running = new Set<Hearing>();
  return {
    async attempt(job, sink, signal) {
      if (signal?.aborted) return { kind: 'cancelled', status: null, ttfbMs: null };
      const { port1, port2 } = new MessageChannel();
      const hearing = new Hearing(port1, sink);
      running.add(hearing);
      const stop = () => hearing.stop();
      signal?.addEventListener('abort', stop, { once: true });
      // Transferring a slice would transfer the whole buffer.
      const isOwn = job.body.buffer.byteLength === job.body.byteLength;
      const body = isOwn ? job.body : new Uint8Array(job.body);
      const task: RetryTask = { job: { ...job, body }, port: port2 };
      try {
        await piscina.run(task, { transferList: [port2, body.buffer as ArrayBuffer] });
        return await hearing.result();
      } catch (error) {
        return await hearing.afterDeath(error as Error);
      } finally {
        signal?.removeEventListener('abort', stop);
        running.delete(hearing);
        port1.close();
      }
    },
    resume() {
      for (const hearing of running) hearing.resume();
    },
    close: end,
  };
}
