import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeFileAtomic } from '../../src/config/atomic-file.ts';

const permissionBits = 0o777;
const isPosix = process.platform !== 'win32';

describe('a file written at once', () => {
  it('holds what was written, alone in its folder', () => {
    const folder = temporaryFolder();
    writeFileAtomic(join(folder, 'a.json'), '{"größe":1}\n');
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe('{"größe":1}\n');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('holds megabytes whole', () => {
    const path = join(temporaryFolder(), 'large');
    const text = 'ä'.repeat(4 * 1024 * 1024);
    writeFileAtomic(path, text);
    expect(readFileSync(path, 'utf8') === text).toBe(true);
  });

  it('leaves the old one whole to whoever is reading it', () => {
    const path = join(temporaryFolder(), 'a');
    writeFileAtomic(path, 'the old text, which is longer');
    const reader = openSync(path, 'r');
    writeFileAtomic(path, 'new');
    expect(readFileSync(reader, 'utf8')).toBe('the old text, which is longer');
    closeSync(reader);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('leaves nothing beside when it cannot take its place', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken', 'x'), '');
    expect(() => writeFileAtomic(join(folder, 'taken'), 'text')).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe.runIf(isPosix)('its mode', () => {
  it('is for the owner alone unless told otherwise', () => {
    const path = join(temporaryFolder(), 'a');
    writeFileAtomic(path, 'secret');
    expect(modeOf(path)).toBe(0o600);
  });

  it('becomes what was asked for, whatever the mask of the process and the file before', () => {
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
