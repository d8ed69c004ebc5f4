/**
 * Simulated lives of the gateway: everything fails by a seed, and promises are checked against every fact. A seed with a broken promise is
 * reported as a short run, and the exit code is 1.
 *
 * node scripts/simulate.mjs [--seeds 2000] [--requests 300] [--seed FIRST] [--without NAME,NAME]
 *
 * With `--seed` and without `--seeds`: that one alone. `--without` leaves out steps that a run did not need.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    requests: { type: 'string', default: '300' },
    seed: { type: 'string' },
    without: { type: 'string', default: '' },
  },
  args: isMainThread ? undefined : [],
});
const requests = Number(values.requests);
const without = values.without.split(',').filter((name) => name !== '');

/** Takes every `step`-th seed, and returns each result. */
async function work({ first, end, step, ...setting }, tell) {
  register();
  const { simulate } = await import('../test/simulation/simulation.ts');
  for (let seed = first; seed < end; seed += step) {
    const { broken, facts, figures } = await simulate({
      seed,
      requests: setting.requests,
      without: new Set(setting.without),
    });
    tell({ seed, broken, figures: { ...figures, facts: facts.length } });
  }
}

async function main() {
  const first = Number(values.seed ?? 1);
  const count = Number(values.seeds ?? (values.seed === undefined ? 2_000 : 1));
  const startedAt = performance.now();
  const sums = {};
  const broken = [];
  const told = (one) => {
    if (one.broken !== null) broken.push(one);
    for (const [name, value] of Object.entries(one.figures)) sums[name] = (sums[name] ?? 0) + value;
  };
  const step = Math.min(count, availableParallelism());
  const workers = Array.from({ length: step }, (_, i) => {
    const task = { first: first + i, end: first + count, step, requests, without };
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: task });
      worker.on('message', told).on('error', reject).on('exit', resolve);
    });
  });
  await Promise.all(workers);
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${count} lives in ${seconds.toFixed(1)} s:`, JSON.stringify(sums));
  if (broken.length === 0) return;
  console.log(`${broken.length} broke a promise:`);
  for (const { seed, broken: promise } of broken.sort((a, b) => a.seed - b.seed))
    console.log(`  seed ${seed}: ${promise}`);
  register();
  const { storyOf } = await import('../test/simulation/story.ts');
  console.log(`\n${await storyOf({ seed: broken[0].seed, requests, without: new Set(without) })}`);
  process.exitCode = 1;
}

if (isMainThread) await main();
else await work(workerData, (one) => parentPort.postMessage(one));
