/** Reads, in a thread of its own, the log that the main thread has open. */
import { parentPort, workerData } from 'node:worker_threads';
import { LevelLog } from '../../../src/log/level-log.ts';

const log = await LevelLog.open(workerData);
const seqs: number[] = [];
for await (const facts of log.read(1)) seqs.push(...facts.map(({ seq }) => seq));
await log.close();
parentPort?.postMessage(seqs);
