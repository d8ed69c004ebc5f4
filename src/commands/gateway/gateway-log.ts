/**
 * `logs/gateway.log`: the output of a gateway in the background. It is the process's own stdout and stderr, which cannot be exchanged while
 * it runs; so the file is copied away and truncated when it is full. Writers append, and continue at the new end.
 */
import {
  closeSync,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { visible } from '../../platform/visible.ts';

export interface GatewayLog {
  /** A line with its time. */
  say(line: string): void;
}

interface Bounds {
  /** A few lines a day: this is years, or one afternoon of an error that repeats. */
  readonly bytes: number;
  /** Rotated files that are kept beside the current one. */
  readonly files: number;
  /** The part that is kept when there is no room for a copy. */
  readonly tailBytes: number;
  readonly lookEveryMs: number;
}

const bounds: Bounds = { bytes: 2_000_000, files: 3, tailBytes: 65_536, lookEveryMs: 5_000 };

/** Undefined when this process logs elsewhere: to a terminal, or to a system's journal. */
export function keepGatewayLog(
  path: string,
  file: number = process.stderr.fd,
  limits = bounds,
): GatewayLog | undefined {
  if (!isSame(path, file)) return undefined;
  const look = () => keepBounded(path, file, limits);
  look();
  setInterval(look, limits.lookEveryMs).unref();
  return {
    say(line) {
      try {
        writeSync(file, `${new Date().toISOString()} ${visible(line)}\n`);
      } catch {
        // The disk is full: the gateway goes on without this log.
      }
      look();
    },
  };
}

function isSame(path: string, file: number): boolean {
  try {
    const [there, here] = [statSync(path), fstatSync(file)];
    return there.ino === here.ino && there.dev === here.dev;
  } catch {
    return false;
  }
}

/** Never throws: a timer calls it, and a log must not end the process. */
function keepBounded(path: string, file: number, { bytes, files, tailBytes }: Bounds): void {
  try {
    const { size } = fstatSync(file);
    if (size <= bytes) return;
    const [tail, kept] = [tailOf(path, size, tailBytes), shift(path, files)];
    ftruncateSync(file, 0);
    if (!kept) writeSync(file, tail);
  } catch {
    // The next look tries again.
  }
}

/** False when there is no room for the copy. */
function shift(path: string, files: number): boolean {
  const older = (n: number) => `${path}.${n}`;
  try {
    for (let n = files - 1; n > 0; n--)
      if (statSync(older(n), { throwIfNoEntry: false })) renameSync(older(n), older(n + 1));
    copyFileSync(path, older(1));
    return true;
  } catch {
    rmSync(older(1), { recursive: true, force: true });
    return false;
  }
}

function tailOf(path: string, size: number, tailBytes: number): Buffer {
  const tail = Buffer.alloc(tailBytes);
  const from = openSync(path, 'r');
  try {
    return tail.subarray(0, readSync(from, tail, 0, tailBytes, Math.max(0, size - tailBytes)));
  } finally {
    closeSync(from);
  }
}
