/**
 * What a fact costs LevelDB, in CPU of the main thread and of all others: with two keys as the log writes it, without its place in the
 * index of streams, and with one record for each batch.
 *
 * node scripts/bench/fact.mjs [SECONDS] [PER_SECOND]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Level } from 'level';
import { temporaryFolder } from './processes.mjs';

const [seconds = 20, perSecond = 2_000] = process.argv.slice(2).map(Number);
const [gatherMs, nsAMicrosecond, MiB] = [20, 1_000, 1_048_576];
const numberBytes = 8;

const ways = {
  'two keys': (batch, facts) => {
    for (const fact of facts) {
      batch.put(key('\u0001', fact.seq), packed(fact));
      batch.put(key(`\u0002${fact.stream}\0`, 1), key('', fact.seq));
    }
  },
  'no place': (batch, facts) => {
    for (const fact of facts) batch.put(key('\u0001', fact.seq), packed(fact));
  },
  'one record': (batch, facts) => batch.put(key('\u0001', facts[0].seq), packed(facts)),
};

for (const [name, put] of Object.entries(ways)) {
  const database = new Level(join(temporaryFolder(), 'log'), {
    ...{ keyEncoding: 'buffer', valueEncoding: 'buffer', multithreading: true },
    ...{ writeBufferSize: 4 * MiB, maxFileSize: MiB, maxOpenFiles: 64 },
  });
  await database.open();
  const before = threads();
  let seq = 0;
  const until = performance.now() + seconds * 1_000;
  for (let next = performance.now(); next < until; next += gatherMs) {
    const batch = database.batch();
    put(
      batch,
      Array.from({ length: (perSecond * gatherMs) / 1_000 }, () => factOf(++seq)),
    );
    await batch.write();
    await sleep(Math.max(0, next + gatherMs - performance.now()));
  }
  const [main, others] = spent(before).map((micros) => (micros / seq).toFixed(1).padStart(8));
  process.stdout.write(`${name.padEnd(12)}${main} µs main thread ${others} µs others, a fact of ${seq}\n`);
  await database.close();
}

function key(head, number) {
  const made = Buffer.alloc(Buffer.byteLength(head) + numberBytes);
  made.write(head);
  made.writeBigUInt64BE(BigInt(number), made.length - numberBytes);
  return made;
}

function packed(value) {
  const text = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(numberBytes);
  head.writeUInt32BE(crc32(text));
  return Buffer.concat([head, text]);
}

/** A request's fact, as long as they are. */
function factOf(seq) {
  const id = `01890a5d-ac96-774b-bcce-${String(seq).padStart(12, '0')}`;
  const times = { at: Date.now(), ttfbMs: 200 + (seq % 97), status: 200 };
  const attempts = [{ endpoint: '3f9a2c1b', outcome: 'answered', because: 'priority', ...times }];
  const usage = { input: 10, output: 20, cacheRead: 3, cacheWrite: 4 };
  const asked = { session: `s-${seq % 50}`, model: 'claude-bench', stream: true, path: '/v1/messages', within: null };
  const data = { ...asked, attempts, ...times, durationMs: 900, view: 5, profile: 'bench', bytes: 1_000, usage };
  return {
    seq,
    stream: `request/${id}`,
    version: 1,
    id,
    type: 'RequestServed',
    v: 1,
    data,
    cause: null,
    by: 'traffic',
  };
}

/** The time of each thread on a processor so far, in microseconds. */
function threads() {
  const timeOf = (id) => Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[0]);
  return new Map(readdirSync('/proc/self/task').map((id) => [Number(id), timeOf(id) / nsAMicrosecond]));
}

/** Since then: of the main thread, and of all others. */
function spent(before) {
  let [main, others] = [0, 0];
  for (const [id, micros] of threads()) {
    const passed = micros - (before.get(id) ?? 0);
    if (id === process.pid) main += passed;
    else others += passed;
  }
  return [main, others];
}
