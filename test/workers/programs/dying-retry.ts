/** A worker like the real one, save that a path kills it as soon as its answer has begun. */
import realTask, { type RetryTask } from '../../../workers/retry.ts';

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default async function task(given: RetryTask): Promise<void> {
  const { port } = given;
  if (given.job.path.includes('dies')) {
    const post = port.postMessage.bind(port);
    port.postMessage = (...args: Parameters<typeof post>) => {
      post(...args);
      process.exit(1);
    };
  }
  await realTask(given);
}
