/** Files that the program creates under a permissive umask: all of them are accessible to their owner alone. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runGateway } from '../../src/gateway/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const permissionBits = 0o777;

describe.skipIf(process.platform === 'win32')('under a permissive umask', () => {
  it('every command makes files and folders that only their owner can open', async () => {
    const home = temporaryHome();
    const root = dirname(home);
    const made = join(root, 'made');
    const bin = join(root, 'bin');
    for (const folder of [made, bin]) mkdirSync(folder);
    writeFileSync(join(bin, 'systemctl'), '#!/bin/sh\n');
    writeFileSync(join(bin, 'claude'), '#!/bin/sh\necho > "$0.ran"\n');
    for (const name of ['systemctl', 'claude']) chmodSync(join(bin, name), 0o755);
    const env = {
      HOME: made,
      PATH: `${bin}:/usr/bin:/bin`,
      KEY: 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv',
      QCC_PASSPHRASE: 'correct horse battery',
    };
    const own = join(made, 'not', 'yet', 'q');
    const run = at(own, env);
    const before = process.umask(0);
    onTestFinished(() => {
      process.umask(before);
    });
    const done = async (...argv: readonly string[]) => {
      // Each command is a process of its own, with the user's umask.
      process.umask(0);
      const { code, err } = await run(...argv);
      expect([argv, code, code === 0 ? '' : err]).toEqual([argv, 0, '']);
    };
    await done('add', 'work', '--tier', 'primary');
    await done('endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key-env', 'KEY');
    await done('config', 'snapshot', 'before');
    await done('config', 'export', join(made, 'plain.json'));
    await done('config', 'export', join(made, 'sealed.json'), '--with-secrets');
    await done('config', 'backup', join(made, 'backup.tar.gz'));
    await done('config', 'audit', '--export', join(made, 'audit.csv'));
    await done('history', 'export', '--incident', join(made, 'incident'));
    await done('history', 'compact');
    await done('history', 'repair');
    process.umask(0);
    const gateway = await runGateway({ home: own, port: 0 });
    const asked = await fetch(`${gateway.url}/v1/messages`, { method: 'POST', body: '{"model":"m","messages":[]}' });
    await asked.text();
    await done('proxy', 'stats', '--export', join(made, 'health.json'));
    await done('use', 'work', '--apply');
    await done('code');
    expect(lstatSync(join(bin, 'claude.ran')).isFile()).toBe(true);
    // Its socket and its logs while it runs.
    expect(openToOthers(made)).toEqual([]);
    await gateway.stop(0);
    await gateway.stopped;
    await done('proxy', 'install-service');
    process.umask(0);
    const restored = await at(join(made, 'restored', 'q'), env)('config', 'restore', join(made, 'backup.tar.gz'));
    expect(restored.code).toBe(0);
    expect(openToOthers(made)).toEqual([]);
    const names = readdirSync(made, { recursive: true, encoding: 'utf8' });
    expect(names).toEqual(expect.arrayContaining(['.claude/settings.json', 'not/yet/q/vault.json', 'backup.tar.gz']));
    expect(names.some((name) => name.endsWith('.service'))).toBe(true);
  });
});

/** Everything in a folder that others may read, write or enter. A link is what it leads to. */
function openToOthers(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const stats = lstatSync(join(folder, name));
    const mode = stats.mode & permissionBits;
    return stats.isSymbolicLink() || (mode & 0o077) === 0 ? [] : [`${mode.toString(8)} ${name}`];
  });
}
