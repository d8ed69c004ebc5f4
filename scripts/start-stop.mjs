/**
 * Starts and stops the built gateway at the same instant, in every pairing, again and again: and checks each time that there is one
 * outcome, and that the messages were true. Loopback only, in homes of its own. Ends with 1 when a check fails.
 *
 * node scripts/start-stop.mjs [--rounds 20]     after `npm run build`
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from './kill9/chance.mjs';

const main = process.env.QCC_MAIN ?? fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const [done, notRunning, conflict, failed] = [0, 3, 6, 1];
const pollMs = 4;
const endMs = 20_000;

/** Each gets a home with nothing running; `faults` are sentences. */
const cases = {
  'two starts': async (it) => {
    const both = await Promise.all([it.qcc('proxy', 'start', '--port', '0'), it.qcc('proxy', 'start', '--port', '0')]);
    it.hold('one starts and one says who runs', codes(both), [done, conflict]);
    it.hold(
      'the loser names the winner',
      both.some(({ err }) => err.includes(String(pidOf(both)))),
      true,
    );
    await it.runs(true);
  },
  'a start while the one before stops': async (it) => {
    await it.qcc('proxy', 'start', '--port', '0');
    const stopping = it.qcc('proxy', 'stop');
    await it.until(async () => (await it.status())?.stopping !== false);
    const started = await it.qcc('proxy', 'start', '--port', '0');
    it.hold('both say done', codes([await stopping, started]), [done, done]);
    await it.runs(true);
  },
  'a start and a stop': async (it) => {
    const [start, stop] = await Promise.all([it.qcc('proxy', 'start', '--port', '0'), it.qcc('proxy', 'stop')]);
    it.hold('the stop says whether there was one', [done, notRunning].includes(stop.code), true);
    it.hold('the start says how it went', [done, failed].includes(start.code), true);
    await it.runs(stop.code === notRunning);
  },
  'two stops': async (it) => {
    await it.qcc('proxy', 'start', '--port', '0');
    const both = await Promise.all([it.qcc('proxy', 'stop'), it.qcc('proxy', 'stop')]);
    it.hold(
      'each says that it is stopped',
      both.every(({ code }) => code === done || code === notRunning),
      true,
    );
    it.hold(
      'one of them did it',
      both.some(({ code }) => code === done),
      true,
    );
    await it.runs(false);
  },
  'two restarts': async (it) => {
    await it.qcc('proxy', 'start', '--port', '0');
    const both = await Promise.all([it.qcc('proxy', 'restart'), it.qcc('proxy', 'restart')]);
    it.hold(
      'one has restarted it',
      both.some(({ code }) => code === done),
      true,
    );
    await it.runs(true);
  },
  'SIGTERM as soon as the port answers': async (it) => {
    const port = await freePort();
    const gateway = it.launch('proxy', 'run', '--port', String(port));
    await it.until(() => isHealthy(port));
    gateway.child.kill('SIGTERM');
    it.hold('it ends in order', (await gateway.ended).code, done);
    await it.runs(false);
  },
  'SIGTERM in the middle of a start': async (it, round) => {
    const gateway = it.launch('proxy', 'run', '--port', '0');
    // Over the whole of a start, and a little more.
    await sleep((round * 17) % 400);
    gateway.child.kill('SIGTERM');
    const { code, signal } = await gateway.ended;
    it.hold('it ends in order, or before it began', code === done || signal === 'SIGTERM', true);
    await it.runs(false);
  },
  'a folder in the place of the control socket': async (it) => {
    mkdirSync(join(it.home, 'qcc.sock'), { recursive: true, mode: 0o700 });
    const port = await freePort();
    const { code, err } = await it.qcc('proxy', 'start', '--port', String(port));
    it.hold('it does not start, and names the socket', [code, err.includes('qcc.sock')], [failed, true]);
    it.hold('nobody listens', await isHealthy(port), false);
    rmSync(join(it.home, 'qcc.sock'), { recursive: true });
    await it.runs(false);
  },
};

process.exitCode = (await play(Number(values.rounds))) === 0 ? done : failed;

async function play(rounds) {
  let faults = 0;
  for (const [name, work] of Object.entries(cases)) {
    let bad = 0;
    for (let round = 0; round < rounds; round++) {
      const it = installation();
      try {
        await work(it, round);
      } catch (error) {
        it.faults.push(String(error));
      }
      await it.end();
      if (it.faults.length > 0) bad++;
      for (const fault of it.faults) console.log(`  ${name}, round ${round + 1}: ${fault}`);
    }
    console.log(`${name}: ${rounds - bad} of ${rounds}`);
    faults += bad;
  }
  return faults;
}

function installation() {
  // Short, because a Unix socket's path must fit into 103 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'qr-'));
  const home = join(folder, 'q');
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off', LC_ALL: 'C' };
  const faults = [];
  const pids = new Set();
  const launch = (...args) => {
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (piece) => (out += piece));
    child.stderr.on('data', (piece) => (err += piece));
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out, err })));
    return { child, ended };
  };
  const qcc = async (...args) => {
    const { ended } = launch(...args, '--json');
    const said = await ended;
    const answer = said.out === '' ? undefined : JSON.parse(said.out);
    if (answer?.pid) pids.add(answer.pid);
    return { ...said, answer };
  };
  const status = async () => {
    const { answer } = await qcc('proxy', 'status');
    return answer?.running ? answer : undefined;
  };
  const hold = (what, found, wanted) => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) faults.push(`${what}: ${b} expected, ${a} found`);
  };
  return {
    home,
    faults,
    launch,
    qcc,
    status,
    hold,
    /** @param wanted whether one runs now: and no other of the started processes is left */
    async runs(wanted) {
      const row = await status();
      hold('one runs', row !== undefined, wanted);
      const others = () => [...pids].filter((pid) => pid !== row?.pid && isAlive(pid));
      await this.until(() => others().length === 0).catch(() => {});
      hold('no other process is left', others(), []);
    },
    async until(holds) {
      for (const begun = Date.now(); !(await holds()); await sleep(pollMs))
        if (Date.now() - begun > endMs) throw new Error(`it did not come within ${endMs} ms: ${holds}`);
    },
    /** Each life began once and ended once, and none was found dead. */
    async end() {
      await qcc('proxy', 'stop', '--timeout', '0');
      const { out } = await launch('history', '--since', '#1', '--json').ended;
      const types = out
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((row) => JSON.parse(row).type);
      const lives = types.filter((type) => /^Gateway(Started|Stopped|FoundDead)$/.test(type));
      hold(
        'lives follow each other',
        lives,
        lives.map((_, i) => (i % 2 === 0 ? 'GatewayStarted' : 'GatewayStopped')),
      );
      hold('the last one has ended', lives.length % 2, 0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function codes(ended) {
  return ended.map(({ code }) => code).sort((a, b) => a - b);
}

function pidOf(ended) {
  return ended.find(({ answer }) => answer?.pid)?.answer.pid;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isHealthy(port) {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
}
