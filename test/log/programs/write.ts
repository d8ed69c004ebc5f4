/** Appends facts until it is killed, and says the number of each that it was promised to be on the disk. */
import { writeSync } from 'node:fs';
import { LevelLog } from '../../../src/log/level-log.ts';
import { Scribe } from '../scribe.ts';

const stdout = 1;
// Every eighth is a promise; the others are what traffic writes.
const promiseEvery = 8;
const log = await LevelLog.open(process.argv[2] ?? '');
const scribe = new Scribe(log.head);
for (let i = 1; ; i++) {
  const fact = scribe.fact(`request/${i}`, { text: 'x'.repeat(i % 200) });
  const sync = i % promiseEvery === 0;
  const done = log.append([fact], { sync });
  if (sync) {
    await done;
    // Not through a stream: what a stream holds dies with the process.
    writeSync(stdout, `${fact.seq}\n`);
  }
}
