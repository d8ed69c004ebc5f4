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
  it('is read from a variable by its name, without a warning', async () => {
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
  ])('is read from stdin: %s', async (_, text) => {
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

  it('that is missing is a usage error', async () => {
    const { run } = await withProfile({ EMPTY: '' });
    const add = ['endpoint', 'add', 'work', ...address];
    typed('\n');
    expect(await run(...add, '--api-key-stdin')).toMatchObject({ code: 2, err: expect.stringContaining('stdin') });
    for (const name of ['EMPTY', 'NOT_THERE'])
      expect(await run(...add, '--api-key-env', name)).toMatchObject({ code: 2, err: expect.stringContaining(name) });
    expect(await run(...add)).toMatchObject({ code: 2, err: expect.stringContaining('--api-key-stdin') });
    expect((await run('endpoint', 'list', 'work', '--json')).json()).toEqual({ profile: 'work', endpoints: [] });
  });

  it('appears in no output of any command, and in no file', async () => {
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

  it('that is short is masked completely', async () => {
    const { run } = await withProfile({ MY_KEY: 'short-key-12345' });
    const { out } = await run('endpoint', 'add', 'work', ...address, '--api-key-env', 'MY_KEY', '--json');
    expect(out).not.toMatch(/short|2345/);
  });
});

describe('a secret setting', () => {
  const url = 'https://hooks.example.com/services/very-secret';

  it('is read from stdin, and shown by its host alone', async () => {
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

describe('a key in the place of a word', () => {
  const lines: readonly (readonly string[])[] = [
    [key],
    ['proxy', key],
    ['add', key],
    ['add', 'other', key],
    ['add', 'other', '--description', key],
    ['add', 'other', '--base-url', key, '--api-key-env', 'KEY'],
    ['add', 'other', '--base-url', `https://${key}`, '--api-key-env', 'KEY'],
    ['add', 'other', '--tier', key],
    ['add', 'other', '--auth', key, ...address],
    ['add', 'other', '--preset', key, '--api-key-env', 'KEY'],
    ['add', 'other', '--api-key-env', key, ...address],
    ['list', `--${key}`],
    ['use', key],
    ['fc', '--preset', key, '--api-key-env', 'KEY'],
    ['env', '--shell', key],
    ['endpoint', 'list', key],
    ['endpoint', 'add', 'work', ...address, '--api-key-env', 'KEY', '--name', key],
    ['endpoint', 'add', 'work', ...address, '--api-key-env', 'KEY', '--weight', key],
    ['endpoint', 'update', 'work', key, '--weight', '3'],
    ['endpoint', 'add', 'work', '--from-profile', key],
    ['priority', 'switch', 'work', '--reason', key],
    ['priority', 'set', 'work', key],
    ['priority', 'policy', '--cooldown', key],
    ['health', 'reset', key],
    ['health', 'config', '--model', key],
    ['queue', 'show', key],
    ['queue', 'list', '--state', key],
    ['config', 'set', key, '1'],
    ['config', 'set', 'proxy.port', key],
    ['config', 'set', 'proxy.allowed_hosts', key],
    ['config', 'set', 'notify.webhook', key],
    ['config', 'get', key],
    ['config', 'snapshot', key],
    ['config', 'rollback', key, '--yes'],
    ['config', 'diff', key],
    ['config', 'import', '--from', key],
    ['config', 'import', `/nowhere/${key}`],
    ['config', 'audit', '--action', key],
    ['history', '--since', key],
    ['history', '--at', `#${key}`],
    ['history', 'explain', key],
    ['history', 'what-if', '--set', key],
    ['history', 'what-if', '--set', `${key}=1`],
    ['debug', key],
    ['debug', 'chart', key],
    ['proxy', 'logs', '--level', key],
    ['proxy', 'start', '--port', key],
    ['bench', '--url', key],
    ['completion', key],
  ];

  it('is not accepted as a language', async () => {
    const { run } = await withProfile();
    for (const flags of [['--lang', key], [`--lang=${key}`]]) {
      const { code, out, err } = await run('list', ...flags);
      expect([code, (out + err).includes(key)]).toEqual([2, false]);
    }
  });

  it.each(lines)('is neither repeated nor stored: %s %s %s %s %s', async (...words) => {
    const { home, run } = await withProfile({ KEY: 'sk-ant-0123456789abcdef' });
    for (const flags of [[], ['--json'], ['--lang', 'zh-CN']]) {
      const { code, out, err } = await run(...words.filter((word) => word !== undefined), ...flags);
      expect(code).not.toBe(0);
      expect(out + err).not.toContain(key.slice(8, 30));
    }
    const files = readdirSync(home, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    for (const file of files)
      expect(readFileSync(join(file.parentPath, file.name)).includes(key.slice(8, 30))).toBe(false);
  });
});
