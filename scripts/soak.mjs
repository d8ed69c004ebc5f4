/**
 * A steady load with faults for as long as it takes, on the built program: what the gateway holds is written down each minute, and
 * what grows is a leak.
 *
 *   node scripts/soak.mjs [--minutes 60] [--clients 20] [--seed 1]
 *
 * It ends with 1 when memory or descriptors grew, or when a client saw what it must not see.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hourly } from './chaos/judge.mjs';
import { Clients, endsOf, goWrong, holdings, openStage, stopGateway } from './chaos/stage.mjs';
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
// Code is loaded and compiled, pools fill, tables of the log are cached: a third of the time, and not more than ten minutes.
const warmUp = Math.min(10, Math.floor(minutes / 3));
// A leak of one kilobyte a request would be 100 MB an hour here; noise of the collector is a few megabytes.
const growthMax = { rssMb: 12, descriptors: 8 };
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
    const row = holdings(stage.child.pid);
    rows.push(row);
    const { asked, whole, cut } = people.counts;
    process.stdout.write(
      `minute ${minute}: ${row.rssMb.toFixed(1)} MB, ${row.descriptors} descriptors; ${asked} asked, ${whole} whole, ${cut} cut, ` +
        `${people.faults.length} faults\n`,
    );
    // What was judged is not needed any more, and would be a leak of this process.
    for (const endpoint of stage.endpoints) endpoint.forget();
  }
  wrong.abort();
  await trouble;
  leave.abort();
  await traffic;
  await stopGateway(stage);
  const faults = [...people.faults, ...(await endsOf(stage.home, people.seen.keys())).faults];
  const settled = rows.slice(warmUp);
  for (const name of ['rssMb', 'descriptors']) {
    // What an hour would add: over a few minutes that is noise, so what they did add counts.
    const slope = hourly(settled.map((row) => row[name]));
    const grown = (slope * settled.length) / 60;
    process.stdout.write(`${name}: ${slope.toFixed(1)} an hour, ${grown.toFixed(1)} in ${settled.length} minutes\n`);
    if (grown > growthMax[name]) faults.push(`${name} grew by ${grown.toFixed(1)}`);
  }
  for (const fault of faults.slice(0, faultsShown)) process.stdout.write(`  ${fault}\n`);
  process.stdout.write(faults.length === 0 ? 'nothing grew\n' : `${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await stage.close();
}
