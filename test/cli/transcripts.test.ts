/**
 * What screens look like to a person, over the histories that released versions left: each file in `transcripts/` says why its screen
 * is worth a look, what it is asked over, and has the commands with all that they print. Read them as a designer, and as a reader of
 * that language. After a wanted change: `npx vitest run test/cli/transcripts.test.ts -u`, then read the difference.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { runCli } from '../../src/cli/driver.ts';
import { paths } from '../../src/config/files/home.ts';
import type { StatusRow } from '../../src/contract/gateway.ts';
import { serveControl } from '../../src/control/server.ts';
import { operations } from '../../src/control/table.ts';
import { type Installation, openInstallation } from '../../src/installation/installation.ts';
import type { LiveSide } from '../../src/installation/live-side.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { realWorld } from '../../src/platform/clock.ts';
import { seenOf } from '../../src/runtime/rows.ts';
import { widthOf } from '../../src/terminal/width.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const folder = join(import.meta.dirname, 'transcripts');

interface Scene {
  readonly history: string;
  readonly upTo: number;
  readonly laterMs: number;
  readonly running: boolean;
  /** Whether a person reads it: then changes are confirmed. */
  readonly seen: boolean;
}

const sceneLine =
  /^Over the history (\S+?)(?: up to #(\d+))?, (\d+) s later(, while a gateway runs)?(, at a terminal)?\.$/m;
const commandLine = /^\$ ((?:\w+=\S+ )*)qcc (.+)$/gm;

function sceneOf(text: string): Scene {
  const [, history = '', upTo, later, running, seen] = sceneLine.exec(text) ?? [];
  return {
    history,
    upTo: Number(upTo ?? Infinity),
    laterMs: Number(later) * 1_000,
    running: running !== undefined,
    seen: seen !== undefined,
  };
}

/** A home in which that has happened, at the moment that the scene is looked at. */
async function homeOf({ history, upTo, laterMs, running }: Scene): Promise<string> {
  const home = temporaryHome();
  const file = join(import.meta.dirname, `../histories/${history}.ndjson`);
  const facts = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
    .filter(({ seq }) => seq <= upTo);
  vi.setSystemTime((facts.at(-1)?.at ?? 0) + laterMs);
  await at(home)('init');
  mkdirSync(join(home, 'log'), { recursive: true });
  const log = await LevelLog.open(join(home, 'log'));
  await log.append(facts, { sync: true });
  await log.close();
  if (running) await serve(home);
  return home;
}

/** What is recorded, behind the control socket of a gateway that has nothing else to say. */
async function serve(home: string): Promise<void> {
  const installation = await openInstallation(home);
  const live = { status: () => statusOf(installation), nextProbes: () => new Map() } as unknown as LiveSide;
  const server = await serveControl(paths(home).socket, () => operations(installation, live) as never);
  onTestFinished(async () => {
    await server.close();
    await installation.close();
  });
}

function unprovenOf(state: Installation['core']['state']) {
  const healthy = state.profiles.endpoints().filter(({ id }) => state.endpoint(id).value === 'healthy');
  const count = (seen: string) => healthy.filter(({ id }) => seenOf(state, id) === seen).length;
  return { untried: count('untried'), failing: count('failing') };
}

function statusOf({ core }: Installation): StatusRow {
  const { priority, profiles } = core.state;
  const states = profiles.endpoints().map(({ id }) => core.state.endpoint(id).value as string);
  const count = (state: string) => states.filter((one) => one === state).length;
  return {
    running: true,
    uncertain: null,
    stopping: false,
    url: 'http://127.0.0.1:3456',
    host: '127.0.0.1',
    port: 3456,
    pid: 4242,
    version: '0.1.0',
    startedAt: new Date(Date.now() - 7_260_000).toISOString(),
    uptimeMs: 7_260_000,
    active: priority.context.active,
    state: String(priority.value),
    network: 'online',
    logState: 'open',
    found: [],
    notReady: [],
    requests: { total: 1_204, inFlight: 3, waiting: 0, succeeded: 1_198, failed: 1, cancelled: 2 },
    endpoints: {
      healthy: count('healthy'),
      degraded: count('degraded'),
      recovering: count('recovering'),
      failed: count('failed'),
      disabled: count('disabled'),
    },
    unproven: unprovenOf(core.state),
    files: { limit: 1_024, connections: 400, short: false, shortages: 0, dropped: 0 },
    connections: { open: 2, max: 400, dropped: 0, stalled: 0 },
    uncaught: 0,
  };
}

/** The screen of a terminal of that width: longer lines continue in the next row, even in the middle of a word. */
function shown(text: string, columns: number): string {
  const rows = text.split('\n').flatMap((line) => {
    const cut = [''];
    for (const character of line) {
      const last = cut.at(-1) ?? '';
      if (widthOf(last + character) > columns) cut.push(character);
      else cut[cut.length - 1] = last + character;
    }
    return cut;
  });
  return rows.map((row) => row.trimEnd()).join('\n');
}

/** One command on a terminal: stdout and stderr in the order in which they come. */
async function screenOf(home: string, variables: string, command: string): Promise<string> {
  const env = Object.fromEntries(
    variables
      .trim()
      .split(' ')
      .filter((one) => one !== '')
      .map((one) => one.split('=') as [string, string]),
  );
  const columns = Number(env['COLUMNS'] ?? 80);
  // A home's settings are read with the process's own environment.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const streams = [process.stdout, process.stderr];
  for (const stream of streams) Object.defineProperty(stream, 'columns', { value: columns, configurable: true });
  let text = '';
  const write = (piece: string | Uint8Array) => {
    text += String(piece);
    return true;
  };
  const spies = streams.map((stream) => vi.spyOn(stream, 'write').mockImplementation(write));
  const argv = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  try {
    const code = await runCli(argv, { QCC_HOME: home, HOME: dirname(home), TERM: 'dumb', ...env });
    if (code !== 0) text += `[exit ${code}]\n`;
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const stream of streams) Reflect.deleteProperty(stream, 'columns');
    for (const name of Object.keys(env)) vi.stubEnv(name, undefined);
  }
  return shown(text, columns);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(realWorld, 'now').mockImplementation(() => Date.now());
  vi.spyOn(realWorld, 'dice').mockReturnValue(0.5);
  // A zone that is not UTC, so that a time without its zone is seen.
  vi.stubEnv('TZ', 'Asia/Shanghai');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

it.each(readdirSync(folder))('the screens of %s match their reviewed transcripts', async (name) => {
  const script = readFileSync(join(folder, name), 'utf8');
  const head = script.slice(0, script.indexOf('\n\n'));
  expect(head.split('\n')[0], 'says why it is worth a look').toMatch(/^Why: /);
  const scene = sceneOf(head);
  const home = await homeOf(scene);
  vi.spyOn(process, 'cwd').mockReturnValue(dirname(home));
  const { isTTY } = process.stdout;
  process.stdout.isTTY = scene.seen;
  onTestFinished(() => {
    process.stdout.isTTY = isTTY;
  });
  let transcript = `${head}\n`;
  for (const [line, variables = '', command = ''] of script.matchAll(commandLine))
    transcript += `\n${line}\n${await screenOf(home, variables, command)}`;
  expect(transcript).not.toContain(tmpdir());
  await expect(transcript).toMatchFileSnapshot(join(folder, name));
});
