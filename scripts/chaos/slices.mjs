/**
 * Preloaded into the gateway of a chaos run (`--import`): measures how long its own work blocked its main loop. A late timer says little on
 * a busy machine; the kernel reports how long the thread waited for a processor, and that part is not the gateway's. Linux alone. The
 * longest slice, in milliseconds, is written to the file that QCC_SLICES names when the process ends.
 */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const everyMs = 5;
const nsPerMs = 1_000_000;
const file = process.env.QCC_SLICES;

if (file && isMainThread && process.argv.includes('proxy')) {
  // Time on a processor, and time spent waiting for one, in nanoseconds (Documentation/scheduler/sched-stats).
  const descriptor = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  const bytes = Buffer.alloc(128);
  const look = () => {
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    const [ran, waited] = bytes.toString('latin1', 0, length).split(' ').map(Number);
    return { at: performance.now(), ran: ran / nsPerMs, waited: waited / nsPerMs };
  };
  let last = look();
  const longest = { heldMs: 0, ranMs: 0, lateMs: 0 };
  setInterval(() => {
    const now = look();
    const lateMs = now.at - last.at - everyMs;
    longest.lateMs = Math.max(longest.lateMs, lateMs);
    longest.heldMs = Math.max(longest.heldMs, lateMs - (now.waited - last.waited));
    longest.ranMs = Math.max(longest.ranMs, now.ran - last.ran);
    last = now;
  }, everyMs).unref();
  // Work of the start does not count as a slice of a serving gateway.
  const settledMs = 3_000;
  setTimeout(() => Object.assign(longest, { heldMs: 0, ranMs: 0, lateMs: 0 }), settledMs).unref();
  process.on('exit', () => {
    writeFileSync(file, JSON.stringify(longest));
    closeSync(descriptor);
  });
}
