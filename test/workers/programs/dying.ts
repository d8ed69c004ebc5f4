/** A worker like the real one, save that one probe kills it as soon as it has its answer. */
import realTask, { type ProbeResult, type ProbeTask } from '../../../workers/probe.ts';

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default async function task(given: ProbeTask): Promise<ProbeResult> {
  const result = await realTask(given);
  if (given.job.endpoint === 'dies') process.exit(1);
  return result;
}
