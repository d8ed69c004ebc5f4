import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { charts } from '../../machines/chart.ts';
import { complete, kinds } from '../../src/cli/complete.ts';
import { settingKeys } from '../../src/config/settings/settings.ts';
import { temporaryHome } from '../support/home.ts';
import { main } from './built.ts';
import { at, qcc } from './command.ts';

const key = 'sk-ant-REDACTED';

async function home() {
  const place = temporaryHome();
  const run = at(place);
  await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', key);
  await run('add', 'relay');
  await run('add', '工作');
  const { endpoints } = (await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string }[] };
  const offered = async (...words: readonly string[]) => {
    const said = await complete([...words.slice(0, -1), `=${words.at(-1)}`], { QCC_HOME: place });
    return said.map((line) => line.split('\t')[0] ?? '');
  };
  return { place, run, offered, id: endpoints[0]?.id ?? '' };
}

describe('completion', () => {
  it('offers commands, sub-commands and flags, with their descriptions', async () => {
    const { place, offered } = await home();
    expect(await offered('pro')).toEqual(['proxy']);
    expect(await offered('proxy', 'st')).toEqual(['start', 'stop', 'status', 'stats']);
    expect(await offered('proxy', 'start', '--p')).toEqual(['--port']);
    expect(await complete(['=hist'], { QCC_HOME: place })).toEqual(['history\tshow what happened, and explain why']);
    expect(await complete(['=hist'], { QCC_HOME: place, LANG: 'zh_CN.UTF-8' })).toEqual([
      'history\t查看发生过什么，以及原因',
    ]);
  });

  it('offers profiles, and the endpoints of the profile that was named', async () => {
    const { offered, id } = await home();
    expect(await offered('use', '')).toEqual(['work', 'relay', '工作']);
    expect(await offered('use', '工')).toEqual(['工作']);
    expect(await offered('endpoint', 'test', 'work', '')).toEqual([id]);
    expect(await offered('endpoint', 'test', 'relay', '')).toEqual([]);
    expect(await offered('debug', id.slice(0, 2))).toEqual([id]);
    expect(await offered('health', 'reset', '')).toEqual([id]);
    expect(await offered('history', 'explain', '')).toEqual([id]);
  });

  it('follows additions and removals, and stores nothing but names', async () => {
    const { run, offered } = await home();
    await run('add', 'newer');
    await run('remove', 'work', '--yes');
    expect(await offered('use', '')).toEqual(['relay', '工作', 'newer']);
  });

  it('offers the snapshots of the configuration, newest first, with their descriptions', async () => {
    const { place, run, offered } = await home();
    expect(await offered('config', 'rollback', '')).toEqual([]);
    await run('config', 'snapshot', 'before the relay');
    await run('config', 'snapshot');
    const { snapshots } = (await run('config', 'snapshots', '--json')).json() as { snapshots: { id: string }[] };
    const ids = snapshots.map(({ id }) => id);
    expect(ids).toHaveLength(2);
    for (const words of [['rollback'], ['diff'], ['diff', ids[1] ?? '']])
      expect([words, await offered('config', ...words, '')]).toEqual([words, ids]);
    expect(await complete(['config', 'rollback', `=${ids[1]}`], { QCC_HOME: place })).toEqual([
      `${ids[1]}\tbefore the relay`,
    ]);
  });

  it('offers the values of a flag or an argument', async () => {
    const { offered } = await home();
    expect(await offered('--lang', '')).toEqual(['en', 'zh-CN']);
    expect(await offered('priority', 'set', 'work', '')).toEqual(['primary', 'secondary', 'fallback', 'none']);
    expect(await offered('endpoint', 'add', 'relay', '-f', '')).toEqual(['work', 'relay', '工作']);
    expect(await offered('fc', '--preset', 'anth')).toContain('anthropic');
    expect(await offered('config', 'get', 'proxy.po')).toEqual(['proxy.port']);
    expect(await offered('config', 'set', '')).toEqual(settingKeys);
    expect(await offered('config', 'set', 'queue.strategy', '')).toEqual(['exponential', 'fixed', 'immediate']);
    expect(await offered('config', 'set', 'failover.auto', 't')).toEqual(['true']);
    expect(await offered('config', 'set', 'failover.cooldown', '')).toEqual([]);
    expect(await offered('config', 'describe', 'proxy.po')).toEqual(['proxy.port']);
    expect(await offered('history', '--type', 'EndpointF')).toEqual(['EndpointFailed']);
    expect(await offered('queue', 'list', '--state', 'wait')).toEqual(['waiting']);
    expect(await offered('config', 'audit', '--by', 'cl')).toEqual(['cli']);
    expect(await offered('completion', 'z')).toEqual(['zsh']);
    expect(await offered('debug', 'chart', 'e')).toContain('endpoint');
  });

  it('offers nothing for files, other programs and unknown commands', async () => {
    const { offered } = await home();
    for (const words of [
      ['config', 'export', ''],
      ['code', '--', ''],
      ['add', '--description', ''],
      ['nonsense', ''],
      ['add', ''],
      ['queue', 'retry', ''],
    ])
      expect([words, await offered(...words)]).toEqual([words, []]);
  });

  it('offers the kinds of machines', () => {
    expect([...kinds].sort()).toEqual(Object.keys(charts).sort());
  });

  it('offers commands even without a home', async () => {
    expect((await complete(['=demo'], { QCC_HOME: '/nowhere/qcc' })).join()).toContain('demo');
    expect(await complete(['use', '='], { QCC_HOME: '/nowhere/qcc' })).toEqual([]);
  });
});

describe('qcc completion', () => {
  it.each(['bash', 'zsh', 'fish', 'pwsh'])('%s prints a script that asks qcc', async (shell) => {
    const { code, out } = await qcc(['completion', shell]);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('qcc __complete') });
    expect((await qcc(['completion', shell, '--json'])).json()).toEqual({ shell, script: out.trimEnd() });
  });

  it('rejects another shell, and names the supported ones', async () => {
    const { code, err } = await qcc(['completion', 'tcsh']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('bash, zsh, fish, pwsh') });
  });

  // Only a real shell and the real program show it: what a description follows must not end up in the command line.
  it.skipIf(process.platform === 'win32')('works in bash', async () => {
    const { place, run } = await home();
    await run('config', 'snapshot', 'before the relay');
    const { out } = await qcc(['completion', 'bash']);
    const bin = join(dirname(temporaryHome()), 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'qcc'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    chmodSync(join(bin, 'qcc'), 0o755);
    const typed = (words: string, at: number) =>
      `COMP_WORDS=(${words}) COMP_CWORD=${at}\n_qcc\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const script = [out, typed('qcc hist', 1), typed('qcc use ""', 2), typed('qcc config rollback ""', 3)].join('\n');
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
      encoding: 'utf8',
      env: { PATH: `${bin}:${process.env['PATH']}`, QCC_HOME: place, QCC_KEYCHAIN: 'off', LC_ALL: 'C.UTF-8' },
    });
    expect({ stdout, stderr }).toEqual({
      stdout: expect.stringMatching(/^history\nwork\nrelay\n工作\ns\d+\n$/),
      stderr: '',
    });
  });
});
