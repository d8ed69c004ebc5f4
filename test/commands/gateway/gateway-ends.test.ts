/** How the gateway's process begins and ends when something is in the way: another start or stop, a disk that takes nothing, a hang. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAlive } from '../../../src/installation/life.ts';
import { type Ended, launch, main } from '../../cli/built.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

const patienceMs = 120_000;
interface Said extends Pick<Ended, 'code' | 'out' | 'err'> {
  readonly answer: Record<string, unknown>;
}

/**
 * A gateway in the background, which ends with the test, whatever it takes. What starts or stops it is a process of its own; what only
 * asks it is asked from here.
 */
async function gateway() {
  const home = temporaryHome();
  const own = (...argv: readonly string[]) => launch(argv, { QCC_HOME: home }).ended;
  const run = at(home);
  const json = async (...argv: readonly string[]): Promise<Said> => {
    const ended = await (argv[0] === 'proxy' && argv[1] !== 'status' ? own : run)(...argv, '--json');
    return { ...ended, answer: JSON.parse(ended.out || ended.err) as Record<string, unknown> };
  };
  const start = async () => (await json('proxy', 'start', '--port', '0')).answer['pid'] as number;
  const pid = await start();
  onTestFinished(async () => {
    await own('proxy', 'stop', '--timeout', '0');
  });
  const factsOf = async () =>
    (await run('history', '--since', '#1', '--json')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; at: string; type: string; data: Record<string, unknown> });
  return { home, own, run, json, start, pid, factsOf };
}

describe('concurrent starts and stops', () => {
  it('agree on one outcome, and report it truthfully', { timeout: patienceMs }, async () => {
    const env = { ...process.env, QCC_MAIN: main };
    const script = ['scripts/start-stop.mjs', '--rounds', '1'];
    const { status, stdout, stderr } = spawnSync(process.execPath, script, { encoding: 'utf8', env });
    const lines = stdout.trim().split('\n');
    // Broken promises are printed on lines of their own.
    expect([status, lines.filter((line) => !line.endsWith(': 1 of 1')), stderr]).toEqual([0, [], '']);
    expect(lines).toHaveLength(8);
  });
});

describe('a start that fails', () => {
  it('leaves no process behind, and the home free for the next start', { timeout: patienceMs }, async () => {
    const { home, json, own, factsOf } = await gateway();
    await own('proxy', 'stop');
    mkdirSync(join(home, 'qcc.sock'));
    const { code, answer } = await json('proxy', 'start', '--port', '0');
    expect({ code, answer }).toMatchObject({ code: 1, answer: { error: { code: 'QCC_SOCKET_BLOCKED' } } });
    rmSync(join(home, 'qcc.sock'), { recursive: true });
    expect((await json('proxy', 'start', '--port', '0')).code).toBe(0);
    expect((await factsOf()).map(({ type }) => type)).toEqual(['GatewayStarted', 'GatewayStopped', 'GatewayStarted']);
  });
});

describe('a gateway that does not answer', () => {
  it('is ended by signals, and each is reported', { timeout: patienceMs }, async () => {
    const { pid, json } = await gateway();
    process.kill(pid, 'SIGSTOP');
    const { code, answer, err } = await json('proxy', 'stop', '--timeout', '0');
    expect({ code, answer }).toEqual({ code: 0, answer: { stopped: true, drained: 0, cut: 0, forced: 'SIGKILL' } });
    expect(err).toMatch(new RegExp(`SIGTERM to pid ${pid}.*SIGKILL to pid ${pid}`, 's'));
    expect(isAlive(pid)).toBe(false);
  });

  it('is ended when its control socket is gone', { timeout: patienceMs }, async () => {
    const { home, pid, json, factsOf } = await gateway();
    rmSync(join(home, 'qcc.sock'));
    const { code, answer } = await json('proxy', 'stop');
    expect({ code, answer }).toMatchObject({ code: 0, answer: { stopped: true, forced: 'SIGTERM' } });
    expect(isAlive(pid)).toBe(false);
    expect((await factsOf()).at(-1)?.type).toBe('GatewayStopped');
  });
});

describe('after a kill of the gateway', () => {
  it('history, status and explain say until when the record is certain', {
    timeout: patienceMs,
  }, async () => {
    const { pid, own, run, json, start, factsOf } = await gateway();
    await run('add', 'work');
    process.kill(pid, 'SIGKILL');
    await start();
    const facts = await factsOf();
    const found = facts.find(({ type }) => type === 'GatewayFoundDead');
    const certainUntil = found?.data['certainUntil'] as number;
    expect(certainUntil).toBe(Date.parse(facts.find(({ type }) => type === 'ProfileAdded')?.at ?? ''));
    const until = new Date(certainUntil).toISOString();
    expect((await json('proxy', 'status')).answer).toMatchObject({ uncertain: { from: until } });
    expect((await run('proxy', 'status')).out + (await run('proxy', 'status')).err).toContain('was killed');
    expect((await run('history', '--type', 'GatewayFoundDead')).out).toContain('may be missing here');
    // A request that came to it, and of whose end nothing is on record.
    const hex = certainUntil.toString(16).padStart(12, '0');
    const request = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
    const { code, answer } = await json('history', 'explain', request);
    expect({ code, answer }).toMatchObject({ code: 5, answer: { error: { code: 'QCC_REQUEST_UNKNOWN' } } });
    expect(JSON.stringify(answer)).toContain(until);
    await own('proxy', 'restart');
    expect((await json('proxy', 'status')).answer).toMatchObject({ uncertain: null });
  });
});

/** The kernel refuses to let any file of the process grow beyond this, which acts as a full disk. */
function fill(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
}

const canFill = process.platform === 'linux' && existsSync('/usr/bin/prlimit');
// A number fits, a fact does not.
const fullBytes = 64;

describe.skipIf(!canFill)('a full disk', () => {
  it('lets no failed command take effect, not even later', { timeout: patienceMs }, async () => {
    const { pid, run, json, start, factsOf } = await gateway();
    await run('add', 'spare');
    await run('config', 'set', 'notify.window', '60');
    const shown = async () =>
      [
        await run('list', '--json'),
        await run('config', 'get', 'notify.window'),
        await run('priority', 'list', '--json'),
      ].map(({ out }) => out);
    const before = await shown();
    const facts = await factsOf();
    fill(pid, fullBytes);
    const changed = [
      ['add', 'third', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-dummy-of-a-test-0123'],
      ['config', 'set', 'notify.window', '77'],
      ['remove', 'spare', '--yes'],
      ['priority', 'policy', '--cooldown', '99'],
      ['priority', 'set', 'spare', 'fallback'],
      ['config', 'snapshot'],
    ];
    for (const argv of changed) expect({ argv, code: (await run(...argv)).code }).toEqual({ argv, code: 1 });
    expect(await shown()).toEqual(before);
    fill(pid, 'unlimited');
    expect((await json('proxy', 'stop')).code).toBe(0);
    await start();
    expect(await shown()).toEqual(before);
    const after = await factsOf();
    expect(after.slice(0, facts.length)).toEqual(facts);
    expect(after.slice(facts.length).map(({ type }) => type)).toEqual(['GatewayStopped', 'GatewayStarted']);
  });

  it('does not stop the gateway, and facts that were not written are reported', { timeout: patienceMs }, async () => {
    const { pid, json, start, factsOf } = await gateway();
    fill(pid, fullBytes);
    const { code, answer, err } = await json('proxy', 'stop');
    expect({ code, answer }).toEqual({
      code: 0,
      answer: { stopped: true, drained: 0, cut: 0, unwritten: { facts: 1, since: expect.any(String) } },
    });
    expect(err).toContain('facts that could not be written to the disk');
    expect(isAlive(pid)).toBe(false);
    await start();
    const facts = await factsOf();
    // It ended in order: it was not found dead.
    expect(facts.map(({ type }) => type)).toEqual(['GatewayStarted', 'FactsLost', 'GatewayStopped', 'GatewayStarted']);
    expect(facts[1]?.data).toMatchObject({ from: 2, to: 2, since: Date.parse(facts[0]?.at ?? '') });
  });
});
