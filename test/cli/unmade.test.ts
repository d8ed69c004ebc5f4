/** A query creates nothing: without a home a command answers as for an empty installation, and leaves the disk as it was. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { homePath, userHome } from '../../src/config/files/home.ts';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const asking: readonly (readonly [readonly string[], number])[] = [
  [['list'], 0],
  [['status'], 3],
  [['env'], 0],
  [['fc', '--list'], 0],
  [['proxy', 'status'], 3],
  [['proxy', 'logs'], 0],
  [['proxy', 'stats'], 0],
  [['proxy', 'stop'], 3],
  [['endpoint', 'list', 'work'], 5],
  [['endpoint', 'test', 'work'], 5],
  [['endpoint', 'stats', 'work'], 5],
  [['priority', 'list'], 0],
  [['priority', 'history'], 0],
  [['health', 'status'], 0],
  [['health', 'metrics'], 0],
  [['health', 'history', '1234'], 5],
  [['health', 'test'], 0],
  [['health', 'check'], 3],
  [['priority', 'policy'], 0],
  [['health', 'config'], 0],
  [['queue', 'config'], 0],
  [['config', 'rollback', '--last', '--dry-run'], 5],
  [['queue', 'status'], 0],
  [['queue', 'list'], 0],
  [['queue', 'show', '1234'], 5],
  [['queue', 'show', '1234', '--answer'], 5],
  [['config', 'get', 'proxy.port'], 0],
  [['config', 'list'], 0],
  [['config', 'list', '--show-origin'], 0],
  [['config', 'audit'], 0],
  [['config', 'snapshots'], 0],
  [['config', 'diff', 's1'], 5],
  [['config', 'validate'], 0],
  [['config', 'doctor'], 0],
  [['history'], 0],
  [['history', '--limit', '3'], 0],
  [['history', 'stats'], 0],
  [['history', 'verify'], 0],
  [['history', 'what-if'], 0],
  [['history', 'explain', '1234'], 5],
  [['history', 'explain'], 5],
  [['incidents'], 0],
  [['route'], 0],
  [['incidents', 'show'], 5],
  [['debug'], 0],
  [['debug', 'chart', 'endpoint'], 0],
  [['notify', 'test'], 2],
  [['use', 'work'], 5],
  [['use', '--restore'], 0],
  [['default', 'work'], 5],
  [['remove', 'work', '--yes'], 5],
  [['endpoint', 'add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key-env', 'KEY'], 5],
  [['endpoint', 'remove', 'work', '1234', '--yes'], 5],
  [['priority', 'set', 'work', 'primary'], 5],
  [['priority', 'switch', '--release'], 0],
  [['health', 'reset', '1234'], 5],
  [['queue', 'retry', '1234'], 5],
  [['queue', 'retry-all'], 0],
  [['config', 'rollback', '--last', '--yes'], 5],
  [['completion', 'bash'], 0],
];

describe.each([
  ['a home that is not there', false],
  ['an empty folder', true],
])('for %s', (_, isThere) => {
  it.each(asking)('qcc %s answers, and creates nothing', async (words, expected) => {
    // Another gateway of this machine may have the usual port.
    vi.stubEnv('QCC_PROXY_PORT', '0');
    const home = temporaryHome();
    if (isThere) mkdirSync(home, { mode: 0o700 });
    for (const flags of [[], ['--json'], ['--lang', 'zh-CN']]) {
      const { code, out, err } = await at(home, {
        PATH: '/nowhere',
        HOME: dirname(home),
        KEY: 'sk-ant-0123456789abcdef',
      })(...words, ...flags);
      expect([words, code, out + err]).toEqual([words, expected, expect.not.stringMatching(/undefined|NaN|TypeError/)]);
      expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
      expect(existsSync(home)).toBe(isThere);
    }
  });

  it('the first operation that stores something creates it', async () => {
    const home = temporaryHome();
    if (isThere) mkdirSync(home, { mode: 0o700 });
    const run = at(home);
    expect((await run('list')).code).toBe(0);
    expect(await run('add', 'work')).toMatchObject({ code: 0 });
    expect(readdirSync(home)).toEqual(expect.arrayContaining(['home.json', 'log', 'master.key']));
    expect((await run('list', '--json')).json()).toMatchObject({ profiles: [{ name: 'work' }] });
  });
});

it('a request for a token creates the home that it belongs to', async () => {
  vi.stubEnv('QCC_PROXY_REQUIRE_TOKEN', 'true');
  const home = temporaryHome();
  const { code, out } = await at(home)('env');
  expect([code, out]).toEqual([0, expect.stringContaining('qcc_')]);
  expect(existsSync(home)).toBe(true);
  expect((await at(home)('env')).out).toBe(out);
});

describe('the home', () => {
  it('is never the working directory, with an empty or a relative HOME', () => {
    for (const HOME of ['', 'here', '.', undefined]) {
      vi.stubEnv('HOME', HOME);
      for (const path of [homePath({ HOME }), userHome({ HOME })]) {
        expect(isAbsolute(path)).toBe(true);
        expect(path.startsWith(process.cwd())).toBe(false);
      }
    }
  });

  it('is an absolute path, when QCC_HOME is relative', () => {
    expect(homePath({ QCC_HOME: 'here' })).toBe(join(process.cwd(), 'here'));
  });
});
