/**
 * How long the gateway takes from its start until it answers where the log is very long, and how much memory it has then. It is started
 * where the home is, and stopped as people stop it. Ends with 1 when a limit is exceeded.
 *
 *   node scripts/bench/start-long.mjs HOME [FACTS] [ROUNDS]      after `npm run build`
 *
 * A HOME that does not exist is written first: ten million facts take some five minutes, and 2.2 GB. The first start reads all of its
 * tables, because no former life has, and is not counted.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeLongLog } from './long-log.mjs';
import { gatewayFlags, program, start, temporaryFolder } from './processes.mjs';

const [, , home = '', facts = '10000000', rounds = '5'] = process.argv;
const startMax = 1_500;
const restMs = 10_000;
// Its own: the rest are tables of LevelDB, which are mapped, and the program itself.
const ownMiBMax = 60;

const folder = temporaryFolder();
const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };
if (!existsSync(home)) await writeLongLog(home, { facts: Number(facts) });
const first = await life(0);
const lives = [];
for (let round = 1; round < Number(rounds); round++) lives.push(await life(0));
lives.push(await life(restMs));
const worst = Math.max(...lives.map(({ ms }) => ms));
const { rss, own } = lives.at(-1);
const holds = worst <= startMax && own <= ownMiBMax;
process.stdout.write(`the first start, which reads all tables   ${first.ms.toFixed(0)} ms\n`);
process.stdout.write(
  `later ones                                ${lives.map(({ ms }) => ms.toFixed(0)).join(', ')} ms\n`,
);
process.stdout.write(`memory ${restMs / 1_000} s later                        ${rss} MiB, ${own} its own\n`);
process.stdout.write(holds ? 'it holds\n' : 'it does not hold\n');
process.exitCode = holds ? 0 : 1;

async function life(rest) {
  const begun = performance.now();
  const args = [...gatewayFlags, program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'];
  const child = start(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`))),
  ]);
  const ms = performance.now() - begun;
  await sleep(rest);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const mib = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024);
  child.kill('SIGTERM');
  await ended;
  return { ms, rss: mib('VmRSS'), own: mib('RssAnon') };
}
