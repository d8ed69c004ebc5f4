import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolderBeside, openExport, writeExport, writeFileAtomic } from '../../src/platform/atomic-file.ts';

const permissionBits = 0o777;
const isPosix = process.platform !== 'win32';

describe('an atomic write of a file', () => {
  it('holds what was written, alone in its folder', () => {
    const folder = temporaryFolder();
    writeFileAtomic(join(folder, 'a.json'), '{"größe":1}\n');
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe('{"größe":1}\n');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('holds megabytes completely', () => {
    const path = join(temporaryFolder(), 'large');
    const text = 'ä'.repeat(4 * 1024 * 1024);
    writeFileAtomic(path, text);
    expect(readFileSync(path, 'utf8') === text).toBe(true);
  });

  it('leaves the old file complete for its readers', () => {
    const path = join(temporaryFolder(), 'a');
    writeFileAtomic(path, 'the old text, which is longer');
    const reader = openSync(path, 'r');
    writeFileAtomic(path, 'new');
    expect(readFileSync(reader, 'utf8')).toBe('the old text, which is longer');
    closeSync(reader);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('leaves nothing behind when it cannot take its place', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken', 'x'), '');
    expect(() => writeFileAtomic(join(folder, 'taken'), 'text')).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('an export to a file', () => {
  it('takes its name when it is complete, and leaves the former file when it is abandoned', () => {
    const path = join(temporaryFolder(), 'incident');
    writeExport(path, 'the first');
    const second = openExport(path);
    second.write('half of');
    expect(readFileSync(path, 'utf8')).toBe('the first');
    second.abandon();
    expect([readFileSync(path, 'utf8'), readdirSync(join(path, '..'))]).toEqual(['the first', ['incident']]);
    const third = openExport(path);
    third.write('the ');
    third.write(Buffer.from('third'));
    third.close();
    expect([readFileSync(path, 'utf8'), readdirSync(join(path, '..'))]).toEqual(['the third', ['incident']]);
  });

  it.runIf(isPosix)('is written directly into a stream', () => {
    const before = statSync('/dev/null');
    writeExport('/dev/null', 'x');
    expect([statSync('/dev/null').ino, statSync('/dev/null').isCharacterDevice()]).toEqual([before.ino, true]);
  });

  it('into a folder is refused before anything is written', () => {
    const folder = temporaryFolder();
    expect(() => openExport(folder)).toThrow(expect.objectContaining({ code: 'QCC_FILE_UNWRITABLE', exit: 2 }));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.runIf(isPosix)('a file that another user planted', () => {
  const writers: readonly (readonly [string, (path: string) => void])[] = [
    ['a file', (path) => writeFileAtomic(path, 'secret')],
    ['an export', (path) => writeExport(path, 'secret')],
    ['a folder', (path) => writeFileSync(join(makeFolderBeside(path), 'key'), 'secret')],
  ];

  it.each(writers)('is neither followed nor filled by %s', (_, write) => {
    const folder = temporaryFolder();
    const [path, victim, trap] = ['a', 'victim', 'trap'].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(victim, 'mine');
    mkdirSync(trap);
    // The name that older versions gave to what they had not finished.
    for (const name of [`${path}.${process.pid}.tmp`, path]) symlinkSync(name === path ? victim : trap, name);
    write(path);
    expect([readFileSync(victim, 'utf8'), readdirSync(trap)]).toEqual(['mine', []]);
    expect(readlinkSync(`${path}.${process.pid}.tmp`)).toBe(trap);
  });

  it('cannot have the name of an unfinished file, which is unpredictable and private', () => {
    const folder = temporaryFolder();
    const before = process.umask(0);
    onTestFinished(() => {
      process.umask(before);
    });
    const open = Array.from({ length: 20 }, () => openExport(join(folder, 'a')));
    const folders = Array.from({ length: 20 }, () => makeFolderBeside(join(folder, 'not', 'there', 'a')));
    const names = readdirSync(folder).filter((name) => name !== 'not');
    expect([names.length, new Set(folders).size]).toEqual([20, 20]);
    for (const name of names) expect([name, modeOf(join(folder, name))]).toEqual([name, 0o600]);
    for (const path of [join(folder, 'not'), ...folders]) expect([path, modeOf(path)]).toEqual([path, 0o700]);
    for (const one of open) one.abandon();
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });
});

describe.runIf(isPosix)('the mode of a written file', () => {
  it('is for the owner alone unless told otherwise', () => {
    const path = join(temporaryFolder(), 'a');
    writeFileAtomic(path, 'secret');
    expect(modeOf(path)).toBe(0o600);
  });

  it('is the requested one, whatever the umask and the former file are', () => {
    const path = join(temporaryFolder(), 'a');
    const before = process.umask(0o077);
    onTestFinished(() => {
      process.umask(before);
    });
    writeFileAtomic(path, 'x', 0o644);
    expect(modeOf(path)).toBe(0o644);
    chmodSync(path, 0o666);
    writeFileAtomic(path, 'x', 0o600);
    expect(modeOf(path)).toBe(0o600);
  });
});

function modeOf(path: string): number {
  return statSync(path).mode & permissionBits;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
