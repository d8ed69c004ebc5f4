/**
 * Kills the built gateway with SIGKILL while requests enter and leave its queue, at moments that a seed chooses: and checks after each kill
 * whether a stored request is lost, whether one has two ends, and whether one could have been answered twice without having been called
 * unknown before. In the end every client must get its own answer, and the same one again. Loopback only, in a home of its own. Ends with 1
 * when a promise is broken.
 *
 * node scripts/kill9-queue.mjs [--kills 30] [--items 300] [--seed 1]     after `npm run build`
 */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtCode, line, program, tellEnd } from './kill9/built.mjs';
import { diceOf, freePort } from './kill9/chance.mjs';
import { Life } from './kill9/life.mjs';
import { answerTo, askAs, question, startAnswering } from './kill9/questions.mjs';
import { replay } from './kill9/replay.mjs';
import { Stories } from './kill9/stories.mjs';

/** While they are stored, while they are retried, and in the start that follows. */
const killMs = { taking: [5, 250], retrying: [20, 700], starting: [0, 400] };
const answerMs = [0, 400];
const endMs = 120_000;
const lookMs = 100;
const trialMs = 5_000;
const spare = 1.3;
const settings = {
  'queue.hold': '0.15',
  'queue.strategy': 'fixed',
  'queue.base_delay': '0.05',
  'queue.max_retries': '100',
  'queue.ttl': '7200',
  'health.backoff_base': '0.05',
  'health.backoff_max': '0.2',
  'health.ramp': '0.1',
};

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    items: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const [kills, items, seed] = [Number(values.kills), Number(values.items), Number(values.seed)];
const widths = [5, 10, 10, 8, 10, 10, 9, 8];
await main();

async function main() {
  const code = await builtCode();
  // Short, because a Unix socket's path must fit into 103 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'qq-'));
  const home = join(folder, 'q');
  const upstream = await startAnswering();
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };
  const it = { program, env, home, port: await freePort(), dice: diceOf(seed), connect: code.connect, folder, code };
  const run = { it, upstream, clients: new Map(), faults: [], kills: 0, starts: [] };
  try {
    await prepare(it, upstream);
    line(widths, ['kill', 'while', 'after ms', 'asked', 'in queue', 'answered', 'unknown', 'faults']);
    let life = await born(run);
    while (run.kills < kills) life = await round(run, life);
    await finish(run, life);
    await life.kill();
    tell(run, await look(run));
  } finally {
    await upstream.close();
    if (run.faults.length === 0) rmSync(folder, { recursive: true, force: true });
    else process.stdout.write(`the home is kept: ${home}\n`);
  }
}

async function prepare({ home, connect }, { url, key }) {
  const { call, close } = await connect({ home });
  for (const [name, value] of Object.entries(settings)) await call('config.set', { key: name, value });
  await call('profile.add', { name: 'only', tier: 'primary', endpoint: { baseUrl: url, auth: 'x-api-key', key } });
  await close();
}

/** New clients send requests while no endpoint answers; then one does, slowly; and at some point in between comes the kill. */
async function round(run, life) {
  const { it, upstream, clients, faults } = run;
  const { dice } = it;
  const kind = pick(['taking', 'retrying', 'retrying', 'starting'], dice);
  upstream.goOut();
  // One check is enough to detect it: later calls are for the queue.
  const unheard = [...clients.values()].filter(({ promised, answer }) => !promised && !answer);
  const asking = [...unheard, ...newClients(run)].map((client) => ask(run, client));
  const began = performance.now();
  if (kind !== 'taking') {
    await Promise.all(asking);
    upstream.comeBack(() => between(answerMs, dice));
    // An attempt is needed to learn that it is back.
    await upstream.isAsked(trialMs);
    // Some clients retry meanwhile, as Claude Code does.
    for (const client of clients.values()) if (!client.answer && dice() < 0.1) asking.push(ask(run, client));
  }
  await sleep(between(killMs[kind], dice));
  if (await life.kill()) run.kills++;
  const afterMs = performance.now() - began;
  await Promise.all(asking);
  if (kind === 'starting') await killInStart(run);
  const before = faults.length;
  const found = await look(run);
  const next = await born(run);
  await missing(run, next);
  const states = [...found.items.values()].map(({ state }) => state);
  const count = (wanted) => states.filter((state) => state === wanted).length;
  const numbers = [clients.size, states.length, count('answered'), count('unknown'), faults.length - before];
  line(widths, [run.kills, kind, Math.round(afterMs), ...numbers]);
  for (const fault of faults.slice(before)) process.stdout.write(`       ${fault}\n`);
  return next;
}

async function killInStart(run) {
  const starting = new Life(run.it);
  starting.spawn();
  await sleep(between(killMs.starting, run.it.dice));
  if (await starting.kill()) run.kills++;
}

async function born({ it, starts }) {
  const life = new Life(it);
  life.spawn();
  const { ms } = await life.answers();
  starts.push(Math.round(ms));
  return life;
}

function newClients({ it, clients, kills: done }) {
  const left = items - clients.size;
  // Some rounds kill twice: the remaining clients retry after the last one.
  const most = done < kills ? Math.ceil((spare * left) / (kills - done)) : left;
  return Array.from({ length: Math.min(most, left) }, () => {
    const session = randomUUID();
    const stream = it.dice() < 0.7;
    const client = {
      session,
      body: question(session, { stream, bytes: 20_000 * it.dice() }),
      promised: null,
      answer: null,
    };
    clients.set(session, client);
    return client;
  });
}

/** One request of a client. Its outcome counts: an answer must be its own, and an item must stay. */
async function ask({ it, faults }, client) {
  const { status, headers, body } = await askAs(it.port, client.session, client.body);
  const item = headers['x-qcc-queue-item'];
  if (item) client.promised = item;
  if (status !== 200) return;
  if (!body.includes(answerTo(client.session)))
    faults.push(`${client.session} got another answer: ${body.slice(0, 200)}`);
  if (client.answer && !client.answer.equals(body)) faults.push(`${client.session} got two different answers`);
  client.answer ??= body;
  client.isStored = headers['x-qcc-answer'] === 'stored';
}

/** A new life's queue: every item that a client was told of. */
async function missing({ clients, faults }, life) {
  const { items: rows } = await life.call('queue.list', { limit: 100_000 });
  const ids = new Set(rows.map(({ id }) => id));
  for (const { session, promised } of clients.values())
    if (promised && !ids.has(promised)) faults.push(`${promised}, of which ${session} was told, is gone`);
}

/** The log as the kill left it, on a copy. */
async function look({ it, faults }) {
  const { code, folder, home } = it;
  const copy = join(folder, 'copy');
  cpSync(join(home, 'log'), copy, { recursive: true });
  const found = await replay(code, copy, { looks: [], facts: new Map() });
  faults.push(...found.faults);
  const stories = new Stories();
  const log = await code.LevelLog.open(copy);
  for await (const facts of log.read(log.tail)) for (const fact of facts) stories.take(fact);
  await log.close();
  rmSync(copy, { recursive: true });
  faults.push(...stories.faults);
  return stories;
}

/** All endpoints are back: every client gets its answer by a retry, and the queue becomes idle. */
async function finish(run, life) {
  const { upstream, clients, faults } = run;
  upstream.goOut();
  await Promise.all(newClients(run).map((client) => ask(run, client)));
  upstream.comeBack();
  const until = performance.now() + endMs;
  const open = () => [...clients.values()].filter(({ answer }) => !answer);
  while (open().length > 0 && performance.now() < until) {
    for (const client of open()) await ask(run, client);
  }
  for (const { session } of open()) faults.push(`${session} got no answer`);
  await life.call('queue.retryAll', {});
  while (performance.now() < until) {
    const { waiting, retrying, unknown } = await life.call('queue.status', {});
    if (waiting + retrying + unknown === 0) break;
    await sleep(lookMs);
  }
  const calls = upstream.calls.length;
  for (const client of clients.values()) await ask(run, client);
  run.paidAgain = upstream.calls.length - calls;
}

function tell({ it, upstream, clients, faults, kills: done, starts, paidAgain }, { items: stories }) {
  const all = [...stories.values()];
  const open = all.filter(({ state }) => state !== 'answered');
  for (const { session, state } of open) faults.push(`the item of ${session} is ${state} in the end`);
  const calls = new Map();
  for (const { session, wasOut } of upstream.calls) if (!wasOut) calls.set(session, (calls.get(session) ?? 0) + 1);
  const twice = all.filter(({ session }) => (calls.get(session) ?? 0) > 1);
  const unsaid = twice.filter(({ session, unknown }) => calls.get(session) - 1 > unknown);
  for (const { session } of unsaid) faults.push(`${session} was answered more often than it was called unknown`);
  const unwritten = all.filter(({ session, starts: begun }) => (calls.get(session) ?? 0) > begun + 1);
  for (const { session } of unwritten) faults.push(`${session} was sent more often than was written down`);
  const left = readdirSync(join(it.home, 'bodies'));
  const sorted = starts.toSorted((a, b) => a - b);
  const stored = [...clients.values()].filter(({ isStored }) => isStored).length;
  const rows = {
    kills: done,
    'requests asked': clients.size,
    'of them queued': all.length,
    'answered in the end': [...clients.values()].filter(({ answer }) => answer).length,
    'lost, or two ends': faults.length,
    'called unknown': all.filter(({ unknown }) => unknown > 0).length,
    'sent twice': twice.length,
    'of them unsaid': unsaid.length,
    'stored answers, asked again': stored,
    'paid again for them': paidAgain,
    'files of bodies': left.length,
    'start p50, max': `${sorted[Math.floor(sorted.length / 2)]}, ${sorted.at(-1)} ms`,
  };
  tellEnd(seed, rows, faults);
}

function between([from, to], dice) {
  return from + dice() * (to - from);
}

function pick(list, dice) {
  return list[Math.floor(dice() * list.length)];
}
