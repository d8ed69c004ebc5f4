/**
 * A worker like the real one, except that one probe kills it as soon as it has its answer, and another one does so by an uncaught error.
 */
import realTask, { type ProbeResult, type ProbeTask } from '../../../workers/probe.ts';

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default async function task(given: ProbeTask): Promise<ProbeResult> {
  if (given.job.endpoint === 'throws') return new Promise(() => setTimeout(fail));
  const result = await realTask(given);
  if (given.job.endpoint === 'dies') process.exit(1);
  return result;
}

function fail(): never {
  throw new Error('nobody expected this');
}
