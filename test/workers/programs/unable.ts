/** A worker like the real one, once the folder is there that it is told of: until then it cannot begin, and says that it tried. */
import { existsSync, writeFileSync } from 'node:fs';
import realTask, { type ProbeResult, type ProbeTask } from '../../../workers/probe.ts';

const able = process.env['QCC_TEST_ABLE'] ?? '';
if (!existsSync(able)) {
  writeFileSync(`${able}.tried`, '');
  throw new Error('too many open files');
}

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default function task(given: ProbeTask): Promise<ProbeResult> {
  return realTask(given);
}
