import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { homePath, paths, prepareHome } from '../../src/config/files/home.ts';
import { diskError } from '../../src/errors/disk-error.ts';
import { temporaryHome } from '../support/home.ts';
import { onPlatform } from './platform.ts';

const permissionBits = 0o777;
const isPosix = process.platform !== 'win32';
const isRoot = process.getuid?.() === 0;
// The user `nobody` on most systems; any uid that is not ours will do.
const strangerId = 65_534;

describe('the path of the home', () => {
  it('comes from QCC_HOME, and is ~/.qcc otherwise', () => {
    expect(homePath({ QCC_HOME: '/somewhere/else' })).toBe(resolve('/somewhere/else'));
    expect(homePath({ QCC_HOME: 'here' })).toBe(resolve('here'));
    expect(homePath({})).toBe(join(homedir(), '.qcc'));
    expect(homePath({ QCC_HOME: '' })).toBe(join(homedir(), '.qcc'));
  });

  it('determines the paths of everything in it', () => {
    expect(paths('/h')).toMatchObject({
      log: join('/h', 'log'),
      accessLog: join('/h', 'logs', 'access.log'),
      gatewayLog: join('/h', 'logs', 'gateway.log'),
      vault: join('/h', 'vault.json'),
      masterKey: join('/h', 'master.key'),
    });
  });
});

describe('a home that cannot be made', () => {
  it.each([
    ['/proc/qcc/home', 'ENOENT'],
    ['/dev/null/qcc', 'ENOTDIR'],
  ])('is an error at once: %s', (path, code) => {
    if (process.platform !== 'linux') return;
    expect(() => prepareHome(path)).toThrow(expect.objectContaining({ code }));
    expect(diskError(Object.assign(new Error(), { code, path, syscall: 'mkdir' }), path)?.code).toBe(
      'QCC_FILE_UNWRITABLE',
    );
  });
});

describe('the path of the control socket', () => {
  it.runIf(isPosix)('fits into its 103 bytes, or is refused', () => {
    const longest = `/${'x'.repeat(103 - '//qcc.sock'.length)}`;
    expect(Buffer.byteLength(paths(longest).socket)).toBe(103);
    expect(() => paths(`${longest}x`)).toThrow(expect.objectContaining({ code: 'QCC_HOME_PATH' }));
  });

  it.runIf(isPosix)('is measured in bytes, not in letters', () => {
    const home = `/${'ä'.repeat(60)}`;
    expect(() => paths(home)).toThrow(expect.objectContaining({ message: expect.stringContaining('130 bytes') }));
  });

  it('is a named pipe of this home on Windows, however long the home’s path is', () => {
    onPlatform('win32');
    const { socket } = paths(`C:\\${'x'.repeat(200)}`);
    expect(socket).toMatch(/^\\\\\.\\pipe\\qcc-[0-9a-f]+$/);
    expect(paths('C:\\other').socket).not.toBe(socket);
  });
});

describe.runIf(isPosix)('a new home', () => {
  it('is accessible to its owner alone, whatever the umask was', () => {
    const home = temporaryHome();
    process.umask(0);
    expect(prepareHome(home)).toBe(true);
    expect(modeOf(home)).toBe(0o700);
    writeFileSync(join(home, 'later'), '');
    mkdirSync(join(home, 'folder'));
    expect(modeOf(join(home, 'later'))).toBe(0o600);
    expect(modeOf(join(home, 'folder'))).toBe(0o700);
  });

  it('is created once', () => {
    const home = temporaryHome();
    prepareHome(home);
    expect(prepareHome(home)).toBe(false);
  });

  it('may be in folders that do not exist yet', () => {
    const home = join(temporaryHome(), 'a', 'b');
    expect(prepareHome(home)).toBe(true);
    expect(modeOf(home)).toBe(0o700);
  });
});

describe.runIf(isPosix)('an existing home', () => {
  it.each(['770', '720', '702', '777'])('is refused when others can write into it: %s', (mode) => {
    const home = existingHome();
    chmodSync(home, mode);
    expect(() => prepareHome(home)).toThrow(
      expect.objectContaining({ code: 'QCC_HOME_OPEN', hint: `chmod 700 ${home}` }),
    );
    expect(existsSync(join(home, 'logs'))).toBe(false);
  });

  it('is accepted when others can only read it', () => {
    const home = existingHome();
    chmodSync(home, 0o755);
    expect(prepareHome(home)).toBe(false);
  });

  it.runIf(isRoot)('is refused when it belongs to another user', () => {
    const home = existingHome();
    chownSync(home, strangerId, strangerId);
    expect(() => prepareHome(home)).toThrow(expect.objectContaining({ code: 'QCC_HOME_OWNER' }));
    expect(existsSync(join(home, 'logs'))).toBe(false);
  });
});

function modeOf(path: string): number {
  return statSync(path).mode & permissionBits;
}

function existingHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
