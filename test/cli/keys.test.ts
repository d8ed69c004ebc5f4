import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const masked = 'sk-ant…stuv';
const address = ['--base-url', 'http://127.0.0.1:9'];

afterEach(() => {
  vi.restoreAllMocks();
});

function typed(text: string): void {
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(text)]) as typeof process.stdin);
}

async function withProfile(env: Readonly<Record<string, string>> = {}) {
  const home = temporaryHome();
  const run = at(home, env);
  await run('add', 'work');
  return { home, run };
}

describe('a key', () => {
  it('comes from a variable by its name, with no word about it', async () => {
    const { run } = await withProfile({ MY_KEY: key });
    const ran = await run('endpoint', 'add', 'work', ...address, '--api-key-env', 'MY_KEY', '--json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.json()).toMatchObject({ key: masked });
  });

  it.each([
    ['a line', `${key}\n`],
    ['a line of Windows', `${key}\r\n`],
    ['a text without an end of line', key],
    ['the first line of several', `${key}\nand more\n`],
  ])('comes from stdin: %s', async (_, text) => {
    const { run } = await withProfile();
    typed(text);
    const ran = await run('endpoint', 'add', 'work', ...address, '--api-key-stdin', '--json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.json()).toMatchObject({ key: masked });
  });

  it('on the command line works, with a warning that does not repeat it', async () => {
    const { run } = await withProfile();
    const ran = await run('endpoint', 'add', 'work', ...address, '--api-key', key, '--json');
    expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('shell history') });
    expect(ran.err).not.toContain(key);
    expect(ran.json()).toMatchObject({ key: masked });
  });

  it('that is not there is a usage error', async () => {
    const { run } = await withProfile({ EMPTY: '' });
    const add = ['endpoint', 'add', 'work', ...address];
    typed('\n');
    expect(await run(...add, '--api-key-stdin')).toMatchObject({ code: 2, err: expect.stringContaining('stdin') });
    for (const name of ['EMPTY', 'NOT_THERE'])
      expect(await run(...add, '--api-key-env', name)).toMatchObject({ code: 2, err: expect.stringContaining(name) });
    expect(await run(...add)).toMatchObject({ code: 2, err: expect.stringContaining('--api-key-stdin') });
    expect((await run('endpoint', 'list', 'work', '--json')).json()).toEqual({ profile: 'work', endpoints: [] });
  });

  it('shows in no output of any command, and in no file', async () => {
    const { home, run } = await withProfile({ MY_KEY: key });
    const added = await run('endpoint', 'add', 'work', ...address, '--api-key-env', 'MY_KEY', '--json');
    const { id } = added.json() as { id: string };
    const file = join(home, '..', 'export.json');
    const spoken: string[] = [];
    for (const command of [
      ['endpoint', 'list', 'work', '--verbose'],
      ['endpoint', 'disable', 'work', id],
      ['endpoint', 'enable', 'work', id],
      ['history'],
      ['debug'],
      ['health', 'status'],
      ['config', 'list'],
      ['config', 'export', file],
      ['env'],
      ['endpoint', 'remove', 'work', id, '--yes'],
    ]) {
      for (const form of [[], ['--json']]) {
        const { out, err } = await run(...command, ...form);
        spoken.push(out, err);
      }
    }
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(files.length).toBeGreaterThan(1);
    expect([...spoken, ...written, readFileSync(file, 'utf8')].filter((text) => text.includes(key))).toEqual([]);
  });

  it('that is short shows nothing of itself', async () => {
    const { run } = await withProfile({ MY_KEY: 'short-key-12345' });
    const { out } = await run('endpoint', 'add', 'work', ...address, '--api-key-env', 'MY_KEY', '--json');
    expect(out).not.toMatch(/short|2345/);
  });
});

describe('a setting that is a secret', () => {
  const url = 'https://hooks.example.com/services/very-secret';

  it('comes from stdin, and is shown by its host alone', async () => {
    const { run } = await withProfile();
    typed(`${url}\n`);
    const ran = await run('config', 'set', 'notify.webhook', '-', '--json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.json()).toMatchObject({ value: 'https://hooks.example.com/…' });
  });

  it('on the command line works, with a warning that does not repeat it', async () => {
    const { run } = await withProfile();
    const ran = await run('config', 'set', 'notify.webhook', url);
    expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('shell history') });
    expect(ran.out + ran.err).not.toContain('very-secret');
    expect(await run('config', 'set', 'notify.webhook', '')).toMatchObject({ code: 0, err: '' });
  });
});
