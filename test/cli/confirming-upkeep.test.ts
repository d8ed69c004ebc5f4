/** The confirmation of what a command has done to the gateway, to settings and to files: the result, and the next command with real names. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runGateway } from '../../src/gateway/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

// A gateway in the background is the built program. Here it runs in this process; all that is told of it is real.
vi.mock('../../src/commands/gateway/daemon.ts', async (original) => ({
  ...(await original<typeof import('../../src/commands/gateway/daemon.ts')>()),
  startDaemon: async ({ home }: { readonly home: string }) => {
    const gateway = await runGateway({ home, host: '127.0.0.1', port: 0 });
    onTestFinished(async () => void (await gateway.stop(0)));
    const { url, host, port, pid } = gateway;
    return { url, host, port, pid, home, found: gateway.found() };
  },
}));

const { isTTY, columns } = process.stdout;
beforeEach(() => {
  process.stdout.isTTY = true;
});
afterEach(() => {
  process.stdout.isTTY = isTTY;
  process.stdout.columns = columns;
});

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const relay = ['--base-url', 'http://127.0.0.1:9', '--api-key', key, '--name', 'relay', '--no-test'];

/** Its folder, too: what is written there is printed as a path. */
function someone() {
  const home = temporaryHome();
  const root = dirname(home);
  const run = at(home, { TERM: 'dumb', HOME: root, PATH: `${join(root, 'bin')}:/usr/bin:/bin` });
  const told = async (...argv: readonly string[]) => {
    const { code, out, err } = await run(...argv);
    expect([argv, code, err]).toEqual([argv, 0, expect.anything()]);
    return out
      .replaceAll(root, '/root')
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
      .replaceAll(`pid ${process.pid}`, 'pid PID')
      .replaceAll(/[\d.]+ (B|kB)\b/g, 'N $1');
  };
  return { home, root, run, told };
}

describe('a change at a terminal', () => {
  it('of the gateway is confirmed with what makes use of it', async () => {
    const { told } = someone();
    const answers = 'the gateway answers on http://127.0.0.1:PORT, pid PID';
    const stopped = '✓ the gateway has stopped, no request was cut off - start it again: qcc proxy start\n';
    expect(await told('proxy', 'start')).toBe(`✓ ${answers} - next: qcc init\n`);
    await told('add', 'work');
    expect(await told('proxy', 'stop')).toBe(stopped);
    expect(await told('proxy', 'start')).toBe(`✓ ${answers} - next: qcc endpoint add work\n`);
    await told('endpoint', 'add', 'work', ...relay);
    expect(await told('proxy', 'restart')).toBe(`✓ ${answers} - see: qcc status\n`);
    expect(await told('proxy', 'stop')).toBe(stopped);
    expect(await told('proxy', 'start', '--lang', 'zh-CN')).toBe(
      '✓ 网关已在 http://127.0.0.1:PORT 应答，pid PID - 下一步：qcc code\n',
    );
  });

  it('of settings names those that were set, and their values', async () => {
    const { told } = someone();
    expect(await told('health', 'config', '--interval', '45s', '--min-checks', '3')).toBe(
      '✓ health.check_interval = 45, health.min_checks = 3 - see: qcc health config\n',
    );
    expect(await told('queue', 'config', '--max-size', '200', '--disable')).toBe(
      '✓ queue.enabled = false, queue.max_size = 200 - see: qcc queue config\n',
    );
    expect(await told('priority', 'policy', '--cooldown', '10s', '--no-auto-recovery')).toBe(
      '✓ failover.auto_recovery = false, failover.cooldown = 10 - see: qcc priority policy\n',
    );
    // Asked without a change, they are the tables that they were.
    expect(await told('queue', 'config')).toMatch(/^ +value\nqueue\.enabled +false\n/);
  });

  it('of the queue counts what it was about', async () => {
    const { told } = someone();
    await told('add', 'work');
    expect(await told('queue', 'clear')).toBe('✓ there was nothing to clear in the queue - see: qcc queue list\n');
    expect(await told('queue', 'retry-all')).toBe('✓ nothing in the queue is to be retried - see: qcc queue list\n');
  });

  it('of an endpoint that recovers names it, and its test', async () => {
    const { told } = someone();
    await told('add', 'work');
    await told('endpoint', 'add', 'work', ...relay);
    expect(await told('health', 'reset', 'relay')).toBe(
      '✓ relay in work: healthy - test: qcc endpoint test work relay\n',
    );
  });

  it('is a table of all settings into a pipe', async () => {
    const { told } = someone();
    process.stdout.isTTY = false;
    expect(await told('queue', 'config', '--disable')).toMatch(/^ +value\nqueue\.enabled +false\n/);
  });

  it('of the whole configuration says what it is now, and how to go back', async () => {
    const { told } = someone();
    await told('add', 'work');
    expect(await told('config', 'snapshot', 'a good day')).toBe(
      '✓ s3 holds the configuration as it is now: a good day - go back to it: qcc config rollback s3\n',
    );
    await told('config', 'set', 'queue.hold', '9');
    expect(await told('config', 'rollback', 's3', '--yes')).toBe(
      '- settings/queue.hold  9\n✓ the configuration is as it was at s3: 1 change made - to undo it: qcc config rollback --last\n',
    );
  });

  it('into a file says what the file holds, and what reads it', async () => {
    const { root, told } = someone();
    await told('add', 'work');
    await told('config', 'set', 'queue.hold', '9');
    expect(await told('config', 'export', join(root, 'qcc.json'))).toBe(
      '✓ /root/qcc.json holds 1 profile and 1 setting, without keys - import it: qcc config import /root/qcc.json\n',
    );
    // What is printed can be copied, whatever the file is called.
    expect(await told('config', 'export', join(root, 'my file.json'))).toContain(
      "qcc config import '/root/my file.json'\n",
    );
    await told('config', 'reset', 'queue.hold');
    expect(await told('config', 'import', join(root, 'qcc.json'), '--yes')).toBe(
      '+ settings/queue.hold  9\n✓ the import is done: 1 change made - to undo it: qcc config rollback --last\n',
    );
    expect(await told('config', 'backup', join(root, 'b.tgz'))).toMatch(
      /^✓ \/root\/b\.tgz holds the whole home: \d+ facts, N kB - restore it: QCC_HOME=\/root\/q-2 qcc config restore \/root\/b\.tgz\n$/,
    );
    expect(await told('history', 'export', '--incident', join(root, 'i.ndjson'))).toMatch(
      /^✓ \/root\/i\.ndjson holds \d+ facts, without .* - query it: qcc incidents --from-log \/root\/i\.ndjson\n$/,
    );
    expect(await told('config', 'audit', '--export', join(root, 'a.csv'))).toMatch(
      /^✓ \/root\/a\.csv holds \d+ entries\n$/,
    );
    expect(await told('proxy', 'stats', '--export', join(root, 's.json'))).toMatch(/✓ \/root\/s\.json holds 0 rows\n$/);
    const other = at(join(root, 'other'), { TERM: 'dumb' });
    expect((await other('config', 'restore', join(root, 'b.tgz'))).out.replaceAll(root, '/root')).toMatch(
      /^✓ \/root\/other is restored, with \d+ facts - next: qcc proxy start\n$/,
    );
  });

  it('of the history says what is left, and where to look', async () => {
    const { told } = someone();
    await told('add', 'work');
    expect(await told('history', 'compact')).toMatch(/^✓ 0 old facts removed, .* - see: qcc history stats\n$/);
  });

  it("of Claude Code's settings can be taken back, and put back", async () => {
    const { told } = someone();
    await told('add', 'work');
    await told('endpoint', 'add', 'work', ...relay);
    await told('use', 'work', '--apply');
    expect(await told('use', '--restore')).toBe(
      '✓ what qcc had changed in /root/.claude/settings.json is restored - to undo it: qcc use work --apply\n',
    );
  });

  it.skipIf(process.platform !== 'linux')('of the service says how to take it back', async () => {
    const { root, told } = someone();
    mkdirSync(join(root, 'bin'));
    const systemctl = join(root, 'bin', 'systemctl');
    writeFileSync(systemctl, '#!/bin/sh\n');
    chmodSync(systemctl, 0o755);
    expect(await told('proxy', 'install-service')).toMatch(
      /^✓ \S+\.service is running, and starts when you log in: \/root\/\S+ - to undo it: qcc proxy install-service --uninstall\n$/,
    );
    expect(await told('proxy', 'install-service', '--uninstall')).toMatch(
      /^✓ the service is stopped, and its file removed: \/root\/\S+ - start it again: qcc proxy start\n$/,
    );
  });
});
