/** Files that strangers have made for an import: each kind of too much is refused with its bound, and nothing of it is taken. */
import { execFileSync, fork } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { importSource } from '../../src/config/importers/import-source.ts';
import { readIncoming } from '../../src/config/importers/reading.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import { connect } from '../../src/control/client.ts';
import { Apart, apart } from '../../src/pool/apart.ts';
import { programAt } from '../../src/pool/program.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';
import { memoryInstallation } from '../support/installation.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';
const passphrase = 'correct horse battery staple';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const invalid = (why: string | RegExp) => ({
  code: 'QCC_IMPORT_INVALID',
  message: typeof why === 'string' ? expect.stringContaining(why) : expect.stringMatching(why),
});

const many = <T>(count: number, make: (n: number) => T) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, make(n)]));
const provider = { name: 'same', settingsConfig: { env: { ANTHROPIC_BASE_URL: 'https://a.example.com' } } };

describe('an import from another program', () => {
  it.each([
    ['deep', `{"profiles":${'['.repeat(100_000)}`, 'nested deeper than 32 levels'],
    ['full', `{"a":[${'1,'.repeat(200_000)}1]}`, 'more than 100000 values'],
    ['fastcc', JSON.stringify({ profiles: many(1_001, () => ({})) }), 'it has 1001 profiles'],
    [
      'fastcc with many endpoints',
      JSON.stringify({ profiles: { a: { endpoints: Array.from({ length: 2_001 }, () => ({ base_url: 'x' })) } } }),
      'it has 2001 endpoints',
    ],
    ['cc-switch', JSON.stringify({ claude: { providers: many(1_001, () => provider) } }), 'it has 1001 profiles'],
    [
      'an export',
      JSON.stringify({
        format: 'qcc',
        version: 1,
        settings: {},
        profiles: Array.from({ length: 1_001 }, (_, n) => ({
          name: `p${n}`,
          description: '',
          tier: null,
          position: null,
          default: false,
          endpoints: [],
        })),
      }),
      'it has 1001 profiles, and at most 1000 are accepted',
    ],
  ])('is refused by a bound: %s', async (_, text, why) => {
    await expect(readIncoming({ text })).rejects.toMatchObject(invalid(why));
  });

  it('has a name as long as the file truncated before it is compared, and an endpoint of that name left out', async () => {
    const it = await memoryInstallation();
    const env = { ANTHROPIC_BASE_URL: 'https://a.example.com', ANTHROPIC_AUTH_TOKEN: key };
    const text = JSON.stringify({
      claude: { providers: { a: { name: '-'.repeat(800_000), settingsConfig: { env } } } },
    });
    await expect(it.call('config.import', { text })).rejects.toMatchObject({ code: 'QCC_IMPORT_PARTIAL' });
    expect(it.core.state.seq).toBe(0);
  });

  it('gives each of a thousand equal profile names a name of its own', async () => {
    const { profiles } = await readIncoming({
      text: JSON.stringify({
        profiles: many(1_000, () => ({ name: 'same name', base_url: 'https://a.example.com', api_key: key })),
      }),
    });
    expect(new Set(profiles.map(({ name }) => name)).size).toBe(1_000);
  });
});

describe('keys under a passphrase', () => {
  async function sealed() {
    const it = await memoryInstallation();
    await it.call('profile.add', { name: 'work' });
    await it.call('endpoint.add', { profile: 'work', baseUrl: 'https://a.example.com', key });
    const { document } = await it.call('config.export', { withSecrets: true, passphrase });
    return document as { readonly secrets: Record<string, unknown> };
  }

  it('are decrypted at the cost that they were encrypted with, and at no higher one, whatever the file requests', async () => {
    const document = await sealed();
    const asked = (change: object) =>
      readIncoming({
        text: JSON.stringify({ ...document, secrets: { ...document.secrets, ...change } }),
        passphrase,
      });
    expect((await asked({})).profiles[0]?.endpoints[0]?.key).toBe(key);
    for (const change of [
      { n: 2 ** 18 },
      { n: 2 ** 20, r: 16, p: 4 },
      { r: 16 },
      { r: 9 },
      { p: 2 },
      { p: 0 },
      { n: 2 ** 13 },
      { n: 2 ** 16 + 1 },
      { n: 1e308 },
      { r: 0.5 },
    ])
      await expect(asked(change)).rejects.toMatchObject(
        invalid(/its keys use scrypt with n \S+, r \S+, p \S+, and at most n 131072, r 8, p 1 is accepted/),
      );
    for (const change of [{ salt: 'A'.repeat(92) }, { nonce: 'A'.repeat(92) }])
      await expect(asked(change)).rejects.toMatchObject(invalid('secrets.'));
  });
});

describe('a file to import', () => {
  it.skipIf(process.platform === 'win32')('that never ends is read no further than its bound', () => {
    expect(() => importSource('/dev/zero', undefined, {})).toThrow(
      expect.objectContaining(invalid('more than 900000 bytes')),
    );
  });

  it('of a gigabyte that claims to be a database is read for its first bytes only', () => {
    const path = join(folder(), 'large');
    writeFileSync(path, 'SQLite format 3\0');
    execFileSync(process.execPath, ['-e', `require('fs').truncateSync(${JSON.stringify(path)}, 2 ** 33)`]);
    expect(importSource(path, undefined, {})).toEqual({ path, database: path });
  });
});

describe('a reader process', () => {
  it.skipIf(process.platform === 'win32')('that hangs is killed, and the error gives the time', async () => {
    const root = folder();
    const file = join(root, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', file]);
    const limits = { timeMs: 1_500, heapMb: 128 };
    await expect(apart('restore', { file, folder: root, home: root }, limits)).rejects.toMatchObject({
      code: 'QCC_APART_LIMIT',
      message: expect.stringContaining('longer than 1.5 s'),
    });
    expect(readdirSync(root)).toEqual(['pipe']);
  });

  it.skipIf(process.platform === 'win32')('whose parent is gone ends with it, whatever it waits for', async () => {
    const root = folder();
    const file = join(root, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', file]);
    const program = fileURLToPath(programAt('workers/apart'));
    const child = fork(program, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    child.send({ name: 'restore', given: { file, folder: root, home: root }, timeMs: 600_000 });
    // A pipe can be opened like this once it has a reader.
    const opened = () => openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
    const writer = await vi.waitFor(opened, { timeout: 15_000 });
    child.disconnect();
    expect(await ended).toBe('SIGKILL');
    closeSync(writer);
  });

  it('that runs out of memory ends alone, and reports it', async () => {
    await expect(apart('import', { text: '{}' }, { timeMs: 60_000, heapMb: 4 })).rejects.toMatchObject({
      code: 'QCC_APART_LIMIT',
      message: expect.stringContaining('more than 4 MB of memory'),
    });
  });

  it('answers one task after the other, and passes a file’s error on as it was thrown', async () => {
    const reader = new Apart('import');
    onTestFinished(() => reader.close());
    await expect(reader.ask({ text: '[' })).rejects.toMatchObject({ ...invalid('it is not JSON'), exit: 1 });
    const { source } = await reader.ask({ text: JSON.stringify({ profiles: {} }) });
    expect(source).toBe('fastcc');
    reader.close();
    await expect(reader.ask({ text: '{}' })).rejects.toMatchObject({ code: 'QCC_APART_LIMIT' });
  });
});

describe('a gateway', () => {
  it('imports through a reader process, and stores all keys of a large file in one write', async () => {
    const { home, call } = await runningGateway();
    const text = JSON.stringify({
      profiles: many(20, (n) => ({
        endpoints: Array.from({ length: 20 }, (_, m) => ({
          base_url: `https://h${n}-${m}.example.com`,
          api_key: `${key}${n}-${m}`,
        })),
      })),
    });
    const { changes, leftOut } = await call('config.import', { text });
    expect([changes.length, leftOut]).toEqual([21, []]);
    const { profiles } = await call('profile.list', {});
    expect(profiles.map(({ endpoints }) => endpoints)).toEqual(Array.from({ length: 20 }, () => 20));
    const vault = await openVault(home);
    const { endpoints } = await call('endpoint.list', { profile: 'p7' });
    expect(endpoints).toHaveLength(20);
    expect(vault.token()).not.toBe('');
    await expect(call('config.import', { text: '[[' })).rejects.toMatchObject(invalid('not JSON'));
  });
});

describe('a document that is compared with the configuration', () => {
  it('is bounded like any other', async () => {
    const { at } = await import('../cli/command.ts');
    const home = temporaryHome();
    const file = join(folder(), 'document.json');
    writeFileSync(file, `{"a":${'['.repeat(100_000)}`);
    const { code, err } = await at(home)('config', 'diff', file);
    expect([code, err]).toEqual([1, expect.stringContaining('nested deeper than 32 levels')]);
    const { close } = await connect({ home });
    await close();
  });
});
