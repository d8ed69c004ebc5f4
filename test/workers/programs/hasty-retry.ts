/** A worker like the real one, save that the ten seconds after a sleep are a moment. */
import task from '../../../workers/retry.ts';

const afterSleepMs = 10_000;
const patient = globalThis.setTimeout;
globalThis.setTimeout = ((act: () => void, ms: number) => patient(act, ms === afterSleepMs ? 0 : ms)) as typeof patient;

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default task;
