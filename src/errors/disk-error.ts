/** The system's error when it refuses a write: in words, with the remedy. It is no damage: a repair would fail the same way. */
import { dirname } from 'node:path';
import { QccError } from './qcc-error.ts';

/** Undefined for any other error. */
export function diskError(error: unknown, home: string): QccError | undefined {
  const { code, path = home } = error as NodeJS.ErrnoException;
  const place = path === home ? home : dirname(path);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new QccError('QCC_DISK_FULL', {
        text: `${path} cannot be written: the disk is full`,
        hint: `free space, then run it again: df -h ${place}`,
        dir: path,
      });
    case 'EROFS':
      return new QccError('QCC_DISK_READONLY', {
        text: `${path} cannot be written: the disk is read-only`,
        hint: `make it writable, then run it again: findmnt -T ${place}`,
        dir: path,
      });
    case 'EACCES':
    case 'EPERM':
      return new QccError('QCC_FILE_UNREADABLE', {
        text: `${path} cannot be used: you may not`,
        hint: `ls -ld ${place} ${path}`,
        path,
      });
    default:
      return undefined;
  }
}
