/** Behaviour that only whole processes show: start and end of the gateway, pipes, signals, and the modules that `--help` loads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StatusRow } from '../../src/contract/gateway.ts';
import { isAlive } from '../../src/installation/life.ts';
import { temporaryHome } from '../support/home.ts';
import { type Ended, launch, main } from './built.ts';
import { at } from './command.ts';

const patienceMs = 60_000;
interface Started {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
}

function installation(env: Readonly<Record<string, string>> = {}) {
  const home = temporaryHome();
  const start = (...argv: readonly string[]) => launch(argv, { QCC_HOME: home, ...env });
  const run = (...argv: readonly string[]): Promise<Ended> => start(...argv).ended;
  const json = async (...argv: readonly string[]): Promise<unknown> => JSON.parse((await run(...argv, '--json')).out);
  // What another process only is asked for needs none of its own.
  const ask = at(home, env);
  const askJson = async (...argv: readonly string[]): Promise<unknown> => (await ask(...argv, '--json')).json();
  return { home, start, run, json, ask, askJson };
}

/** A gateway in the background, stopped when the test ends. */
async function withGateway(env: Readonly<Record<string, string>> = {}) {
  const it = installation(env);
  const started = (await it.json('proxy', 'start', '--port', '0')) as Started;
  onTestFinished(async () => {
    await it.run('proxy', 'stop', '--timeout', '0');
  });
  return { ...it, started };
}

it("the program as it is built writes Claude Code's settings, and gives them back", async () => {
  const folder = temporaryHome();
  const { ask, run } = installation({ CLAUDE_CONFIG_DIR: folder });
  const address = ['--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef'];
  await ask('add', 'work', '--no-test', ...address);
  expect(await run('use', 'work', '--apply')).toMatchObject({ code: 0 });
  const file = join(folder, 'settings.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ env: { ANTHROPIC_AUTH_TOKEN: 'proxy-managed' } });
  expect(await run('use', '--restore')).toMatchObject({ code: 0 });
  expect(existsSync(file)).toBe(false);
});

describe('qcc --help', () => {
  it('loads a few files with the messages, and nothing of the gateway', async () => {
    const folder = `${temporaryHome()}-coverage`;
    // V8 lists every script that the process has loaded; there is no truer witness.
    const { code } = await launch(['endpoint', '--help'], { NODE_V8_COVERAGE: folder }).ended;
    const [report = ''] = readdirSync(folder);
    const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: readonly { url: string }[] };
    const loaded = result.flatMap(({ url }) => (url.startsWith('file:') ? [fileURLToPath(url)] : []));
    // The build names before each module where it was.
    const modules = loaded.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/^\/\/ ((?:src|events|machines|node_modules)\/\S+)$/gm)].map(
        ([, name]) => name,
      ),
    );
    const ofHelp =
      /^(src\/(cli|messages|terminal|errors|platform)\/|src\/commands\/([\w-]+\/manifest|command|arguments)\.ts|node_modules\/(consola|fast-string))/;
    expect(code).toBe(0);
    expect(loaded).toContain(realpathSync(main));
    expect(modules).toContain('src/cli/driver.ts');
    expect(modules.filter((name) => !ofHelp.test(name ?? ''))).toEqual([]);
    expect(loaded.length).toBeLessThan(16);
  });
});

describe('qcc --version', () => {
  it.each(['--version', '-V'])('%s', async (flag) => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await installation().run(flag)).toEqual({ code: 0, signal: null, out: `${version}\n`, err: '' });
  });
});

describe('a gateway', () => {
  it('with few file descriptors refuses surplus clients, and still answers commands and writes', async () => {
    const home = temporaryHome();
    const few = [
      '-c',
      'ulimit -n 128; exec "$@"',
      '_',
      process.execPath,
      main,
      'proxy',
      'run',
      '--port',
      '0',
      '--json',
    ];
    const env = { ...process.env, QCC_HOME: home, QCC_KEYCHAIN: 'off', LC_ALL: 'C' };
    const child = spawn('sh', few, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { port, url } = JSON.parse(String((await once(child.stdout, 'data'))[0])) as Started;
    const silent = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    onTestFinished(() => {
      for (const socket of silent) socket.destroy();
    });
    await Promise.any(silent.map((socket) => once(socket, 'close')));
    const ask = at(home);
    const { files, logState } = JSON.parse((await ask('proxy', 'status', '--json')).out) as StatusRow;
    expect([files.limit, files.short, logState]).toEqual([128, false, 'open']);
    expect(files.dropped).toBeGreaterThan(100);
    expect((await ask('proxy', 'status')).err).toMatch(/connections refused because the limit/);
    expect((await ask('config', 'set', 'notify.window', '5')).code).toBe(0);
    expect((await ask('config', 'validate')).out).toMatch(/a limit of 128 open files allows \d+ connections at once/);
    for (const socket of silent) socket.destroy();
    await vi.waitFor(async () => expect((await fetch(`${url}/healthz`)).status).toBe(200), { timeout: patienceMs });
  });

  it('survives an unexpected error, and logs it', async () => {
    const thrower = `process.on('SIGUSR2', () => setTimeout(() => { throw new TypeError('sk-ant-secret'); }));`;
    const { home, started, ask, askJson } = await withGateway({
      NODE_OPTIONS: `--import data:text/javascript;base64,${Buffer.from(thrower).toString('base64')}`,
    });
    process.kill(started.pid, 'SIGUSR2');
    await vi.waitFor(async () => expect(await askJson('proxy', 'status')).toMatchObject({ uncaught: 1 }), {
      timeout: patienceMs,
    });
    expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${started.url}/metrics`)).text()).toContain('qcc_uncaught_errors_total 1');
    expect((await ask('proxy', 'status')).err).toContain('logs/gateway.log');
    const log = readFileSync(join(home, 'logs', 'gateway.log'), 'utf8');
    expect(log).toMatch(/error: unexpected TypeError\n +at /);
    expect(log).not.toContain('sk-ant-secret');
  });
});

describe('an old Node', () => {
  it.each([
    ['18.20.4', 1],
    ['20.18.3', 1],
    ['20.19.0', 0],
  ])('%s ends with exit code %i', async (version, code) => {
    const script = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
    const old = `--import data:text/javascript,${encodeURIComponent(script)}`;
    const ended = await launch(['--version'], { NODE_OPTIONS: old }).ended;
    expect(ended.code).toBe(code);
    expect(ended.err).toBe(
      code === 0 ? '' : `error: qcc needs Node 20.19 or newer; this is ${version}\n  https://nodejs.org/\n`,
    );
  });
});

describe('a reader that closes the pipe early', () => {
  it('causes no error', async () => {
    const { start, ask } = installation();
    await ask('add', 'work');
    const following = start('history', '--follow', '--json');
    await following.said(/ProfileAdded/);
    following.child.stdout?.destroy();
    // Something happens, so that there is output, but no reader.
    await ask('add', 'spare');
    expect(await following.ended).toMatchObject({ code: 0, signal: null, err: '' });
  });
});

describe('qcc history --follow', () => {
  it('prints facts that arrive meanwhile, each once', async () => {
    const { start, ask } = installation();
    await ask('add', 'work');
    const following = start('history', '-f', '--json');
    await following.said(/"name":"work"/);
    await ask('add', 'spare');
    await ask('add', 'third');
    const out = await following.said(/"name":"third"/);
    following.child.kill('SIGINT');
    await following.ended;
    const seqs = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });
});

describe('the gateway', () => {
  it('starts in the background without holding the pipes of its parent, and stops', async () => {
    const { json, started, home, ask, askJson } = await withGateway();
    expect(started).toEqual({
      url: `http://127.0.0.1:${started.port}`,
      host: '127.0.0.1',
      port: expect.any(Number),
      pid: expect.any(Number),
      home,
    });
    expect(await askJson('proxy', 'status')).toMatchObject({ running: true, url: started.url, pid: started.pid });
    expect(await json('proxy', 'stop')).toEqual({ stopped: true, drained: 0, cut: 0 });
    expect(isAlive(started.pid)).toBe(false);
    expect(await ask('proxy', 'status', '--json')).toMatchObject({ code: 3, out: '{"running":false}\n' });
  });

  it('runs once per home', async () => {
    const { run } = await withGateway();
    const second = await run('proxy', 'start', '--port', '0', '--json');
    expect({ code: second.code, out: second.out, said: JSON.parse(second.err) }).toMatchObject({
      code: 6,
      out: '',
      said: { error: { code: 'QCC_GATEWAY_RUNNING' } },
    });
  });

  it('keeps its address over a restart', async () => {
    const { json, started } = await withGateway();
    const again = (await json('proxy', 'restart')) as Started;
    expect(again).toMatchObject({ host: started.host, port: started.port });
    expect(again.pid).not.toBe(started.pid);
    expect(isAlive(started.pid)).toBe(false);
  });

  it('reports that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const { code, out, err } = await installation().run('proxy', 'start', '--port', String(port));
    expect({ code, out, err }).toEqual({ code: 6, out: '', err: expect.stringContaining(String(port)) });
  });

  it.each(['seven', '70000', '-1', '1.5'])('does not start on port %s', async (port) => {
    const { run } = installation();
    const { code, out, err } = await run('proxy', 'start', `--port=${port}`);
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringContaining('--port') });
  });

  it('runs in the foreground until a signal', async () => {
    const { start, ask } = installation();
    const gateway = start('proxy', 'run', '--port', '0', '--json');
    const started = JSON.parse(await gateway.said(/\n/)) as Started;
    expect(started.pid).toBe(gateway.child.pid);
    expect(await ask('proxy', 'status')).toMatchObject({ code: 0 });
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
  });

  it('answers commands as the installation does without it', async () => {
    const { json, run, ask, askJson } = await withGateway();
    expect(await json('add', 'work')).toMatchObject({ name: 'work', default: true });
    expect(await askJson('config', 'set', 'failover.cooldown', '120')).toMatchObject({ value: 120 });
    expect((await ask('add', 'work')).code).toBe(6);
    expect((await ask('default', 'wrok')).code).toBe(5);
    await run('proxy', 'stop');
    expect(await askJson('list')).toMatchObject({ profiles: [{ name: 'work' }] });
    expect(await askJson('config', 'get', 'failover.cooldown')).toMatchObject({ value: 120 });
  });
});

/** A program named `claude` that says what it was started with, and then does as it is told. */
function claude(script: string): string {
  const folder = join(dirname(temporaryHome()), 'bin');
  mkdirSync(folder);
  const file = join(folder, 'claude');
  writeFileSync(
    file,
    `#!${process.execPath}\nconst { readFileSync } = require('node:fs');\nconst args = process.argv.slice(2);\nconsole.log(JSON.stringify({ args, settings: JSON.parse(readFileSync(args[1], 'utf8')) }));\n${script}\n`,
  );
  chmodSync(file, 0o755);
  return `${folder}${delimiter}${process.env['PATH']}`;
}

// A program that is found by its `#!` line is not how Windows finds one.
describe.skipIf(process.platform === 'win32')('qcc code', () => {
  it('starts claude with the gateway’s settings and the arguments after --, and ends with its exit code', async () => {
    const { run, started } = await withGateway({ PATH: claude('process.exit(42);') });
    const { code, out, err } = await run('code', '--', '-p', 'hello', '--json', '--help');
    const { args, settings } = JSON.parse(out) as { args: readonly string[]; settings: object };
    expect({ code, err }).toEqual({ code: 42, err: '' });
    expect(args[0]).toBe('--settings');
    expect(args.join(' ')).not.toContain('qcc_');
    expect(existsSync(args[1] ?? '')).toBe(false);
    expect(settings).toMatchObject({
      env: { ANTHROPIC_BASE_URL: started.url, NO_PROXY: expect.any(String) },
    });
    expect(args.slice(2)).toEqual(['-p', 'hello', '--json', '--help']);
  });

  it('uses one profile when told to', async () => {
    const { run, started, ask } = await withGateway({ PATH: claude('') });
    await ask('add', '工作', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef');
    const { out } = await run('code', '--profile', '工作');
    const { env } = (JSON.parse(out) as { settings: { env: Record<string, string> } }).settings;
    expect(env['ANTHROPIC_BASE_URL']).toBe(`${started.url}/p/${encodeURIComponent('工作')}`);
    expect(await run('code', '--profile', 'wrok')).toMatchObject({ code: 5, out: '' });
    await ask('add', 'empty');
    const refused = { code: 5, out: '', err: expect.stringContaining('qcc endpoint add empty') };
    expect(await run('code', '--profile', 'empty')).toMatchObject(refused);
  });

  it('passes signals on', async () => {
    const { start } = await withGateway({
      PATH: claude(
        "process.on('SIGTERM', () => process.exit(9));\nsetInterval(() => {}, 1000);\nconsole.log('ready');",
      ),
    });
    const running = start('code');
    await running.said(/ready/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 9, signal: null });
  });

  it('starts the gateway when none runs, and reports it', async () => {
    const { run, ask, askJson } = installation({ PATH: claude('') });
    onTestFinished(async () => {
      await run('proxy', 'stop', '--timeout', '0');
    });
    await ask('config', 'set', 'proxy.port', '0');
    const { code, err } = await run('code');
    const { url } = (await askJson('proxy', 'status')) as Started;
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(url) });
  });

  it('explains how to get claude when it is missing', async () => {
    const { run, ask } = installation({ PATH: dirname(temporaryHome()) });
    const { code, err } = await run('code', '--json');
    // Nothing was started for a program that is not there.
    expect(await ask('proxy', 'status')).toMatchObject({ code: 3 });
    expect({ code, said: JSON.parse(err) }).toMatchObject({
      code: 1,
      said: { error: { code: 'QCC_CLAUDE_MISSING', hint: expect.stringContaining('npm install') } },
    });
  });
});
