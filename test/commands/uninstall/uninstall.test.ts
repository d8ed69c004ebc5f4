/** The end: everything that qcc has changed is as it was, and nothing else has gone. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../cli/built.ts';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

async function pointedHere() {
  const home = temporaryHome();
  const root = dirname(home);
  const file = join(root, '.claude', 'settings.json');
  const before = '{\n  // mine\n  "theme": "dark"\n}\n';
  mkdirSync(dirname(file));
  writeFileSync(file, before);
  const run = at(home, { HOME: root });
  await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef');
  await run('use', 'work', '--apply');
  expect(readFileSync(file, 'utf8')).toContain('ANTHROPIC_BASE_URL');
  return { home, root, file, before, run };
}

describe('qcc uninstall', () => {
  it('restores Claude Code’s settings, and removes the home with all keys', async () => {
    const { home, file, before, run } = await pointedHere();
    const ran = await run('uninstall', '--yes', '--json');
    expect(ran.json()).toEqual({
      restored: true,
      stopped: false,
      service: false,
      removed: true,
      files: [file],
      left: [],
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(existsSync(home)).toBe(false);
  });

  it('restores other folders that were ever pointed here, too', async () => {
    const { root, home, run } = await pointedHere();
    const other = join(root, 'other');
    await at(home, { HOME: root, CLAUDE_CONFIG_DIR: other })('use', 'work', '--apply');
    expect(existsSync(join(other, 'settings.json'))).toBe(true);
    await run('uninstall', '--yes');
    expect(existsSync(join(other, 'settings.json'))).toBe(false);
  });

  it('asks before it removes the home, and keeps it when told to', async () => {
    const { home, file, before, run } = await pointedHere();
    const asked = await run('uninstall');
    expect([asked.code, asked.out, existsSync(home)]).toEqual([2, '', true]);
    expect(asked.err).toContain('--yes');
    expect(readFileSync(file, 'utf8')).not.toBe(before);
    expect((await run('uninstall', '--keep-home', '--json')).json()).toMatchObject({ restored: true, removed: false });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect((await run('list', '--json')).json()).toMatchObject({ profiles: [{ name: 'work' }] });
  });

  it('stops the gateway that runs', async () => {
    const { home, root, run } = await pointedHere();
    const gateway = fork(main, ['proxy', 'run', '--port', '0'], {
      env: { ...process.env, QCC_HOME: home, HOME: root },
    });
    const ended = once(gateway, 'exit');
    await once(gateway, 'message');
    expect((await run('uninstall', '--yes', '--json')).json()).toMatchObject({ stopped: true, removed: true });
    expect((await ended)[0]).toBe(0);
    expect(existsSync(home)).toBe(false);
  });

  it('keeps files that qcc has not made, and the folder around them', async () => {
    const { home, run } = await pointedHere();
    writeFileSync(join(home, 'my-notes.txt'), 'mine');
    const ran = await run('uninstall', '--yes');
    expect(ran.err).toContain('my-notes.txt');
    expect(readdirSync(home)).toEqual(['my-notes.txt']);
  });

  it('goes on when the keys can no longer be decrypted, and reports what was not restored', async () => {
    const { home, run } = await pointedHere();
    rmSync(join(home, 'master.key'));
    const ran = await run('uninstall', '--yes');
    expect([ran.code, existsSync(home)]).toEqual([0, false]);
    expect(ran.err).toContain("Claude Code's settings were not restored");
  });

  it('does nothing where qcc was never used, and creates no home', async () => {
    const home = temporaryHome();
    const ran = await at(home, { HOME: dirname(home) })('uninstall', '--json');
    expect([ran.code, ran.json()]).toMatchObject([0, { restored: false, stopped: false, removed: false }]);
    expect(existsSync(home)).toBe(false);
  });
});
