/** Hints carry real names: what is typed next can be copied. Without a profile, it is the set-up. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const relay = ['--base-url', 'http://127.0.0.1:9', '--api-key', key, '--name', 'relay', '--no-test'];

describe('a hint', () => {
  it('begins with the set-up where there is no profile', async () => {
    const run = at(temporaryHome());
    for (const typed of ['list', 'use', 'priority switch', 'endpoint list work', 'health test'])
      expect([typed, (await run(...typed.split(' '))).err]).toEqual([typed, expect.stringContaining('  qcc init')]);
  });

  it('names a profile that is there, and what was typed', async () => {
    const run = at(temporaryHome());
    await run('add', 'work');
    for (const [typed, hint] of [
      ['use', 'qcc use work, or qcc use --restore'],
      ['use spare --restore', 'qcc use --restore, or qcc use spare'],
      ['priority switch', 'qcc priority switch work, or --release'],
      ['priority switch work --release', 'qcc priority switch --release, or qcc priority switch work'],
      ['priority set work third', 'qcc priority set work primary'],
      ['config rollback s3 --last', 'qcc config rollback --last, or qcc config rollback s3'],
      ['use work', 'qcc endpoint add work'],
      ['health test', 'qcc endpoint add work'],
    ] as const)
      expect([typed, (await run(...typed.split(' '))).err]).toEqual([typed, expect.stringContaining(`  ${hint}\n`)]);
  });

  it('says which profile or endpoint may be meant by a name that is none', async () => {
    const run = at(temporaryHome());
    await run('add', 'work');
    await run('add', 'spare');
    await run('endpoint', 'add', 'work', ...relay);
    for (const [typed, hint] of [
      ['remove wrok --yes', 'did you mean work? there are: work, spare'],
      ['remove zzzzzz --yes', 'there are: work, spare'],
      ['endpoint disable work realy', 'did you mean relay? qcc endpoint list work'],
      ['health reset relya', 'did you mean relay? qcc health status'],
      ['debug relya', 'did you mean relay? qcc debug'],
      ['health reset ffffffff', 'qcc health status'],
      ['remove wrok --yes --lang zh-CN', '您是不是想用 work？现有：work、spare'],
      ['health reset relya --lang zh-CN', '您是不是想用 relay？qcc health status'],
    ] as const)
      expect([typed, (await run(...typed.split(' '))).err]).toEqual([typed, expect.stringContaining(`\n  ${hint}\n`)]);
  });

  it('names the endpoint that was disabled, and its profile', async () => {
    const run = at(temporaryHome());
    await run('add', 'work');
    await run('endpoint', 'add', 'work', ...relay);
    await run('endpoint', 'disable', 'work', 'relay');
    expect((await run('debug', 'endpoint')).out).toContain('when it is enabled again: qcc endpoint enable work relay');
    expect((await run('debug', 'endpoint', '--lang', 'zh-CN')).out).toContain(
      '重新启用：qcc endpoint enable work relay',
    );
  });

  it('names the file that was to be imported', async () => {
    const home = temporaryHome();
    const file = join(dirname(home), 'all.json');
    const open = at(home, { QCC_PASSPHRASE: 'one' });
    await open('add', 'work');
    await open('endpoint', 'add', 'work', ...relay);
    await open('config', 'export', file);
    // Without its key the endpoint cannot be taken.
    const other = at(`${home}2`, {});
    const partial = await other('config', 'import', file, '--yes');
    expect([partial.code, partial.err]).toEqual([
      expect.any(Number),
      expect.stringContaining(`qcc config import ${file} --partial`),
    ]);
    await open('config', 'export', file, '--with-secrets');
    const wrong = await at(`${home}2`, { QCC_PASSPHRASE: 'two' })('config', 'import', file, '--yes');
    expect(wrong.err).toContain(`QCC_PASSPHRASE=… qcc config import ${file}\n`);
  });

  it('of the doctor points Claude Code to a profile that is there', async () => {
    const home = temporaryHome();
    const run = at(home, { CLAUDE_CONFIG_DIR: dirname(home), HOME: dirname(home) });
    writeFileSync(
      join(dirname(home), 'settings.json'),
      JSON.stringify({ env: { ANTHROPIC_BASE_URL: 'https://relay.example.com/v1' } }),
    );
    await run('add', 'work');
    expect((await run('config', 'doctor')).out).toContain('\n    qcc use work --apply\n');
  });
});
