/** Reads, in a thread of its own, the log that the main thread has open. */
import { parentPort, workerData } from 'node:worker_threads';
import { tsImport } from 'tsx/esm/api';

// `--import tsx` does nothing in a thread whose main thread runs without it.
const { LevelLog } = await tsImport('../../../src/log/level-log.ts', import.meta.url);
const log = await LevelLog.open(workerData);
const seqs = [];
for await (const facts of log.read(1)) seqs.push(...facts.map(({ seq }) => seq));
await log.close();
parentPort.postMessage(seqs);
