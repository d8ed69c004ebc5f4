import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { backUp, restore } from '../../src/commands/config/backup-operation.ts';
import { openVault } from '../../src/config/secrets/vault.ts';
import type { Connection } from '../../src/contract/operations.ts';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { tarEnd, tarredText, untarred } from '../../src/platform/tar.ts';
import { runningGateway } from '../support/gateway.ts';
import { temporaryHome } from '../support/home.ts';

const key = 'sk-ant-api03-0123456789abcdefghijklmnopqrstuv';

/** The gateway runs, and a command asks it. */
async function running() {
  const { home, call } = await runningGateway();
  await call('profile.add', { name: 'work', tier: 'primary' });
  await call('endpoint.add', { profile: 'work', baseUrl: 'https://a.example.com', key });
  return { home, call, file: join(dirname(home), 'backup.tar.gz') };
}

async function reading<T>(home: string, work: (call: Connection['call']) => Promise<T>): Promise<T> {
  const { call, close } = await connect({ home });
  try {
    return await work(call);
  } finally {
    await close();
  }
}

const exported = async (call: Connection['call']) => (await call('config.export', {})).document;

describe('a backup', () => {
  it('of a home whose gateway runs and writes is whole: every reported fact, the keys, no run-time files', async () => {
    const { home, call, file } = await running();
    let writing = true;
    const written = (async () => {
      for (let n = 1; writing; n++) await call('config.set', { key: 'queue.hold', value: String(1 + (n % 200)) });
    })();
    const backups = [];
    for (let n = 0; n < 3; n++) backups.push(await backUp(call, file));
    writing = false;
    await written;
    const last = backups.at(-1);
    expect(last).toMatchObject({ file, keys: true, bytes: statSync(file).size });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readdirSync(join(home, 'run')).filter((name) => name.startsWith('frozen-'))).toEqual([]);

    const other = temporaryHome();
    expect(await restore(file, other)).toMatchObject({ facts: last?.facts });
    expect(existsSync(join(other, 'qcc.sock'))).toBe(false);
    const { ok, head } = await reading(other, async (ask) => {
      const { facts } = await ask('history.read', { fromSeq: 1 });
      expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, i) => i + 1));
      return { ...(await ask('history.verify', {})), head: facts.at(-1)?.seq };
    });
    expect([ok, head]).toEqual([true, last?.facts]);
    const vault = await openVault(other);
    const secrets = JSON.parse(readFileSync(join(other, 'vault.json'), 'utf8')) as { secrets: Record<string, unknown> };
    expect(Object.keys(secrets.secrets).map((id) => vault.get(id))).toContain(key);
  });

  it('of a home without a gateway gives the same state when it is restored', async () => {
    const home = temporaryHome();
    const file = join(dirname(home), 'backup.tar.gz');
    const before = await reading(home, async (call) => {
      await call('profile.add', { name: '工作', tier: 'fallback' });
      await call('config.set', { key: 'queue.hold', value: '33' });
      await backUp(call, file);
      return exported(call);
    });
    const other = temporaryHome();
    await restore(file, other);
    expect(await reading(other, exported)).toEqual(before);
  });

  it.skipIf(process.platform === 'win32')('is an archive that standard tools can read', async () => {
    const { call, file } = await running();
    await backUp(call, file);
    const listed = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(listed[0]).toBe('backup.json');
    expect(listed).toEqual(expect.arrayContaining(['log/CURRENT', 'vault.json', 'master.key', 'home.json']));
    expect(listed.filter((name) => /sock|LOCK|^logs\/|^run\//.test(name))).toEqual([]);
  });

  it('leaves no incomplete file behind', async () => {
    const { home, call } = await running();
    await expect(backUp(call, join(home, 'no', 'such', 'folder.tar.gz'))).rejects.toMatchObject({
      code: 'QCC_FILE_UNWRITABLE',
      exit: 2,
    });
    expect(readdirSync(join(home, 'run')).filter((name) => name.startsWith('frozen-'))).toEqual([]);
  });
});

describe('the leftover of a killed backup', () => {
  it('is removed by the next start, but not while it may still be packed', async () => {
    const home = temporaryHome();
    const folders = ['old', 'new'].map((name) => join(home, 'run', `frozen-${name}`));
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'vault.json'), '{}');
    }
    const longAgo = Date.now() / 1_000 - 3_601;
    utimesSync(folders[0] as string, longAgo, longAgo);
    const gateway = await runGateway({ home, port: 0 });
    await gateway.stop(0);
    await gateway.stopped;
    expect(folders.map(existsSync)).toEqual([false, true]);
  });
});

describe('a restore', () => {
  async function made() {
    const home = temporaryHome();
    const file = join(dirname(home), 'backup.tar.gz');
    await reading(home, async (call) => {
      await call('profile.add', { name: 'work' });
      await backUp(call, file);
    });
    return { home, file };
  }

  /** The archive with one of its files as another one, or without it. */
  async function changed(file: string, name: string, text: string | null) {
    const entries: Buffer[] = [];
    const archive = createReadStream(file).pipe(await import('node:zlib').then(({ createGunzip }) => createGunzip()));
    for await (const { path, chunks } of untarred(archive as AsyncIterable<Buffer>)) {
      const parts: Buffer[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      const body = path === name ? text : Buffer.concat(parts).toString('latin1');
      if (body !== null) entries.push(tarredText(path, body, 0));
    }
    writeFileSync(file, gzipSync(Buffer.concat([...entries, tarEnd])));
  }

  async function refused(file: string, code: string) {
    const other = temporaryHome();
    await expect(restore(file, other)).rejects.toMatchObject({ code });
    expect(readdirSync(dirname(other))).toEqual([]);
  }

  it('goes into an empty home, and into no other', async () => {
    const { home, file } = await made();
    const before = readFileSync(join(home, 'vault.json'), 'utf8');
    await expect(restore(file, home)).rejects.toMatchObject({ code: 'QCC_HOME_NOT_EMPTY', exit: 6 });
    expect(readFileSync(join(home, 'vault.json'), 'utf8')).toBe(before);
    const empty = temporaryHome();
    mkdirSync(join(empty, 'logs'), { recursive: true });
    await restore(file, empty);
    expect(existsSync(join(empty, 'vault.json'))).toBe(true);
  });

  it('takes nothing from an archive that is truncated, damaged, or of another format', async () => {
    const { file } = await made();
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    await refused(file, 'QCC_BACKUP_INVALID');
    const bytes = gunzipSync(whole);
    const at = bytes.lastIndexOf('vault.json');
    bytes[at + 600] = (bytes[at + 600] ?? 0) ^ 1;
    writeFileSync(file, gzipSync(bytes));
    await refused(file, 'QCC_BACKUP_INVALID');
    writeFileSync(file, 'no archive');
    await refused(file, 'QCC_BACKUP_INVALID');
    await refused('/nowhere/backup.tar.gz', 'QCC_IMPORT_UNREADABLE');
  });

  it('takes nothing when a file is missing, or leads out of the home', async () => {
    const { file } = await made();
    const whole = readFileSync(file);
    await changed(file, 'vault.json', null);
    await refused(file, 'QCC_BACKUP_INVALID');
    const manifest = tarredText(
      'backup.json',
      JSON.stringify({ format: 1, version: '0', facts: 0, at: '', files: [] }),
      0,
    );
    writeFileSync(file, gzipSync(Buffer.concat([manifest, tarredText('../evil', 'x', 0), tarEnd])));
    await refused(file, 'QCC_BACKUP_INVALID');
    writeFileSync(file, whole);
  });

  it('takes nothing from a newer format', async () => {
    const { file } = await made();
    await changed(file, 'backup.json', JSON.stringify({ format: 2 }));
    await refused(file, 'QCC_HOME_NEWER');
  });
});

describe('a home of a newer qcc', () => {
  it('is refused, and left untouched', async () => {
    const home = temporaryHome();
    await reading(home, (call) => call('profile.add', { name: 'work' }));
    writeFileSync(join(home, 'home.json'), JSON.stringify({ format: 2 }));
    const listed = () =>
      readdirSync(home, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => [name, statSync(join(home, name)).mtimeMs]);
    const before = listed();
    await expect(connect({ home })).rejects.toMatchObject({ code: 'QCC_HOME_NEWER' });
    await expect(runGateway({ home, port: 0 })).rejects.toMatchObject({ code: 'QCC_HOME_NEWER' });
    expect(listed()).toEqual(before);
  });
});
