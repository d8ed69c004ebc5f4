/**
 * Preloaded into a measured process (`node --import`): after SIGUSR2 it collects garbage in all its threads and prints what is left, as a
 * line of JSON. From outside, a heap that grows to its set size looks like a leak.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

// A thread answers at its next turn.
const answersMs = 300;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const threads = new BroadcastChannel('heaps');
threads.unref();

/** Reachable bytes: on this thread's heap, and external memory that the heap holds. */
function live() {
  collect();
  collect();
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

if (isMainThread) {
  let workers = [];
  threads.onmessage = ({ data }) => {
    if (data !== 'measure') workers.push(data);
  };
  process.on('SIGUSR2', () => {
    workers = [];
    threads.postMessage('measure');
    setTimeout(() => process.stdout.write(`${JSON.stringify({ main: live(), workers })}\n`), answersMs);
  });
} else {
  threads.onmessage = ({ data }) => {
    if (data === 'measure') threads.postMessage(live());
  };
}
