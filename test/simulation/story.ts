/** What to tell a person of a life that broke a promise: as little of it as still breaks it. */
import type { Recorded } from '../../events/fact.ts';
import { second, start } from '../support/given.ts';
import { ingredients, type Report, type Setup, simulate } from './simulation.ts';

const factsMax = 40;

/** Fewer requests first, then without one thing after the other: each time only if it still breaks a promise. */
export async function shrunk(setup: Setup): Promise<{ readonly setup: Setup; readonly report: Report }> {
  let shortest = { setup, report: await simulate(setup) };
  const shorter = async (tried: Setup): Promise<boolean> => {
    const report = await simulate(tried);
    if (report.broken !== null) shortest = { setup: tried, report };
    return report.broken !== null;
  };
  for (let step = setup.requests >> 1; step > 0; step >>= 1) {
    while (shortest.setup.requests > step) {
      const isStill = await shorter({ ...shortest.setup, requests: shortest.setup.requests - step });
      if (!isStill) break;
    }
  }
  const endpoints = Array.from({ length: 6 }, (_, i) => String(i + 1).repeat(8));
  for (const one of [...ingredients, ...endpoints]) {
    const { without = new Set<string>() } = shortest.setup;
    await shorter({ ...shortest.setup, without: new Set([...without, one]) });
  }
  return shortest;
}

/** The seed, the promise, and the last facts before it was broken; requests that were answered tell nothing. */
export async function storyOf(setup: Setup): Promise<string> {
  const { setup: short, report } = await shrunk(setup);
  const told = report.facts.filter(({ type }) => type !== 'RequestServed' && type !== 'RequestCancelled');
  const without = [...(short.without ?? [])];
  return [
    `seed ${setup.seed}: ${report.broken}`,
    `again: node scripts/simulate.mjs --seed ${setup.seed} --requests ${short.requests} --without ${without.join(',')}`,
    ...told.slice(-factsMax).map(line),
  ].join('\n');
}

function line({ seq, at, stream, type, data, cause }: Recorded): string {
  const words = stream.startsWith('request/') ? '' : ` ${JSON.stringify(data)}`;
  const because = cause === null ? '' : ` (of #${cause})`;
  return `  ${((at - start) / second).toFixed(1)} s  #${seq} ${stream} ${type}${because}${words}`;
}
