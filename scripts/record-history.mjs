/**
 * Keeps a log as a golden history: what this version wrote must fold into the same machines for ever.
 *
 * node scripts/record-history.mjs LOG_FOLDER NAME      after `npm run build`, when no gateway has the log open
 *
 * Writes test/histories/NAME.ndjson, one fact a line; its test writes the folded state, the first time.
 */
import { writeFileSync } from 'node:fs';
import { LevelLog } from '../dist/src/log/level-log.js';

const [dir, name] = process.argv.slice(2);
const log = await LevelLog.open(dir);
const lines = [];
for await (const facts of log.read(1)) for (const fact of facts) lines.push(JSON.stringify(fact));
await log.close();
writeFileSync(new URL(`../test/histories/${name}.ndjson`, import.meta.url), `${lines.join('\n')}\n`);
