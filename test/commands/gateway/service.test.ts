import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

/** A user with a systemctl that writes down what it is told, and fails where it shall: always, or while the unit wants something. */
function user(fails = '', whileIn = '') {
  const home = temporaryHome();
  const root = dirname(home);
  mkdirSync(join(root, 'bin'));
  const program = join(root, 'bin', 'systemctl');
  const told = `${program}.told`;
  const only = whileIn === '' ? '' : `grep -qs ${whileIn} "$HOME"/.config/systemd/user/*.service || exit 0;`;
  const failure = fails === '' ? '' : `case "$*" in *${fails}*) ${only} echo "no bus" >&2; exit 1;; esac\n`;
  writeFileSync(program, `#!/bin/sh\necho "$*" >> "$0.told"\n${failure}`);
  chmodSync(program, 0o755);
  const run = at(home, { HOME: root, PATH: `${join(root, 'bin')}:/usr/bin:/bin` });
  return { root, run, told: () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []) };
}

interface Installed {
  readonly file: string;
  readonly name: string;
}

describe.skipIf(process.platform !== 'linux')('proxy install-service', () => {
  it('writes the unit, and has systemd run it', async () => {
    const { root, run, told } = user();
    const { code, out } = await run('proxy', 'install-service', '--json');
    const { file, name } = JSON.parse(out) as Installed;
    expect({ code, out: JSON.parse(out) }).toMatchObject({ code: 0, out: { kind: 'systemd', started: true } });
    expect(file.startsWith(join(root, '.config', 'systemd', 'user'))).toBe(true);
    expect(JSON.parse(out)).toMatchObject({ confined: true });
    expect(readFileSync(file, 'utf8')).toContain('ProtectSystem=strict');
    expect(told()).toEqual(['--user daemon-reload', `--user enable --now ${name}`]);
  });

  it('--print shows the unit, and changes nothing', async () => {
    const { root, run, told } = user();
    const { code, out } = await run('proxy', 'install-service', '--print');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('[Service]') });
    expect(out).toMatch(/^ExecStart=\S+ "--v8-pool-size=1" /m);
    expect([existsSync(join(root, '.config')), told()]).toEqual([false, []]);
  });

  it('--uninstall stops the unit and removes it, once', async () => {
    const { run, told } = user();
    const { file, name } = (await run('proxy', 'install-service', '--json')).json() as Installed;
    const { code } = await run('proxy', 'install-service', '--uninstall');
    expect([code, existsSync(file)]).toEqual([0, false]);
    expect(told().slice(2)).toEqual([`--user disable --now ${name}`, '--user daemon-reload']);
    const again = await run('proxy', 'install-service', '--uninstall', '--json');
    expect({ code: again.code, said: JSON.parse(again.err).error.code }).toEqual({
      code: 5,
      said: 'QCC_SERVICE_MISSING',
    });
  });

  it('names the command that failed, and keeps the unit so that the user can run it by hand', async () => {
    const { run } = user('enable');
    const { code, out, err } = await run('proxy', 'install-service', '--json');
    const { file, name } = JSON.parse(out) as Installed;
    expect([code, existsSync(file)]).toEqual([1, true]);
    const { error } = JSON.parse(err) as { error: { code: string; message: string; hint: string } };
    expect(error).toEqual({
      code: 'QCC_SERVICE_FAILED',
      message: `systemctl --user enable --now ${name} failed: no bus`,
      hint: `systemctl --user enable --now ${name}`,
    });
  });

  it('omits confinement that a kernel without user namespaces cannot provide, and says so', async () => {
    const { run, told } = user('enable', 'ProtectSystem');
    const { code, out, err } = await run('proxy', 'install-service', '--json');
    const { file, name } = JSON.parse(out) as Installed;
    expect({ code, out: JSON.parse(out) }).toMatchObject({ code: 0, out: { started: true, confined: false } });
    expect(err).toContain('namespaces');
    expect(readFileSync(file, 'utf8')).not.toContain('ProtectSystem');
    const started = ['--user daemon-reload', `--user enable --now ${name}`];
    expect(told()).toEqual([...started, `--user reset-failed ${name}`, ...started]);
  });

  it('keeps confinement when it was not what failed', async () => {
    const { run } = user('enable');
    const { file } = JSON.parse((await run('proxy', 'install-service', '--json')).out) as Installed;
    expect(readFileSync(file, 'utf8')).toContain('ProtectSystem=strict');
  });

  it('refuses a home that would add a directive of its own, and writes nothing', async () => {
    const { root, run } = user();
    const said = await at(`${root}/q\nExecStartPre=/bin/evil`, { HOME: root, PATH: '/usr/bin:/bin' })(
      'proxy',
      'install-service',
      '--print',
      '--json',
    );
    expect([said.code, said.out]).toEqual([2, '']);
    expect(JSON.parse(said.err).error.code).toBe('QCC_SERVICE_CONTROL');
    expect([existsSync(join(root, '.config')), (await run('proxy', 'status')).code]).toEqual([false, 3]);
  });

  it('accepts only one of --print and --uninstall', async () => {
    expect((await user().run('proxy', 'install-service', '--print', '--uninstall')).code).toBe(2);
  });
});
