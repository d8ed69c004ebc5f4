/** What ought to be a file may be anything: a folder, a pipe that never gives a byte. Nothing waits for what is no file. */
import { readFileSync, statSync } from 'node:fs';

/** @throws an error with the system's code; `ENOTFILE` for what is there and is no file */
export function readPlain(path: string): Buffer {
  if (!statSync(path).isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'ENOTFILE' });
  return readFileSync(path);
}
