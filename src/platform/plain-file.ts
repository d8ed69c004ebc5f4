/**
 * Reads plain files only. At an expected path there may be a folder, or a pipe that never delivers a byte: reading must not wait for it.
 */
import { readFileSync, statSync } from 'node:fs';

/** @throws an error with the system's code; `ENOTFILE` when the path is not a plain file */
export function readPlain(path: string): Buffer {
  if (!statSync(path).isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'ENOTFILE' });
  return readFileSync(path);
}
