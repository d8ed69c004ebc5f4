import { spawnSync } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { closeMask, withUsersMask } from '../../src/platform/umask.ts';

it.skipIf(process.platform === 'win32')('a program that is started for the user gets the user’s umask', () => {
  const before = process.umask(0o027);
  onTestFinished(() => {
    process.umask(before);
  });
  const maskOf = () => Number.parseInt(spawnSync('sh', ['-c', 'umask'], { encoding: 'utf8' }).stdout, 8);
  expect(withUsersMask(maskOf)).toBe(0o027);
  closeMask();
  closeMask();
  expect([process.umask(), maskOf(), withUsersMask(maskOf), process.umask()]).toEqual([0o077, 0o077, 0o027, 0o077]);
  expect(() =>
    withUsersMask(() => {
      throw new Error('no such program');
    }),
  ).toThrow('no such program');
  expect(process.umask()).toBe(0o077);
});
