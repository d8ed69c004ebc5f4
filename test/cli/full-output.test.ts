/** An answer that cannot be written, because the disk behind `>` is full: one line says so, and the exit code. */
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { main } from './built.ts';

const full = '/dev/full';

describe.skipIf(!existsSync(full))('an output that cannot be written', () => {
  it.each([
    ['en', 'error: the output cannot be written (ENOSPC)\n'],
    ['zh-CN', '错误：输出无法写入（ENOSPC）\n'],
  ])('is one line and exit 1, in %s', (language, said) => {
    const { status, stderr } = spawnSync(process.execPath, [main, 'list', '--json', '--lang', language], {
      stdio: ['ignore', openSync(full, 'w'), 'pipe'],
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], QCC_HOME: temporaryHome(), QCC_KEYCHAIN: 'off' },
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: said });
  });
});
