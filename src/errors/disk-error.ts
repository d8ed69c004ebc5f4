/** What the system says when it takes nothing: in words, with what can be done. Not damage: a repair would fail the same way. */
import { dirname } from 'node:path';
import { exitCodes, QccError } from './qcc-error.ts';

/** Undefined for what is none of these. */
export function diskError(error: unknown, home: string): QccError | undefined {
  const { code, path = home } = error as NodeJS.ErrnoException;
  const place = path === home ? home : dirname(path);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return told(
        'QCC_DISK_FULL',
        `${path} cannot be written: the disk is full`,
        `free space, then run it again: df -h ${place}`,
        path,
      );
    case 'EROFS':
      return told(
        'QCC_DISK_READONLY',
        `${path} cannot be written: the disk is read-only`,
        `make it writable, then run it again: findmnt -T ${place}`,
        path,
      );
    case 'EACCES':
    case 'EPERM':
      return told('QCC_FILE_UNREADABLE', `${path} cannot be used: you may not`, `ls -ld ${place} ${path}`, path);
    default:
      return undefined;
  }
}

function told(code: string, message: string, hint: string, path: string): QccError {
  return new QccError(code, message, hint, exitCodes.failed, { dir: path, path });
}
