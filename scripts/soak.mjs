/**
 * A steady load with faults, for any duration, on the built program: the gateway's resources are recorded each minute, and growth is a
 * leak.
 *
 * node scripts/soak.mjs [--minutes 60] [--clients 20] [--seed 1]
 *
 * It ends with 1 when memory or descriptors grew, or when a client saw a forbidden outcome.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hourly } from './chaos/judge.mjs';
import { Clients, endsOf, goWrong, heapMb, holdings, openStage, stopGateway } from './chaos/stage.mjs';
import { diceOf } from './kill9/chance.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const [minutes, clients, seed] = [values.minutes, values.clients, values.seed].map(Number);

const minuteMs = 60_000;
// Code is loaded and compiled, pools fill, tables of the log are cached: a third of the time, and ten minutes at most.
const warmUp = Math.min(10, Math.floor(minutes / 3));
// A leak of one kilobyte a request would be 100 MB an hour here; noise of the collector is a few megabytes.
const growthMax = { rssMb: 25, heapMb: 12, descriptors: 8 };
// With fewer points a leak cannot be told from the moment of a collection.
const pointsMin = 10;
const faultsShown = 15;

const dice = diceOf(seed);
const stage = await openStage(seed);
const rows = [];
try {
  const people = new Clients(stage, dice);
  const [wrong, leave] = [new AbortController(), new AbortController()];
  const traffic = people.run(clients, leave.signal);
  const trouble = goWrong(stage, dice, wrong.signal, { leastMs: 1_000, mostMs: 20_000 });
  for (let minute = 1; minute <= minutes; minute++) {
    await Promise.race([sleep(minuteMs), stage.ended]);
    if (stage.child.exitCode !== null)
      throw new Error(`the gateway ended with ${stage.child.exitCode}: ${stage.said()}`);
    const row = { ...holdings(stage.child.pid), heapMb: await heapMb(stage.port) };
    rows.push(row);
    const { asked, whole, cut } = people.counts;
    process.stdout.write(
      `minute ${minute}: ${row.rssMb.toFixed(1)} MB (heap ${row.heapMb.toFixed(1)}), ${row.descriptors} descriptors; ${asked} asked, ${whole} whole, ${cut} cut, ` +
        `${people.faults.length} faults\n`,
    );
    // Judged answers are not needed any more, and would be a leak of this process. The newest may not be judged yet.
    for (const endpoint of stage.endpoints) endpoint.forget(clients * 2);
  }
  wrong.abort();
  await trouble;
  leave.abort();
  await traffic;
  await stopGateway(stage);
  const faults = [...people.faults, ...(await endsOf(stage.home, people.seen.keys())).faults];
  const settled = rows.slice(warmUp);
  for (const [name, most] of Object.entries(growthMax)) {
    const slope = hourly(settled.map((row) => row[name]));
    const grown = (slope * Math.max(0, settled.length - 1)) / 60;
    process.stdout.write(`${name}: ${slope.toFixed(1)} an hour, ${grown.toFixed(1)} in ${settled.length} minutes\n`);
    if (settled.length >= pointsMin && grown > most) faults.push(`${name} grew by ${grown.toFixed(1)}`);
  }
  for (const fault of faults.slice(0, faultsShown)) process.stdout.write(`  ${fault}\n`);
  const end = settled.length < pointsMin ? 'too short to tell whether anything grew' : 'nothing grew';
  process.stdout.write(faults.length === 0 ? `${end}\n` : `${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await stage.close();
}
