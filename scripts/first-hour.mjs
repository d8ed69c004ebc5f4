/**
 * The first hour of a newcomer in a real terminal: the guided set-up by keys, the first requests, an endpoint that breaks, the questions
 * that a person asks then. Loopback only, in homes of its own. Each screen is compared with the recorded one of that language and width;
 * none may have a line that the terminal had to break, or a key. Ends with 1 when one differs, with 2 when this machine has no tmux.
 *
 * node scripts/first-hour.mjs [--update] [--only en-80]     after `npm run build`
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultsOf, recordable, sameWords } from './first-hour/screens.mjs';
import { hasTmux, openTerminal } from './first-hour/terminal.mjs';
import { choosePreset, leaveEverywhere, longNames, lookAround, outage, setUp } from './first-hour/walk.mjs';
import { freePort } from './kill9/chance.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'dist/src/cli/main.js');
const recorded = join(root, 'scripts/first-hour/screens');
const walks = [
  ['en', 80],
  ['en', 50],
  ['zh-CN', 80],
  ['zh-CN', 50],
];
// Taller than any question with its answers before it: a terminal shows the rest of a longer screen above itself.
const rows = 60;
// An answer that takes this long has three digits of milliseconds in every run.
const answerMs = 150;
// Its end is shown, and must be the same in each run.
const keyOf = (name) => `sk-ant-${name}-0123456789abcdef01234567`;
// So narrow that every question is laid out anew.
const narrowColumns = 30;
const { values } = parseArgs({ options: { update: { type: 'boolean', default: false }, only: { type: 'string' } } });

await main();

async function main() {
  if (!(await hasTmux())) {
    process.stderr.write('this run needs tmux, and this machine has none - install tmux, then run it again\n');
    process.exitCode = 2;
    return;
  }
  if (!existsSync(program)) throw new Error('dist/ is missing - run: npm run build');
  const { startSimulatedEndpoint } = await import(join(root, 'dist/src/simulated-endpoint/simulated-endpoint.js'));
  let faults = 0;
  for (const [language, columns] of walks) {
    const name = `${language}-${columns}`;
    if (values.only !== undefined && values.only !== name) continue;
    const began = Date.now();
    const walked = await walk(language, columns, startSimulatedEndpoint);
    // A walk that broke off has not seen all: it is not recorded.
    const found = walked.faults.length > 0 ? walked.faults : compared(name, walked.screens);
    for (const fault of found) process.stdout.write(`  ${name}: ${fault}\n`);
    process.stdout.write(
      `${name}: ${walked.screens.length} screens, ${found.length} faults, ${Math.round((Date.now() - began) / 1_000)} s\n`,
    );
    faults += found.length;
  }
  process.exitCode = faults > 0 ? 1 : 0;
}

/** The screens, one file for each language and width: a person can read the hour from its first line to its last. */
function compared(name, screens) {
  const file = join(recorded, `${name}.txt`);
  const text = screens.map(({ title, lines }) => `== ${title}\n${lines.join('\n')}\n`).join('\n');
  if (values.update) {
    mkdirSync(recorded, { recursive: true });
    writeFileSync(file, text);
    return [];
  }
  if (!existsSync(file)) return ['nothing is recorded - node scripts/first-hour.mjs --update'];
  const before = new Map(parsed(readFileSync(file, 'utf8')));
  const now = new Map(parsed(text));
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((title) => {
    const [a, b] = [before.get(title), now.get(title)];
    return a !== undefined && b !== undefined && sameWords(a, b)
      ? []
      : [`this screen differs: ${title}\n--- recorded\n${a ?? '(none)'}\n--- now\n${b ?? '(none)'}`];
  });
}

function parsed(text) {
  return text
    .split(/^== /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trimEnd()]);
}

async function walk(language, columns, startSimulatedEndpoint) {
  // Short, because a Unix socket's path must fit into 103 bytes, and the same on all machines, because screens show it.
  const folder = mkdtempSync('/tmp/qf-');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'qcc'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
  const port = await freePort();
  const first = await startSimulatedEndpoint({ name: 'first', auth: 'bearer', key: keyOf('first') });
  const second = await startSimulatedEndpoint({ name: 'second', auth: 'x-api-key', key: keyOf('second') });
  for (const one of [first, second]) await one.play({ kind: 'slow', delayMs: answerMs });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    QCC_HOME: join(folder, 'q'),
    QCC_KEYCHAIN: 'off',
    QCC_PROXY_PORT: String(port),
    // Probes come by the clock, and would stand in the history of one run and not of the next.
    QCC_HEALTH_MODE: 'off',
    QCC_LANG: language,
    LC_ALL: 'C.UTF-8',
    PAGER: 'cat',
    HISTFILE: '/dev/null',
    TZ: 'Asia/Shanghai',
  };
  const terminal = await openTerminal({ name: `qcc-first-hour-${process.pid}`, columns, rows, env, cwd: folder });
  const it = hour({ terminal, folder, env, first, second, gateway: `http://127.0.0.1:${port}` });
  try {
    await leaveEverywhere(it);
    await choosePreset(it);
    await setUp(it);
    await lookAround(it);
    await outage(it);
    await longNames(it);
  } catch (error) {
    it.faults.push(String(error.message));
  } finally {
    await it.qcc('proxy', 'stop', '--timeout', '0');
    await terminal.close();
    await Promise.all([first.close(), second.close()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return it;
}

/** What a walk does and says, and what it has seen so far. */
function hour({ terminal, folder, env, first, second, gateway }) {
  const [screens, faults, keys] = [[], [], [first.key, second.key]];
  let told = 0;
  const record = async (title, { onlyAfter } = {}) => {
    const [all, printed] = [await terminal.read(), await terminal.read({ joined: true })];
    for (const fault of faultsOf({ rows: all, lines: printed.slice(1), columns: terminal.columns, keys }))
      faults.push(`${title}: ${fault}`);
    const from = onlyAfter === undefined ? 0 : all.findLastIndex((line) => line.startsWith(onlyAfter));
    screens.push({ title, lines: recordable(all.slice(from), folder) });
  };
  return {
    screens,
    faults,
    folder,
    home: env.QCC_HOME,
    first,
    second,
    gateway,
    record,
    keys: terminal.keys,
    sees: terminal.sees,
    type: terminal.type,
    /** A question that is drawn anew for each width. */
    async resizedAndBack() {
      const question = (lines) => lines.slice(lines.findIndex((line) => line.startsWith('◆'))).join('\n');
      const before = question(await terminal.read());
      await terminal.resize(narrowColumns);
      await terminal.until('the question in the narrow terminal', (lines) => question(lines) !== before);
      await terminal.resize(terminal.columns);
      await terminal.until('the question as it was', (lines) => question(lines) === before);
    },
    ended: terminal.ended,
    async enter(text) {
      await terminal.type(text);
      await terminal.keys('Enter');
    },
    async begin(command) {
      await terminal.clear();
      await this.enter(command);
    },
    async shows(command) {
      told++;
      await this.begin(command);
      await terminal.ended();
      await record(`${String(told).padStart(2, '0')} ${command}`);
    },
    /** Until the question stands there that follows so many answered ones. */
    async question(answered, title) {
      const count = (lines, mark) => lines.filter((line) => line.startsWith(mark)).length;
      await terminal.until(
        `question ${answered + 1}`,
        (lines) => count(lines, '◇') === answered && count(lines, '◆') === 1,
      );
      if (title !== undefined) await record(title, { onlyAfter: '◆' });
    },
    newHome() {
      rmSync(env.QCC_HOME, { recursive: true, force: true });
    },
    hold(what, found, wanted) {
      const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
      if (a !== b) faults.push(`${what}: ${b} expected, ${a} found`);
    },
    async active() {
      const { out } = await this.qcc('proxy', 'status', '--json');
      return JSON.parse(out).active;
    },
    /** The program beside the terminal: for what a person would not type. */
    qcc(...args) {
      const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err] = ['', ''];
      child.stdout.on('data', (piece) => (out += piece));
      child.stderr.on('data', (piece) => (err += piece));
      return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
    },
  };
}
