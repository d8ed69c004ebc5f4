/**
 * A chaos run on the built program: five endpoints of which four fail in ways that a seed draws and one is always healthy, twenty clients,
 * default settings. Clients may see nothing of it but answers that broke off after their first content.
 *
 * node scripts/chaos.mjs [SEED ...] [--seconds 60] [--clients 20] [--recovery 300]
 *
 * Without seeds ten of them. It ends with 1 when a promise was broken, and names the seed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Clients, endsOf, goWrong, holdings, openStage, stopGateway } from './chaos/stage.mjs';
import { diceOf } from './kill9/chance.mjs';

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '20' },
    recovery: { type: 'string', default: '300' },
  },
  allowPositionals: true,
});
const seeds = positionals.length > 0 ? positionals.map(Number) : Array.from({ length: 10 }, (_, n) => n + 1);
const [seconds, clients, recoverySeconds] = [values.seconds, values.clients, values.recovery].map(Number);

// The gateway's promise about its main loop.
const sliceMs = 20;
// Traffic restores endpoints by itself; after this time a manual check is requested, as a user would do.
const byItselfMs = 90_000;
const lookEachMs = 15_000;
const lookPollMs = 1_000;
// A refused key waits for its owner, and a full disk or a busy machine has no owner: a few log lines are enough.
const faultsShown = 15;

async function live(seed) {
  const dice = diceOf(seed);
  const stage = await openStage(seed);
  try {
    return await played(stage, dice, seed);
  } finally {
    await stage.close();
  }
}

async function played(stage, dice, seed) {
  const { call, child, home } = stage;
  const before = holdings(child.pid);
  const people = new Clients(stage, dice);
  const [wrong, leave] = [new AbortController(), new AbortController()];
  const traffic = people.run(clients, leave.signal);
  const trouble = goWrong(stage, dice, wrong.signal);
  await Promise.race([sleep(seconds * 1_000), stage.ended]);
  wrong.abort();
  const kinds = await trouble;
  const recovered = await recovery(call, lookEachMs);
  leave.abort();
  await traffic;
  const after = holdings(child.pid);
  await stopGateway(stage);
  const slices = stage.slices();
  const ends = await endsOf(home, people.seen.keys());
  const faults = [...people.faults, ...ends.faults];
  for (const [id, times] of people.seen) if (times > 1) faults.push(`${id} was given to ${times} clients`);
  if (recovered.left.length > 0)
    faults.push(`not healthy again after ${recoverySeconds} s: ${recovered.left.join(', ')}`);
  // Its own work only: on a busy machine any process is late.
  if (slices && slices.ranMs > sliceMs) faults.push(`the main loop was held for ${slices.ranMs.toFixed(0)} ms`);
  if (child.exitCode !== 0)
    faults.push(`the gateway ended with ${child.exitCode ?? child.signalCode}: ${stage.said()}`);
  return {
    seed,
    kinds,
    well: stage.well.name,
    ...people.counts,
    ends: ends.count,
    slices,
    recovered,
    before,
    after,
    faults,
  };
}

/** The time until all are healthy again, and whether a manual check was needed. */
async function recovery(call, eachMs) {
  const began = performance.now();
  let [askedAt, asked] = [byItselfMs, 0];
  for (;;) {
    const { endpoints } = await call('health.status', {});
    const left = endpoints.filter(({ state }) => state !== 'healthy');
    const passed = performance.now() - began;
    if (left.length === 0 || passed > recoverySeconds * 1_000)
      return {
        seconds: passed / 1_000,
        asked,
        left: left.map(({ name, state, because }) => `${name} ${state} (${because})`),
      };
    if (passed > askedAt) {
      for (const { id } of left) await call('health.check', { id }).catch(() => undefined);
      asked++;
      askedAt = passed + eachMs;
    }
    await sleep(lookPollMs);
  }
}

let broken = 0;
for (const seed of seeds) {
  const told = await live(seed);
  const { before, after, slices, recovered, faults } = told;
  const asked = recovered.asked === 0 ? '' : `, asked ${recovered.asked} times`;
  process.stdout.write(
    `seed ${seed}: ${told.well} was well, ${told.kinds} faults; ${told.asked} asked, ${told.whole} whole, ${told.cut} cut after content, ` +
      `${told.left} left; ${told.ends} ends; healthy again in ${recovered.seconds.toFixed(0)} s${asked}; ` +
      `loop ${slices ? `${slices.ranMs.toFixed(1)} ms (late by ${slices.lateMs.toFixed(1)})` : 'not looked at'}; ` +
      `${before.rssMb.toFixed(0)} → ${after.rssMb.toFixed(0)} MB, ${before.descriptors} → ${after.descriptors} descriptors; ` +
      `${faults.length} faults\n`,
  );
  for (const fault of faults.slice(0, faultsShown)) process.stdout.write(`  ${fault}\n`);
  if (faults.length > 0) broken++;
}
process.stdout.write(broken === 0 ? 'no promise was broken\n' : `${broken} of ${seeds.length} seeds broke a promise\n`);
process.exitCode = broken === 0 ? 0 : 1;
