/** The system's error when it refuses a write: in words, with the remedy. It is no damage: a repair would fail the same way. */
import { dirname } from 'node:path';
import { QccError } from './qcc-error.ts';

/** Undefined for any other error. */
export function diskError(error: unknown, home: string): QccError | undefined {
  const { code, path = home, syscall } = error as NodeJS.ErrnoException;
  const place = path === home ? home : dirname(path);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new QccError('QCC_DISK_FULL', { dir: path, folder: place, isLog: 0 });
    case 'EFBIG':
      return new QccError('QCC_FILE_LIMIT', { dir: path, folder: place, isLog: 0 });
    case 'EROFS':
      return new QccError('QCC_DISK_READONLY', { dir: path, folder: place, isLog: 0 });
    case 'EACCES':
    case 'EPERM':
      return new QccError('QCC_FILE_UNREADABLE', {
        path,
        code: '',
        hint: `ls -ld ${[...new Set([place, path])].join(' ')}`,
      });
    case 'ENOTDIR':
    case 'ENOENT':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      if (syscall !== 'mkdir') return undefined;
      return new QccError('QCC_FILE_UNWRITABLE', { path, code, hint: `ls -ld ${place}` });
    default:
      return undefined;
  }
}
