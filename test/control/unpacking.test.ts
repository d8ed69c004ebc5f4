/** Backups that strangers have made: whatever is wrong with them is said, and nothing of them is left. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type UnpackLimits, unpack } from '../../src/backup/unpacking.ts';
import { backUp, restore } from '../../src/commands/config/backup-operation.ts';
import { connect } from '../../src/control/client.ts';
import { tarEnd, tarredText } from '../../src/platform/tar.ts';
import { temporaryHome } from '../support/home.ts';

const MiB = 1_048_576;
const limits: UnpackLimits = {
  bytesMax: 10 * MiB,
  filesMax: 5,
  manifestBytesMax: 65_536,
  ratioMax: 20,
  freeBytes: MiB,
};

const listed = (path: string, text: string) => ({
  path,
  size: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});

type Listed = ReturnType<typeof listed>;

function manifestOf(files: readonly Listed[]): Buffer {
  return tarredText('backup.json', JSON.stringify({ format: 1, version: '0', facts: 0, at: '', files }), 0);
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Unpacked as far as it goes; how many files were written before it was refused. */
async function refused(parts: readonly Buffer[], why: RegExp, change: Partial<UnpackLimits> = {}): Promise<number> {
  const root = folder();
  const [file, to] = [join(root, 'backup'), join(root, 'to')];
  mkdirSync(to);
  writeFileSync(file, gzipSync(Buffer.concat([...parts, tarEnd])));
  await expect(unpack({ file, folder: to, home: join(root, 'q') }, { ...limits, ...change })).rejects.toMatchObject({
    code: 'QCC_BACKUP_INVALID',
    message: expect.stringMatching(why),
  });
  expect(readdirSync(root).sort()).toEqual(['backup', 'to']);
  return readdirSync(to, { recursive: true }).length;
}

/** The head of an entry with another type, size or name than `tarredText` would give it. */
function entry(path: string, { type = '0', size = '00000000000', link = '', prefix = '' } = {}): Buffer {
  const head = tarredText(path, '', 0);
  head.write(type, 156);
  head.write(size, 124);
  head.write(link, 157);
  head.write(prefix, 345);
  head.write(' '.repeat(8), 148);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

describe('a backup’s archive', () => {
  it('that unpacks to far more than its size is given up on the way', async () => {
    const zeros = 'x'.repeat(8 * MiB);
    const written = await refused(
      [manifestOf([listed('vault.json', zeros)]), tarredText('vault.json', zeros, 0)],
      /more than 20 times its size/,
    );
    expect(written).toBe(1);
  });

  it('is refused by its list: too many bytes, too many files, too long a list', async () => {
    const large = { ...listed('vault.json', ''), size: 11 * MiB };
    expect(await refused([manifestOf([large])], /it has 11534336 bytes, and at most 10485760/)).toBe(0);
    const many = Array.from({ length: 6 }, (_, n) => listed(`log/${n}.ldb`, ''));
    expect(await refused([manifestOf(many)], /it has 6 files, and at most 5/)).toBe(0);
    const crowd = Array.from({ length: 700 }, (_, n) => listed(`log/${n}.ldb`, ''));
    expect(await refused([manifestOf(crowd)], /its list of files has \d+ bytes, and at most 65536/)).toBe(0);
    const full = { manifestBytesMax: MiB };
    expect(await refused([manifestOf(crowd)], /its list of files has too many values/, full)).toBe(0);
    const deep = tarredText('backup.json', '['.repeat(10_000), 0);
    expect(await refused([deep], /or is nested too deep/)).toBe(0);
    const room = { ...listed('vault.json', ''), size: Number.MAX_SAFE_INTEGER - 1 };
    expect(
      await refused([manifestOf([room])], /and the disk has room for/, { bytesMax: Number.MAX_SAFE_INTEGER }),
    ).toBe(0);
  });

  it.each([
    '../evil',
    '/etc/evil',
    'log/../../evil',
    'log/./x',
    'log//x',
    'log',
    'log/',
    '.',
    '',
    'run/x',
    'qcc.sock',
    'vault.json/x',
    'log/-x',
    'log/.x',
    'log/a\nb',
    'log\\..\\x',
    'log.head/../x',
    '__proto__',
    'x',
  ])('with a file named %j is refused before that is written', async (name) => {
    const evil = listed(name, 'x');
    const parts = [manifestOf([listed('vault.json', ''), evil]), tarredText('vault.json', '', 0)];
    expect(
      await refused(
        [...parts, tarredText(name, 'x', 0)],
        /a file whose name leads out of the home, or that no home contains/,
      ),
    ).toBe(0);
  });

  it('with a duplicate name, in its list or beside it, is refused', async () => {
    const one = listed('vault.json', 'x');
    expect(await refused([manifestOf([one, one])], /its list names a file twice/)).toBe(0);
    expect(await refused([manifestOf([listed('log/A', ''), listed('log/a', '')])], /its list names a file twice/)).toBe(
      0,
    );
    const twice = [tarredText('vault.json', 'x', 0), tarredText('vault.json', 'x', 0)];
    expect(await refused([manifestOf([one]), ...twice], /not in its list, or is in it twice/)).toBe(1);
    expect(await refused([manifestOf([]), tarredText('vault.json', 'x', 0)], /not in its list/)).toBe(0);
  });

  it.each(['1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', '\0'])(
    'with an entry of type %j, which is not a plain file, is refused',
    async (type) => {
      const link = entry('vault.json', { type, link: '/etc/passwd' });
      expect(await refused([manifestOf([listed('vault.json', '')]), link], /no plain file/)).toBe(0);
    },
  );

  it.each(['-0000000001', '7777777777x', '\x80\0\0\0\0\0\0\0\0\0\x01', '0x000000010'])(
    'with a size of %j is refused',
    async (size) => {
      const odd = entry('vault.json', { size });
      expect(await refused([manifestOf([listed('vault.json', '')]), odd], /no tar archive/)).toBe(0);
    },
  );

  it('with another size than in its list, or a name in two parts, is refused', async () => {
    const parts = [manifestOf([listed('vault.json', 'xy')]), tarredText('vault.json', 'x', 0)];
    expect(await refused(parts, /vault.json is missing or damaged/)).toBe(0);
    const split = entry('vault.json', { prefix: '..' });
    expect(await refused([manifestOf([listed('vault.json', '')]), split], /a name in it is too long/)).toBe(0);
  });
});

describe('a restore', () => {
  it('of megabytes that unpack to gigabytes leaves nothing behind, and the home unchanged', async () => {
    const root = folder();
    const [file, home] = [join(root, 'bomb'), join(root, 'q')];
    mkdirSync(join(home, 'logs'), { recursive: true });
    const size = 256 * MiB;
    const packed: Buffer[] = [];
    const chunks = async function* () {
      yield manifestOf([{ path: 'vault.json', size, sha256: '0'.repeat(64) }]);
      yield entry('vault.json', { size: size.toString(8).padStart(11, '0') });
      const zeros = Buffer.alloc(MiB);
      for (let n = 0; n < 256; n++) yield zeros;
      yield tarEnd;
    };
    for await (const chunk of Readable.from(chunks()).pipe(createGzip())) packed.push(chunk as Buffer);
    writeFileSync(file, Buffer.concat(packed));
    await expect(restore(file, home)).rejects.toMatchObject({
      code: 'QCC_BACKUP_INVALID',
      message: 'this is not a complete backup: it unpacks to more than 50 times its size',
    });
    expect([readdirSync(root).sort(), readdirSync(home)]).toEqual([['bomb', 'q'], ['logs']]);
  });

  it('removes the leftovers of a killed one, and not those of a running one', async () => {
    const home = temporaryHome();
    const file = join(dirname(home), 'backup');
    const { call, close } = await connect({ home });
    await backUp(call, file);
    await close();
    const other = temporaryHome();
    // Pids end far below.
    const [dead, alive] = [`${other}.99999999-0123456789ab.tmp`, `${other}.${process.pid}-0123456789ab.tmp`];
    for (const path of [dead, alive]) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'master.key'), 'x');
    }
    await restore(file, other);
    expect([existsSync(dead), readFileSync(join(alive, 'master.key'), 'utf8')]).toEqual([false, 'x']);
    expect(existsSync(join(other, 'vault.json'))).toBe(true);
  });
});
