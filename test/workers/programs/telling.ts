/** A worker that tells where it runs, and how much memory it may take. */
import { resourceLimits, threadId } from 'node:worker_threads';

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default async function tell() {
  // Others come meanwhile, and would go to another thread if there were one.
  await new Promise((resolve) => setImmediate(resolve));
  return { threadId, ...resourceLimits };
}
